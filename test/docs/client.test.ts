import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { clickCommand } from '../../src/cli/click.ts';
import { dragCommand } from '../../src/cli/drag.ts';
import { scrollCommand } from '../../src/cli/scroll.ts';
import { pasteCommand } from '../../src/cli/paste.ts';
import { watchCommand } from '../../src/cli/watch.ts';
import { recordCommand } from '../../src/cli/record.ts';
import { doCommand } from '../../src/cli/do.ts';
import { playCommand } from '../../src/cli/play.ts';
import { expectCommand } from '../../src/cli/expect.ts';
import { keyCommand } from '../../src/cli/key.ts';
import { moveCommand } from '../../src/cli/move.ts';
import { parseScript } from '../../src/cli/script/parse.ts';
import { encodePng } from '../../src/node/png.ts';
import { verbs } from '../../src/cli/script/verbs.ts';
import { serveCommand } from '../../src/cli/serve-options.ts';
import { shotCommand } from '../../src/cli/shot.ts';
import { typeCommand } from '../../src/cli/type.ts';

const text = readFileSync('docs/client.md', 'utf8');
const commands = [
  shotCommand,
  typeCommand,
  keyCommand,
  clickCommand,
  moveCommand,
  dragCommand,
  scrollCommand,
  pasteCommand,
  expectCommand,
  watchCommand,
  recordCommand,
  doCommand,
];
const helps = new Map(commands.map((make) => [make().name(), make().helpInformation()]));
// It has the options of serve, too.
const serveHelp = serveCommand(undefined, () => Promise.resolve()).helpInformation();
helps.set('play', playCommand().helpInformation() + serveHelp);
const blocks = (language: string): string[] =>
  Array.from(text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs')), (m) => m[1] ?? '');

describe('docs/client.md', () => {
  it('shows code that is compiled in an example', () => {
    const example = readFileSync('examples/automate.ts', 'utf8');
    assert.equal(blocks('ts').length, 2);
    for (const block of blocks('ts')) assert.ok(example.includes(block), block);
  });
  it('shows commands and options that there are', () => {
    const lines = blocks('console')
      .join('')
      .matchAll(/^\$ sallyport (\w+) (.*)$/gm);
    const shown = new Set<string>();
    for (const [, command = '', rest = ''] of lines) {
      shown.add(command);
      const help = helps.get(command) ?? assert.fail(`no command ${command}`);
      for (const option of rest.match(/--[a-z-]+/g) ?? []) assert.ok(help.includes(option), option);
    }
    assert.deepEqual(shown, new Set(helps.keys()));
    const all = Array.from(helps.values()).join();
    for (const [, option = ''] of text.matchAll(/`(--[a-z-]+)/g)) {
      // Known in order to be refused.
      if (option !== '--password') assert.match(all, new RegExp(`${option}[ <\\n]`));
    }
  });
  it('shows scripts that can be read', async () => {
    const scripts = Array.from(text.matchAll(/```\n# login\.vdo\n(.*?)```/gs), (m) => m[1] ?? '');
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
    try {
      const dot = await encodePng({ width: 1, height: 1, pixels: Uint32Array.of(0) });
      writeFileSync(join(folder, 'prompt.png'), dot);
      writeFileSync(join(folder, 'password.txt'), 'sesame');
      const script = scripts.join().replace(/(?=prompt\.png|password\.txt)/g, `${folder}/`);
      writeFileSync(join(folder, 'login.vdo'), script);
      assert.equal((await parseScript([join(folder, 'login.vdo')])).length, 9);
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const verb of verbs) assert.ok(text.includes(`\`${verb.names[0]}\``), verb.names[0]);
  });
});
