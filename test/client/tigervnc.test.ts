import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { connectClient, type VncClient } from '../../src/client/client.ts';
import type { JpegDecoder } from '../../src/codec/codec.ts';
import { findCodec } from '../../src/codec/registry.ts';
import { dial } from '../../src/node/dial.ts';
import { loadJpegDecoder } from '../../src/node/jpeg.ts';
import { Encoding, encodingName, SecurityTypeNumber } from '../../src/rfb/constants.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { counted } from '../support/counted-stream.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startXvnc, type Xvnc } from '../support/xvnc.ts';

const jpeg = await loadJpegDecoder();
const withoutJpeg =
  jpeg === undefined || findCodec(Encoding.Tight) === undefined ? 'no JPEG decoder here' : false;

const COLOURS = `i=0; while [ $i -lt 256 ]; do printf '\\033[48;5;%dm %d' $i $i; i=$((i+1)); done; exec cat`;

/** Waits for what the viewer sent, then takes the clipboard itself. */
const TK_CLIPBOARD = `
wm withdraw .
proc look {} {
  if {![catch {selection get -selection CLIPBOARD -type UTF8_STRING} text] && $text eq "\\u65e5\\u672c\\n\\u00df"} {
    clipboard clear
    clipboard append "h\\u20acllo"
  } else {
    after 50 look
  }
}
look
`;

