import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JpegEncoder } from '../../src/codec/codec.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { tight } from '../../src/codec/tight/tight.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding, ServerMessageType } from '../../src/rfb/constants.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { contains, readRectangleHeader, type Rectangle } from '../../src/rfb/rectangle.ts';
import { Random } from '../pixels/kernels/twins.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, updateRequest, type TestViewer } from '../support/served.ts';
import { scribble } from './commotion.ts';

const LEVEL_1 = Encoding.CompressionLevel0 + 1;
const QUALITY_5 = Encoding.JpegQualityLevel0 + 5;
const GREY = 0xff808080;

/** What stands for a JPEG file: its size, and a grey picture for who reads it. */
const jpeg: JpegEncoder = ({ width, height }) =>
  Uint8Array.of(width >> 8, width & 255, height >> 8, height & 255);

const hex = (n: number): string => n.toString(16).padStart(4, '0');
const areaOf = ({ width, height }: FakeDisplay['framebuffer']): string =>
  `0000 0000 ${hex(width)} ${hex(height)}`;

/** One that draws what it is sent. */
class TightViewer {
  readonly picture: Framebuffer;
  readonly viewer: TestViewer;
  /** JPEG files so far. */
  photos = 0;
  readonly #decoder = tight.createDecoder({
    jpeg: (file) => {
      this.photos += 1;
      const [width, height] = [file[0]! * 256 + file[1]!, file[2]! * 256 + file[3]!];
      return { width, height, pixels: new Uint32Array(width * height).fill(GREY) };
    },
  });

  constructor(viewer: TestViewer, { width, height }: Framebuffer) {
    this.viewer = viewer;
    this.picture = new Framebuffer(width, height);
  }

  /** Up to the first rectangle of an update. */
  async begin(): Promise<void> {
    const { reader } = this.viewer;
    for (;;) {
      const type = await reader.u8();
      if (type === ServerMessageType.ServerFence) {
        await reader.skip(3 /* padding */ + 4 /* flags */);
        await reader.skip(await reader.u8());
      } else if (type !== ServerMessageType.EndOfContinuousUpdates) {
        assert.equal(type, ServerMessageType.FramebufferUpdate);
        await reader.skip(1);
        assert.equal(await reader.u16(), 65535);
        return;
      }
    }
  }

  /** Undefined at LastRect. */
  async rectangle(): Promise<Rectangle | undefined> {
    const { reader } = this.viewer;
    const r = readRectangleHeader(await reader.cursor(12));
    if (r.encoding === Encoding.LastRect) return undefined;
    assert.equal(r.encoding, Encoding.Tight);
    const context = { reader, format: nativeFormat, target: this.picture, limits: defaultLimits };
    await decodeRectangle(this.#decoder, r, context);
    return r;
  }

  async rest(): Promise<Rectangle[]> {
    const all: Rectangle[] = [];
    for (let r = await this.rectangle(); r !== undefined; r = await this.rectangle()) all.push(r);
    return all;
  }

  async update(): Promise<Rectangle[]> {
    await this.begin();
    return this.rest();
  }
}

async function arrange(width: number, height: number, encodings: readonly number[]) {
  const display = new FakeDisplay({ width, height });
  scribble(display, display.framebuffer.bounds, new Random(3));
  const served = new Served({ display, jpeg });
  const session = await served.session();
  const viewer = new TightViewer(session, display.framebuffer);
  session.send(setEncodings(Encoding.Tight, Encoding.LastRect, ...encodings));
  return { display, served, session, viewer, whole: areaOf(display.framebuffer) };
}

describe('a viewer that allows loss', () => {
  it('is sent what keeps still exactly, some tenths of a second later, once', async () => {
    const { display, served, session, viewer, whole } = await arrange(256, 200, [QUALITY_5]);
    display.framebuffer.fill({ x: 128, y: 0, width: 128, height: 200 }, 0x204060);
    session.send(updateRequest(false, whole));
    await viewer.update();
    const { photos } = viewer;
    assert.ok(photos > 0);
    assert.equal(viewer.picture.pixels[0], GREY);
    assert.equal(viewer.picture.pixels[255], 0xff204060);

    const still = performance.now();
    session.send(updateRequest(true, whole));
    const exact = await viewer.update();
    const tookMs = performance.now() - still;
    assert.ok(tookMs > 250 && tookMs < 2000, `${tookMs} ms`);
    assert.equal(viewer.photos, photos);
    assert.ok(exact.every((r) => r.x + r.width <= 128));
    assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);

    session.send(updateRequest(true, whole));
    const silence = new Promise((resolve) => setTimeout(resolve, 700));
    await Promise.race([viewer.begin().then(() => assert.fail('nothing is to be sent')), silence]);
    await served.server.close();
  });

  it('is sent blurred what moves on, however long it does', async () => {
    const { display, served, session, viewer, whole } = await arrange(128, 128, [QUALITY_5]);
    const random = new Random(5);
    session.send(updateRequest(false, whole));
    await viewer.update();
    for (const begun = performance.now(); performance.now() - begun < 700; ) {
      const { photos } = viewer;
      scribble(display, display.framebuffer.bounds, random);
      session.send(updateRequest(true, whole));
      await viewer.update();
      assert.equal(viewer.picture.pixels[0], GREY);
      assert.ok(viewer.photos > photos);
    }
    session.send(updateRequest(true, whole));
    await viewer.update();
    assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);
    await served.server.close();
  });
});

