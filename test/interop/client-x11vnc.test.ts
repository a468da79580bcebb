/** x11vnc (LibVNCServer): its encodings as our client reads them, against the X server behind it; keys and clicks. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { click } from '../../src/client/automation/pointer.ts';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { typeText } from '../../src/client/automation/type-text.ts';
import { connect } from '../../src/node/connect.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { endProcess } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startX11vnc, type X11vnc } from '../support/x11vnc.ts';
import { assertDecodes, assertDecodesIn16 } from './server-pictures.ts';
import { startXServer, type XServer } from './x-server.ts';

const encodings = [
  Encoding.Raw,
  Encoding.RRE,
  Encoding.Hextile,
  Encoding.Zlib,
  Encoding.Tight,
  Encoding.ZRLE,
] as const;

const COLOURS = `i=0; while [ $i -lt 256 ]; do printf '\\033[48;5;%dm %d' $i $i; i=$((i+1)); done; exec cat > typed`;
const skip = withoutPeers('x11vnc', 'Xvfb', 'xdotool', 'openbox', 'xterm');

describe('our client at x11vnc', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-x11vnc-'));
  let x: XServer;
  let terminal: ChildProcess;
  let wanted: Picture;
  let server: X11vnc;
  const typed = join(folder, 'typed');
  const address = () => ({ kind: 'tcp', host: '127.0.0.1', port: server.port }) as const;
  before(async () => {
    // Its own picture would have the cursor in it.
    x = await startXServer(640, 480, ['-nocursor']);
    terminal = spawn('xterm', ['-geometry', '60x20+10+20', '-e', 'sh', '-c', COLOURS], {
      env: x.environment,
      cwd: folder,
      stdio: 'ignore',
    });
    await until('the colours', async () => new Set((await x.screenshot()).pixels).size > 200);
    wanted = await x.screenshot();
    server = await startX11vnc(x.environment);
  });
  after(async () => {
    await server?.close();
    if (terminal !== undefined) await endProcess(terminal);
    await x?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows by every encoding what is on the screen, and in 16 bits what Raw shows', async () => {
    for (const encoding of encodings) await assertDecodes(address(), encoding, wanted);
    for (const encoding of [Encoding.Tight, Encoding.ZRLE])
      await assertDecodesIn16(address(), encoding);
  });

  it('shows it by Tight at every level: at level 0 that is without zlib', async () => {
    const [none, least] = [
      await assertDecodes(address(), Encoding.Tight, wanted, { compressionLevel: 0 }),
      await assertDecodes(address(), Encoding.Tight, wanted, { compressionLevel: 1 }),
    ];
    await assertDecodes(address(), Encoding.Tight, wanted, { compressionLevel: 9 });
    assert.ok(none > 2 * least, `${none} bytes, and ${least} with zlib`);
  });

  it('types, and clicks', async () => {
    const client = await connect(`127.0.0.1::${server.port}`, { security: 'None', jpeg: false });
    try {
      await click(client, { x: 100, y: 100 });
      const text = 'The "quick" {brown} fox; jumps_over 3^2 & ~1 lazy dogs!? #$%*()+=|<>[]@:\n';
      await typeText(client, text);
      await until('the text', () => readFileSync(typed, 'utf8').endsWith('\n'));
      assert.equal(readFileSync(typed, 'utf8'), text);
    } finally {
      await client.close();
    }
  });
});
