import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { tight } from '../../src/codec/tight/tight.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { readRectangleHeader, rectangleHeaderSize } from '../../src/rfb/rectangle.ts';
import type { RfbVersion } from '../../src/rfb/version.ts';
import { encodingWishes, exactly } from '../../src/server/encoding-wishes.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, updateRequest } from '../support/served.ts';

const WIDTH = 300;
const HEIGHT = 100;

/** What a viewer counts in its first update, and whether that ended at LastRect. The picture must be right. */
async function firstUpdate(
  encodings: readonly number[],
  version: RfbVersion = '3.8',
): Promise<{ readonly count: number; readonly read: number; readonly ended: boolean }> {
  const served = new Served({ display: new FakeDisplay({ width: WIDTH, height: HEIGHT }) });
  const { framebuffer } = served.display;
  framebuffer.pixels.fill(0xff112233);
  framebuffer.fill({ x: 0, y: 0, width: 100, height: 100 }, 0xff00ff00);
  framebuffer.fill({ x: 10, y: 10, width: 3, height: 30 }, 0xff0000ff);
  const viewer = await served.session({ version });
  viewer.send(setEncodings(...encodings));
  viewer.send(updateRequest(false, '0000 0000 012c 0064'));
  await viewer.receives('00 00');
  const { reader } = viewer;
  const decoder = tight.createDecoder({});
  const target = new Framebuffer(WIDTH, HEIGHT);
  const count = await reader.u16();
  let read = 0;
  let ended = false;
  while (read < count && !ended) {
    const r = readRectangleHeader(await reader.cursor(rectangleHeaderSize));
    ended = r.encoding === Encoding.LastRect;
    if (ended) break;
    read += 1;
    const context = { reader, format: nativeFormat, target, limits: defaultLimits };
    await decodeRectangle(decoder, r, context);
  }
  assert.deepEqual(target.pixels, framebuffer.pixels);
  await served.server.close();
  return { count, read, ended };
}

describe('an update in Tight', () => {
  it('has as many rectangles as suit the picture for a viewer that knows LastRect', async () => {
    const { count, read, ended } = await firstUpdate([Encoding.Tight, Encoding.LastRect]);
    assert.deepEqual([count, ended], [65535, true]);
    assert.ok(read > 1);
  });

  it('has a count that is exact for one that does not', async () => {
    const update = await firstUpdate([Encoding.Tight]);
    assert.deepEqual(update, { count: 1, read: 1, ended: false });
  });

  it('has a count that is exact for 3.3, where vncsnapshot names LastRect and then hangs on it', async () => {
    const update = await firstUpdate([Encoding.Tight, Encoding.LastRect], '3.3');
    assert.deepEqual(update, { count: 1, read: 1, ended: false });
  });
});

describe('what a list of encodings says about pictures', () => {
  it('is nothing when it names no levels: pixels are exact', () => {
    assert.deepEqual(encodingWishes([Encoding.Tight]), { gradient: true });
  });

  it('is how small and how exact, the first of each kind', () => {
    assert.deepEqual(encodingWishes([-250, -247, -24, -32]), {
      compressionLevel: 6,
      lossy: { quality: 92, subsampling: '4:4:4' },
      qualityLevel: 8,
      gradient: true,
    });
    assert.deepEqual(encodingWishes([-32]).lossy, { quality: 15, subsampling: '4:2:0' });
  });

  it('is finer qualities and other subsamplings, as TurboVNC and TigerVNC name them', () => {
    assert.deepEqual(encodingWishes([-512 + 83]).lossy, { quality: 83, subsampling: '4:4:4' });
    assert.deepEqual(encodingWishes([-512]).lossy?.quality, 1);
    assert.deepEqual(encodingWishes([-412, -27, -766]).lossy, {
      quality: 100,
      subsampling: '4:2:2',
    });
    assert.deepEqual(encodingWishes([-24, -765]).lossy?.subsampling, 'grey');
    assert.deepEqual(encodingWishes([-24, -763]).lossy?.subsampling, '4:2:0');
    assert.equal(encodingWishes([-766]).lossy, undefined);
  });

  it('is nothing that loses anything when all is to be exact', () => {
    assert.deepEqual(exactly(encodingWishes([-250, -24])), { compressionLevel: 6, gradient: true });
  });

  it('is no gradients for a noVNC that may be older than 1.5', () => {
    assert.equal(encodingWishes([7, -260]).gradient, false);
    assert.equal(encodingWishes([7, -260, 6]).gradient, true);
  });
});
