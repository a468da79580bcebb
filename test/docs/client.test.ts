import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { clickCommand } from '../../src/cli/click.ts';
import { expectCommand } from '../../src/cli/expect.ts';
import { keyCommand } from '../../src/cli/key.ts';
import { moveCommand } from '../../src/cli/move.ts';
import { shotCommand } from '../../src/cli/shot.ts';
import { typeCommand } from '../../src/cli/type.ts';

const text = readFileSync('docs/client.md', 'utf8');
const commands = [shotCommand, typeCommand, keyCommand, clickCommand, moveCommand, expectCommand];
const helps = new Map(commands.map((make) => [make().name(), make().helpInformation()]));
const blocks = (language: string): string[] =>
  Array.from(text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs')), (m) => m[1] ?? '');

describe('docs/client.md', () => {
  it('shows code that is compiled in an example', () => {
    const examples = ['automate', 'stay-connected'].map((name) =>
      readFileSync(`examples/${name}.ts`, 'utf8'),
    );
    assert.equal(blocks('ts').length, 3);
    for (const block of blocks('ts'))
      assert.ok(
        examples.some((example) => example.includes(block)),
        block,
      );
  });
  it('shows commands and options that there are', () => {
    const lines = blocks('console')
      .join('')
      .matchAll(/^\$ sallyport (\w+) (.*)$/gm);
    const shown = new Set<string>();
    for (const [, command = '', rest = ''] of lines) {
      shown.add(command);
      const help = helps.get(command) ?? assert.fail(`no command ${command}`);
      for (const option of rest.match(/--\w+/g) ?? []) assert.ok(help.includes(option), option);
    }
    assert.deepEqual(shown, new Set(helps.keys()));
    for (const [command, help] of helps) {
      for (const [, option = ''] of text.matchAll(/`(--[a-z-]+)/g))
        assert.ok(help.includes(option), `${command} ${option}`);
    }
  });
});
