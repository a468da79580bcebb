import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../src/codec/registry.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { bgr233Format, nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { writeSetPixelFormat } from '../../src/rfb/messages/set-pixel-format.ts';
import { readRectangleHeader, rectangleHeaderSize } from '../../src/rfb/rectangle.ts';
import { negotiate } from '../../src/server/negotiated.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, updateRequest, type TestViewer } from '../support/served.ts';

const WIDTH = 130;
const HEIGHT = 67;
const whole = '0000 0000 0082 0043';

/** Flat areas, a gradient, and noise: each in colours that bgr233 can hold, so that every format must agree. */
function draw(framebuffer: Framebuffer, seed: number): void {
  const levels = [0, 255];
  let state = seed;
  for (let i = 0; i < framebuffer.pixels.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const noisy = i % WIDTH > 90;
    const value = noisy ? state >>> 29 : (Math.floor(i / WIDTH / 20) + seed) & 7;
    const channel = (bit: number) => levels[(value >> bit) & 1]!;
    framebuffer.pixels[i] =
      (0xff000000 | (channel(2) << 16) | (channel(1) << 8) | channel(0)) >>> 0;
  }
}

async function receiveUpdate(
  viewer: TestViewer,
  decode: ReturnType<(typeof codecs)[number]['createDecoder']>,
  target: Framebuffer,
  format: PixelFormat,
): Promise<void> {
  const { reader } = viewer;
  await viewer.receives('00 00');
  const count = await reader.u16();
  for (let i = 0; i < count; i++) {
    const r = readRectangleHeader(await reader.cursor(rectangleHeaderSize));
    await decodeRectangle(decode, r, { reader, format, target, limits: defaultLimits });
  }
}

describe('every encoding', () => {
  for (const codec of codecs) {
    if (codec.createEncoder === undefined) continue;
    it(`${codec.name} brings the same picture, over three updates and a change of format`, async () => {
      const served = new Served({ display: new FakeDisplay({ width: WIDTH, height: HEIGHT }) });
      const { framebuffer } = served.display;
      const viewer = await served.session();
      const decoder = codec.createDecoder({});
      const target = new Framebuffer(WIDTH, HEIGHT);
      viewer.send(setEncodings(codec.encoding, -256));
      let format: PixelFormat = nativeFormat;
      for (let round = 0; round < 3; round++) {
        draw(framebuffer, round);
        served.display.events.emit('damage', [framebuffer.bounds]);
        if (round === 2) {
          format = bgr233Format;
          const w = new ByteWriter();
          writeSetPixelFormat(w, { type: 'SetPixelFormat', format });
          w.send(viewer.stream);
        }
        viewer.send(updateRequest(round > 0, whole));
        await receiveUpdate(viewer, decoder, target, format);
        assert.ok(Buffer.from(target.bytes).equals(framebuffer.bytes), `round ${round}`);
      }
      await served.server.close();
    });
  }
});

describe('negotiate', () => {
  const encodable = codecs.filter((codec) => codec.createEncoder !== undefined);

  it('takes the first encoding that can be encoded, in the order of the viewer', () => {
    for (const codec of encodable) {
      const list = [12345, codec.encoding, ...encodable.map((each) => each.encoding)];
      assert.equal(negotiate(list, codecs).codec.encoding, codec.encoding);
    }
  });

  it('takes Tight of stock noVNC, which names TightPNG behind it, and TightPNG where that stands alone', () => {
    const noVnc = [1, 7, -260, 5, 2, 0];
    assert.equal(negotiate(noVnc, codecs).codec.encoding, 7);
    assert.equal(negotiate([1, -260, 5, 2, 0], codecs).codec.encoding, -260);
  });

  it('reads the compression level, the first one named', () => {
    assert.equal(negotiate([-247, -256], codecs).wishes.compressionLevel, 9);
    assert.equal(negotiate([0], codecs).wishes.compressionLevel, undefined);
  });

  it('prefers a pointer with alpha, then one with a mask, then two colours', () => {
    assert.equal(negotiate([-240, -239, -314], codecs).cursor, 'alpha');
    assert.equal(negotiate([-240, -239], codecs).cursor, 'mask');
    assert.equal(negotiate([-240], codecs).cursor, 'two-colour');
    assert.equal(negotiate([], codecs).cursor, undefined);
  });
});
