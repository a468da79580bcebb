/** TigerVNC's X server: its encodings as our client reads them, against ImageMagick's look at the same screen; long texts typed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { click } from '../../src/client/automation/pointer.ts';
import { typeText } from '../../src/client/automation/type-text.ts';
import { connect } from '../../src/node/connect.ts';
import { decodePng } from '../../src/node/png.ts';
import { Encoding, encodingName } from '../../src/rfb/constants.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startXvnc, type Xvnc } from '../support/xvnc.ts';
import { assertDecodes, assertDecodesIn16, pictureOf } from './server-pictures.ts';

/** It has no Zlib. */
const encodings = [
  Encoding.Raw,
  Encoding.RRE,
  Encoding.Hextile,
  Encoding.Tight,
  Encoding.ZRLE,
] as const;

const COLOURS = `i=0; while [ $i -lt 256 ]; do printf '\\033[48;5;%dm %d' $i $i; i=$((i+1)); done; exec cat`;

describe('our client at Xvnc', { skip: withoutPeers('Xtigervnc', 'xterm', 'import') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-xvnc-'));
  const typed = join(folder, 'typed');
  const sizeOfTyped = (): number => {
    try {
      return readFileSync(typed).length;
    } catch {
      return -1;
    }
  };
  let xvnc: Xvnc;
  let wanted: Picture;
  const address = () => ({ kind: 'unix', path: xvnc.path }) as const;

  before(async () => {
    // ImageMagick would draw a cursor into its picture.
    xvnc = await startXvnc('640x480', ['-SecurityTypes', 'None', '-nocursor', '-FrameRate', '240']);
    xvnc.run('xterm', ['-geometry', '60x20+10+20', '-e', 'sh', '-c', COLOURS]);
    await until('the colours', async () => {
      const { picture } = await pictureOf(address(), {});
      return new Set(picture.pixels).size > 200;
    });
    const { stdout } = await promisify(execFile)(
      'import',
      ['-display', xvnc.display, '-window', 'root', '-depth', '8', 'png:-'],
      { encoding: 'buffer', maxBuffer: 16 * 1024 * 1024 },
    );
    wanted = await decodePng(stdout);
  });
  after(async () => {
    await xvnc?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const encoding of encodings) {
    it(`shows by ${encodingName(encoding)} what is on the screen, and in 16 bits what Raw shows`, async () => {
      await assertDecodes(address(), encoding, wanted);
      await assertDecodesIn16(address(), encoding);
    });
  }
  for (const level of [0, 9]) {
    it(`shows the same by Tight at compression level ${level}`, async () => {
      await assertDecodes(address(), Encoding.Tight, wanted, { compressionLevel: level });
    });
  }

  it('types 2,000 characters of which none is lost, doubled or out of order', async () => {
    xvnc.run('xterm', ['-geometry', '80x25+0+0', '-e', `cat > ${typed}`]);
    await until('the terminal', () => sizeOfTyped() === 0);
    const client = await connect(`unix:${xvnc.path}`, { security: 'None', jpeg: false });
    try {
      // Without a window manager the window under the pointer has the keyboard.
      await click(client, { x: 100, y: 100 });
      // A terminal hands over whole lines.
      const line = (i: number): string =>
        `${String(i).padStart(2, '0')} The quick (brown) fox: jumps, OVER 12 dogs\n`.padStart(
          50,
          '#',
        );
      const text = Array.from({ length: 40 }, (_, i) => line(i)).join('');
      assert.equal(text.length, 2000);
      assert.deepEqual(await typeText(client, text, { keyDelayMs: 0 }), {
        outcome: 'sent',
        sent: 2000,
      });
      await until('the text', () => sizeOfTyped() >= text.length);
      assert.equal(readFileSync(typed, 'utf8'), text);
    } finally {
      await client.close();
    }
  });
});
