import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { clickCommand } from '../../src/cli/click.ts';
import { expectCommand } from '../../src/cli/expect.ts';
import { keyCommand } from '../../src/cli/key.ts';
import { moveCommand } from '../../src/cli/move.ts';
import { shotCommand } from '../../src/cli/shot.ts';
import { typeCommand } from '../../src/cli/type.ts';
import { encodePng } from '../../src/node/png.ts';
import { serve } from '../../src/node/serve.ts';
import { assertBlocksAreRun, sallyportLines } from '../support/doc-blocks.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { program } from '../support/sallyport.ts';

const text = readFileSync('docs/client.md', 'utf8');
const commands = [shotCommand, typeCommand, keyCommand, clickCommand, moveCommand, expectCommand];
const helps = new Map(commands.map((make) => [make().name(), make().helpInformation()]));

describe('docs/client.md', () => {
  it('shows code that a test runs', () => {
    assert.equal(assertBlocksAreRun(text), 2);
  });
  it('shows commands and options that there are', () => {
    const shown = new Set<string>();
    for (const line of sallyportLines(text)) {
      const [, command = '', rest = ''] = /^sallyport (\w+) (.*)$/.exec(line) ?? [];
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
  it('shows commands that work as they stand, in a folder with a picture and a secret', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
    const url = `unix:${join(folder, 'vnc')}`;
    const display = new FakeDisplay({ width: 640, height: 480 });
    const serving = await serve({ display, listen: url, security: 'None' });
    try {
      const pixels = new Uint32Array(4).fill(0xff000000);
      writeFileSync(join(folder, 'prompt.png'), await encodePng({ width: 2, height: 2, pixels }));
      writeFileSync(join(folder, 'secret'), 's3cret');
      // Each is a shell's line: its quotes and its comment are the shell's business.
      const call = `sallyport() { ${process.execPath} ${program} "$@"; }`;
      for (const line of sallyportLines(text).map((each) => each.replace('host:1', url))) {
        const shell = promisify(execFile)('sh', ['-c', `${call}; ${line}`], { cwd: folder });
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
});
