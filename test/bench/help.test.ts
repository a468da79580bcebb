/** What `npm run bench -- NAME --help` prints: the benchmark's own header comment. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { codecOptions, playingOptions } from '../../bench/support/options.ts';

const benchmarks = readdirSync('bench')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));

function help(...words: string[]): string {
  const args = ['scripts/bench.js', ...words];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, words.join(' '));
  return stdout;
}

/** Its own, and those that it shares. */
function optionsOf(name: string): string[] {
  const source = readFileSync(join('bench', `${name}.ts`), 'utf8');
  return [
    ...Array.from(source.matchAll(/(\w+): \{ type: '(?:string|boolean)'/g), ([, key = '']) => key),
    ...(source.includes('...codecOptions') ? Object.keys(codecOptions) : []),
    ...(source.includes('...playingOptions') ? Object.keys(playingOptions) : []),
  ];
}

describe('bench --help', () => {
  it('names all benchmarks, each with its question', () => {
    const text = help('--help');
    for (const name of benchmarks) assert.match(text, new RegExp(`^  ${name} +\\S.+`, 'm'));
  });
  for (const name of benchmarks)
    it(`names every option of ${name}`, () => {
      const text = help(name, '--help');
      for (const option of ['json', ...optionsOf(name)])
        assert.match(text, new RegExp(`--${option}\\b`), option);
    });
});