describe('client against TigerVNC', { skip: withoutPeers('Xtigervnc', 'xterm', 'xdotool') }, () => {
  let xvnc: Xvnc;
  const clients: VncClient[] = [];
  before(async () => {
    xvnc = await startXvnc('640x480');
    xvnc.run('xterm', ['-geometry', '60x20+10+20', '-T', 'colours', '-e', 'sh', '-c', COLOURS]);
    const client = await open();
    await until('the colours', () => new Set(client.framebuffer.pixels).size > 200);
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await xvnc.close();
  });

  async function open(
    options: {
      encodings?: readonly number[];
      format?: typeof nativeFormat;
      jpeg?: JpegDecoder | undefined;
    } = {},
    stream?: ByteStream,
  ): Promise<VncClient> {
    const client = await connectClient({
      stream: stream ?? (await dial({ kind: 'unix', path: xvnc.path })),
      accept: { types: [SecurityTypeNumber.None], subtypes: [] },
      credentials: async () => ({}),
      pixelFormat: options.format ?? nativeFormat,
      ...(options.jpeg === undefined ? {} : { jpeg: options.jpeg }),
      ...(options.encodings === undefined ? {} : { encodings: options.encodings }),
    });
    clients.push(client);
    return client;
  }

  /** The whole picture as one encoding brings it, and what that cost. */
  async function picture(
    encoding: number,
    format = nativeFormat,
  ): Promise<{ pixels: Uint32Array; received: number }> {
    const { stream, received } = counted(await dial({ kind: 'unix', path: xvnc.path }));
    const client = await open({ encodings: [encoding], format }, stream);
    await client.events.once('damage');
    const result = { pixels: client.framebuffer.pixels.slice(), received: received() };
    await client.close();
    return result;
  }

  // What TigerVNC encodes, of what we decode.
  for (const encoding of [Encoding.RRE, Encoding.Hextile, Encoding.Tight, Encoding.ZRLE]) {
    if (findCodec(encoding) === undefined) continue;
    it(`decodes ${encodingName(encoding)} to what Raw brings, in fewer bytes, in 32 and 16 bits`, async () => {
      const rgb565 = {
        ...nativeFormat,
        bitsPerPixel: 16,
        depth: 16,
        redMax: 31,
        greenMax: 63,
        blueMax: 31,
        redShift: 11,
        greenShift: 5,
        blueShift: 0,
      };
      for (const format of [nativeFormat, rgb565, { ...rgb565, bigEndian: true }]) {
        const raw = await picture(Encoding.Raw, format);
        const other = await picture(encoding, format);
        assert.deepEqual(other.pixels, raw.pixels);
        assert.ok(other.received < raw.received, `${other.received} < ${raw.received}`);
      }
    });
  }

  it('comes near the picture with JPEG', { skip: withoutJpeg }, async () => {
    const raw = await picture(Encoding.Raw);
    const { stream, received } = counted(await dial({ kind: 'unix', path: xvnc.path }));
    const client = await open({ encodings: [Encoding.Tight], jpeg }, stream);
    await client.events.once('damage');
    const { pixels } = client.framebuffer;
    let difference = 0;
    for (const [i, pixel] of pixels.entries())
      difference += Math.abs(((pixel >>> 8) & 255) - (((raw.pixels[i] ?? 0) >>> 8) & 255));
    assert.ok(difference / pixels.length < 4, `${difference / pixels.length} a pixel, in green`);
    assert.ok(received() < raw.received);
    await client.close();
  });

  it('follows a window that moves, by CopyRect', async () => {
    const client = await open({ encodings: [Encoding.CopyRect, Encoding.Raw] });
    await client.events.once('damage');
    const moved = client.events.once('damage');
    await once(
      xvnc.run('xdotool', ['search', '--name', 'colours', 'windowmove', '30', '50']),
      'exit',
    );
    await moved;
    await until('both to agree', async () => {
      const { pixels } = await picture(Encoding.Raw);
      return pixels.every((pixel, i) => pixel === client.framebuffer.pixels[i]);
    });
    await client.close();
  });

  it('gets the shape of the pointer', async () => {
    const client = await open();
    client.pointer(0, 100, 150);
    await until('a cursor', () => (client.cursor?.width ?? 0) > 0);
    assert.ok(client.cursor?.pixels.some((pixel) => pixel >>> 24 === 0xff));
    await client.close();
  });

  it('types into a window under the pointer', async () => {
    const client = await open();
    await client.events.once('damage');
    client.pointer(0, 100, 150);
    client.pointer(1, 100, 150);
    client.pointer(0, 100, 150);
    const before = client.framebuffer.pixels.slice();
    for (let i = 0; i < 60; i++) {
      client.key({ down: true, keysym: 0x78 });
      client.key({ down: false, keysym: 0x78 });
    }
    // More than the terminal's own cursor, which changes when it gets the focus.
    await until('an echo', () => {
      const { pixels } = client.framebuffer;
      return pixels.filter((pixel, i) => pixel !== before[i]).length > 400;
    });
    await client.close();
  });

  it('gets updates without asking for each, and measures the round trip', async () => {
    const client = await open();
    await until('a round trip', () => client.roundTripMs !== undefined);
    assert.ok((client.roundTripMs ?? Number.NaN) < 1000);
    assert.ok(((await client.sync()) ?? Number.NaN) >= 0);
    await client.close();
  });

  it('shares the clipboard in Unicode, both ways', {
    skip: withoutPeers('wish'),
  }, async () => {
    const client = await open();
    await until('its caps', () => client.unicodeClipboard);
    const answer = client.events.once('clipboard');
    client.clipboard('\u65e5\u672c\n\u00df');
    const child = xvnc.run('sh', ['-c', `printf '%s' "$0" | wish`, TK_CLIPBOARD]);
    assert.equal(await answer, 'h\u20acllo');
    child.kill();
    await client.close();
  });

  it('has its size changed by SetDesktopSize, and tells other viewers', async () => {
    const client = await open();
    const other = await open();
    await until('the extension', () => client.resizable);
    assert.equal(await client.resize(801, 603), 0);
    assert.deepEqual([client.framebuffer.width, client.framebuffer.height], [801, 603]);
    await until('the other to follow', () => other.framebuffer.width === 801);
    assert.equal(other.framebuffer.height, 603);
    assert.equal(await client.resize(640, 480), 0);
    await client.close();
    await other.close();
  });
});