describe('an echo of what a viewer did', () => {
  it('goes out inside the update that is under way, in front of what is left of it', async () => {
    const { display, served, session, viewer, whole } = await arrange(1024, 2100, [LEVEL_1]);
    const echo = { x: 40, y: 2080, width: 16, height: 12 };
    display.intrude = (method) => {
      if (method === 'key') display.paint(0xff8800, echo);
    };
    session.send(updateRequest(false, whole));
    await viewer.begin();
    await viewer.rectangle();
    session.send('04 01 0000 00000061 # KeyEvent: a, down');
    const rest = await viewer.rest();
    const at = rest.findIndex((r) => contains(echo, r));
    assert.ok(at >= 0);
    assert.ok(rest.slice(0, at).every((r) => r.y + r.height <= 1024));
    assert.ok(rest.slice(at).some((r) => r.y >= 1024 && r.y < 2048));
    assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);
    await served.server.close();
  });

  it('is nothing that is large, nor what changes without it', async () => {
    for (const key of [true, false]) {
      const { display, served, session, viewer, whole } = await arrange(1024, 2100, [LEVEL_1]);
      const r = { x: 40, y: key ? 1800 : 2080, width: key ? 900 : 16, height: key ? 280 : 12 };
      display.intrude = () => display.paint(0xff8800, r);
      session.send(updateRequest(false, whole));
      await viewer.begin();
      await viewer.rectangle();
      if (key) session.send('04 01 0000 00000061');
      else display.intrude('key');
      const rest = await viewer.rest();
      const ends = rest.map(({ y, height }) => y + height);
      assert.deepEqual(
        ends.findIndex((end) => end > 2048) > ends.findLastIndex((end) => end <= 1024),
        true,
      );
      session.send(updateRequest(true, whole));
      await viewer.update();
      assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);
      await served.server.close();
    }
  });
});

describe('an update that nobody asked for', () => {
  it('ends when the line is full; what is left comes when there is room', async () => {
    const { display, served, session, viewer, whole } = await arrange(1024, 2100, [
      LEVEL_1,
      Encoding.Fence,
      Encoding.ContinuousUpdates,
    ]);
    await session.receives('f8 000000 80000001 00 # ServerFence');
    await session.receives('96 # EndOfContinuousUpdates');
    session.send(`f8 000000 00000001 00 96 01 ${whole}`);
    // Answered when all in front of it was dealt with.
    session.send('f8 000000 80000000 01 01');
    await session.receives('f8 000000 00000000 01 01');
    scribble(display, display.framebuffer.bounds, new Random(8));

    const first = await viewer.update();
    assert.ok(first.every((r) => r.y + r.height <= 1024));
    session.send('f8 000000 80000000 01 02');
    await session.receives('f8 000000 80000001 04 00000001 # the mark');
    await session.receives('f8 000000 00000000 01 02');

    session.send('f8 000000 00000001 04 00000001');
    const second = await viewer.update();
    assert.ok(second.every((r) => r.y >= 1024));
    for (let bottom = 0; bottom < 2100; ) {
      for (const r of second) bottom = Math.max(bottom, r.y + r.height);
      if (bottom >= 2100) break;
      await viewer.viewer.receives('f8 000000 80000001 04 00000002');
      session.send('f8 000000 00000001 04 00000002');
      second.push(...(await viewer.update()));
    }
    assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);
    await served.server.close();
  });

  it('that makes pixels exact ends so too, and what is left is not blurred again', async () => {
    const { display, served, session, viewer, whole } = await arrange(512, 512, [
      LEVEL_1,
      QUALITY_5,
      Encoding.Fence,
      Encoding.ContinuousUpdates,
    ]);
    session.send(`f8 000000 00000001 00 96 01 ${whole} ${updateRequest(false, whole)}`);
    await viewer.update();
    const { photos } = viewer;
    assert.ok(photos > 0);
    for (let mark = 2; mark < 16; mark++) {
      await viewer.update();
      assert.equal(viewer.photos, photos);
      if (viewer.picture.pixels.every((pixel, i) => pixel === display.framebuffer.pixels[i])) break;
      session.send(`f8 000000 00000001 04 ${mark.toString(16).padStart(8, '0')}`);
    }
    assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);
    await served.server.close();
  });

  it('goes on to its end when a request asks for it', async () => {
    const { display, served, session, viewer, whole } = await arrange(1024, 2100, [
      LEVEL_1,
      Encoding.Fence,
      Encoding.ContinuousUpdates,
    ]);
    session.send(`f8 000000 00000001 00 96 01 ${whole} ${updateRequest(false, whole)}`);
    await viewer.update();
    assert.deepEqual(viewer.picture.pixels, display.framebuffer.pixels);
    await served.server.close();
  });
});
