import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { withoutPeers } from '../support/peers.ts';

const example = fileURLToPath(new URL('../../examples/live-changes.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sallyport-example-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (pictures: string, path: string): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const env = { PATH: path, HOME: folder };
    const child = spawn(process.execPath, [example, pictures], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const late = setTimeout(() => child.kill('SIGKILL'), 90_000);
    child.once('close', (code) => {
      clearTimeout(late);
      resolve({ code, output });
    });
  });

async function succeeds(viewer: string, path: string): Promise<void> {
  const pictures = join(folder, viewer.replaceAll(' ', '-'));
  const { code, output } = await run(pictures, path);
  assert.equal(code, 0, output);
  assert.match(output, new RegExp(`the ${viewer} is in: X509Vnc, TLSv1`));
  for (const line of [
    /old one: refused: wrong password/,
    /new one: let in/,
    /after it expired: refused: the password "crew" has expired/,
    /after: {2}SHA-256 [0-9a-f]{16}/,
    /let in before: closed: .*revoked/,
    /with it after: refused: .*REVOKED/,
    /CN=archive before: refused: no rule lets in .*CN=archive/,
    /CN=backup, which was let in before: closed: the access policy changed: no rule lets in .*CN=backup/,
    /CN=backup after: refused: no rule lets in .*CN=backup/,
    /CN=archive after: let in/,
    /may only look on: .*rule-lowered/,
    /may do everything: .*rule-raised/,
    /the file is kept/,
    /may only look on: .*looking-on/,
    /it is gone: the example is over/,
    /All of it was as it should be/,
  ])
    assert.match(output, line);
  const files = readdirSync(pictures).filter((name) => name.endsWith('.png'));
  assert.equal(files.length, 9);
  for (const file of files) {
    const { data } = PNG.sync.read(readFileSync(join(pictures, file)));
    assert.ok(
      new Set(new Uint32Array(data.buffer, data.byteOffset, data.length / 4)).size > 16,
      file,
    );
  }
}

describe('examples/live-changes', () => {
  it('changes everything under a viewer in the program itself', () =>
    succeeds('viewer in this program', '/nowhere'));

  it(
    'changes everything under TigerVNC’s viewer',
    {
      skip: withoutPeers('Xvfb', 'xtigervncviewer', 'import'),
    },
    () => succeeds('TigerVNC viewer', process.env['PATH'] ?? ''),
  );
});
