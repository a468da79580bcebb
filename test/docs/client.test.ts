import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
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
import { powerCommand } from '../../src/cli/power.ts';
import { moveCommand } from '../../src/cli/move.ts';
import { parseScript } from '../../src/cli/script/parse.ts';
import { verbs } from '../../src/cli/script/verbs.ts';
import { serveCommand } from '../../src/cli/serve-options.ts';
import { shotCommand } from '../../src/cli/shot.ts';
import { typeCommand } from '../../src/cli/type.ts';
import { encodePng } from '../../src/client/automation/picture-file.ts';
import { serve } from '../../src/node/serve.ts';
import { assertBlocksAreRun, sallyportLines } from '../support/doc-blocks.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { program } from '../support/sallyport.ts';

const text = readFileSync('docs/client.md', 'utf8');
const commands = [
  shotCommand,
  typeCommand,
  keyCommand,
  powerCommand,
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

/** The others want a terminal, an end, or files and hosts of their own: test/cli/ runs such, here their options are looked at. */
const runnable = sallyportLines(text).filter(
  (line) => line.includes(' host:1') && !/^sallyport (watch|record|play|do) /.test(line),
);

describe('docs/client.md', () => {
  it('shows code that a test runs', () => {
    assert.equal(assertBlocksAreRun(text), 5);
  });
  it('shows commands and options that there are', () => {
    const shown = new Set<string>();
    for (const line of sallyportLines(text)) {
      const [, command = '', rest = ''] = /^sallyport (\w+) (.*)$/.exec(line) ?? [];
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
  it('shows commands that work as they stand, in a folder with a picture and a secret', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
    const url = `unix:${join(folder, 'vnc')}`;
    const display = new FakeDisplay({ width: 640, height: 480, power: async () => true });
    const serving = await serve({ display, listen: url, security: 'None' });
    try {
      const pixels = new Uint32Array(4).fill(0xff000000);
      writeFileSync(join(folder, 'prompt.png'), encodePng({ width: 2, height: 2, pixels }));
      writeFileSync(join(folder, 'secret'), 's3cret');
      // Each is a shell's line: its quotes and its comment are the shell's business.
      const call = `sallyport() { ${process.execPath} ${program} "$@"; }`;
      for (const line of runnable.map((each) => each.replace('host:1', url))) {
        const shell = promisify(execFile)('sh', ['-c', `${call}; ${line}`], {
          cwd: folder,
          env: { ...process.env, XDG_CONFIG_HOME: folder },
        });
        // What a shell leaves open would wait for a terminal.
        shell.child.stdin?.end();
        const { stderr } = await shell.catch((error: unknown) =>
          assert.fail(`${line}: ${String(error)}`),
        );
        assert.equal(stderr, '', line);
      }
      assert.ok(readdirSync(folder).filter((name) => name.endsWith('.png')).length > 2);
      assert.ok(display.keys.length > 0 && display.pointers.length > 0);
    } finally {
      await serving.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('shows scripts that can be read', async () => {
    const scripts = Array.from(text.matchAll(/```\n# login\.vdo\n(.*?)```/gs), (m) => m[1] ?? '');
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
    try {
      const dot = encodePng({ width: 1, height: 1, pixels: Uint32Array.of(0) });
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
