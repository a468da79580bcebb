import assert from 'node:assert/strict';
import { describe, it, mock, type TestContext } from 'node:test';
import { Encoding } from '../../src/rfb/constants.ts';
import { intersect, isEmpty, type Rectangle } from '../../src/rfb/rectangle.ts';
import { Shadow } from '../../src/server/shadow.ts';
import type { VideoEncoderOptions, VideoEncoders } from '../../src/server/video-encoder.ts';
import { Random } from '../pixels/kernels/twins.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { SimulatedViewer } from './simulated-viewer.ts';

const FILM: Rectangle = { x: 41, y: 30, width: 320, height: 240 };
const LOSSY = Encoding.JpegQualityLevel0 + 6;
const KNOWS = [Encoding.Raw, Encoding.CopyRect, Encoding.OpenH264, LOSSY];

/** Encodes when the test says so, and loses the lowest bit of blue. */
class TestEncoders {
  readonly films: VideoEncoderOptions[] = [];
  open = 0;
  pushed = 0;
  most = 0;
  maxFilms = Number.POSITIVE_INFINITY;
  #waiting: Array<() => void> = [];

  readonly create: VideoEncoders = (options) => {
    if (this.open >= this.maxFilms) return undefined;
    let isOpen = true;
    let isFirst = true;
    this.open += 1;
    this.films.push(options);
    const { width, height } = options;
    return {
      push: ({ bytes, stride }) => {
        const data = new Uint8Array(4 * width * height);
        for (let y = 0; y < height; y++)
          data.set(bytes.subarray(y * stride, y * stride + 4 * width), y * 4 * width);
        for (let i = 0; i < data.length; i += 4) data[i]! ^= 1;
        const keyframe = isFirst;
        isFirst = false;
        this.pushed += 1;
        this.#waiting.push(() => {
          if (isOpen) options.packet({ data, keyframe });
        });
        this.most = Math.max(this.most, this.#waiting.length);
      },
      close: () => {
        if (isOpen) this.open -= 1;
        isOpen = false;
        this.#waiting = [];
      },
    };
  };

  /** The oldest frame becomes a packet. */
  encode(): boolean {
    const next = this.#waiting.shift();
    next?.();
    return next !== undefined;
  }
}

function arrange(t: TestContext, encodings: readonly number[] = KNOWS, width = 500, height = 400) {
  const clock = { now: 10_000 };
  const now = mock.method(performance, 'now', () => clock.now);
  const display = new FakeDisplay({ width, height });
  const shadow = new Shadow(display);
  const encoders = new TestEncoders();
  const viewer = new SimulatedViewer(display, shadow, { video: encoders.create });
  viewer.encodings(...encodings);
  viewer.request(false);
  viewer.catchUp();
  const random = new Random(7);
  t.after(() => {
    viewer.leave();
    now.mock.restore();
    assert.equal(encoders.open, 0);
  });

  /** Noise: no frame looks like another, and nothing in it moves. */
  const paint = (r: Rectangle): void => {
    const { framebuffer } = display;
    for (let y = r.y; y < r.y + r.height; y++) {
      for (let x = r.x; x < r.x + r.width; x++)
        framebuffer.pixels[framebuffer.at(x, y)] = (random.next() | 0xff000000) >>> 0;
    }
    display.events.emit('damage', [r]);
  };
  /** One frame of the film, and what it brings about. */
  const frame = (r: Rectangle = FILM): void => {
    clock.now += 33;
    paint(r);
    viewer.request(true);
    while (viewer.pump());
    while (encoders.encode());
    while (viewer.pump());
  };
  const film = (): void => {
    for (let i = 0; i < 20; i++) frame();
    assert.ok(viewer.received.frames > 0);
  };
  /** Time passes in which nothing happens. */
  const calm = (): void => {
    for (let i = 0; i < 20; i++) {
      clock.now += 100;
      viewer.catchUp();
    }
  };
  return { clock, display, shadow, encoders, viewer, random, paint, frame, film, calm };
}

describe('a film to one viewer', () => {
  it('goes through the encoder, frame by frame, and no longer as pixels', (t) => {
    const { viewer, encoders, film, frame } = arrange(t);
    film();
    const before = { ...viewer.received };
    for (let i = 0; i < 10; i++) frame();
    assert.equal(viewer.received.pixels, before.pixels);
    assert.ok(viewer.received.frames >= before.frames + 10);
    assert.equal(encoders.films.length, 1);
    const [{ width, height }] = encoders.films as [VideoEncoderOptions];
    assert.deepEqual({ width, height }, { width: FILM.width, height: FILM.height });
  });

  it('is exact in the end, and the encoder is closed', (t) => {
    const { viewer, encoders, film, calm } = arrange(t);
    film();
    assert.throws(() => viewer.assertRight());
    calm();
    viewer.assertRight();
    assert.equal(encoders.open, 0);
  });

  it('is exact in the end although the encoder owes the last frames', (t) => {
    const { viewer, clock, film, paint, calm } = arrange(t);
    film();
    clock.now += 33;
    paint(FILM);
    calm();
    viewer.assertRight();
  });

  it('what changes beside it goes as ever, in the same update', (t) => {
    const { viewer, film, frame, paint } = arrange(t);
    film();
    const before = viewer.received.pixels;
    paint({ x: 400, y: 300, width: 20, height: 10 });
    frame();
    assert.equal(viewer.received.pixels, before + 200);
  });

  it('at most two frames are with the encoder, and the newest follows', (t) => {
    const { viewer, clock, encoders, film, paint } = arrange(t);
    film();
    encoders.most = 0;
    const { pushed } = encoders;
    for (let i = 0; i < 10; i++) {
      clock.now += 16;
      paint(FILM);
      viewer.request(true);
      while (viewer.pump());
    }
    assert.equal(encoders.most, 2);
    assert.equal(encoders.pushed, pushed + 2);
    while (encoders.encode());
    viewer.request(true);
    while (viewer.pump());
    assert.equal(encoders.pushed, pushed + 3);
  });

  it('a request for the whole picture gets a frame of it', (t) => {
    const { viewer, encoders, film } = arrange(t);
    film();
    const { frames } = viewer.received;
    viewer.request(false);
    while (viewer.pump());
    assert.ok(encoders.encode());
    while (viewer.pump());
    assert.ok(viewer.received.frames > frames);
  });

  it('ends for a viewer that wants to see a part of it only', (t) => {
    const { viewer, encoders, film, paint, clock } = arrange(t);
    film();
    clock.now += 33;
    paint(FILM);
    viewer.request(true, { x: 0, y: 0, width: 100, height: 100 });
    while (viewer.pump());
    assert.equal(encoders.open, 0);
    assert.equal(viewer.received.bytes > 0, true);
  });

  it('is not begun for who does not know it, takes no loss, or cannot be told what scrolled', (t) => {
    for (const missing of [Encoding.OpenH264, LOSSY, Encoding.CopyRect]) {
      const { encoders, frame, viewer } = arrange(
        t,
        KNOWS.filter((each) => each !== missing),
      );
      for (let i = 0; i < 20; i++) frame();
      assert.equal(encoders.films.length, 0);
      viewer.assertRight();
      mock.restoreAll();
    }
  });

  it('ends when the viewer takes the encoding back, or may not look any more', (t) => {
    const { viewer, encoders, film, calm, frame } = arrange(t);
    film();
    viewer.look(false);
    assert.equal(encoders.open, 0);
    calm();
    viewer.assertRight();
    viewer.look(true);
    calm();
    film();
    viewer.encodings(Encoding.Raw, Encoding.CopyRect, LOSSY);
    assert.equal(encoders.open, 0);
    frame();
    calm();
    viewer.assertRight();
  });

  it('ends with the picture’s size', (t) => {
    const { viewer, encoders, display, film, calm } = arrange(t, [...KNOWS, Encoding.DesktopSize]);
    film();
    display.setSize(450, 350);
    assert.equal(encoders.open, 0);
    calm();
    viewer.assertRight();
  });

  it('goes on as pixels when the encoder breaks, for good', (t) => {
    const { viewer, encoders, film, frame, calm } = arrange(t);
    film();
    encoders.films[0]?.failed();
    assert.equal(encoders.open, 0);
    const { frames } = viewer.received;
    for (let i = 0; i < 20; i++) frame();
    viewer.assertRight();
    calm();
    for (let i = 0; i < 20; i++) frame();
    assert.equal(viewer.received.frames, frames);
    assert.equal(encoders.films.length, 1);
  });

  it('goes on as pixels when the encoder hangs', (t) => {
    const { viewer, clock, encoders, film, paint } = arrange(t);
    film();
    for (let i = 0; i < 200; i++) {
      clock.now += 33;
      paint(FILM);
      viewer.request(true);
      while (viewer.pump());
    }
    assert.equal(encoders.open, 0);
    viewer.assertRight();
  });

  it('goes on as pixels when the encoder is always late, until the next film', (t) => {
    const { viewer, clock, encoders, film, frame, paint, calm } = arrange(t);
    film();
    for (let i = 0; i < 60; i++) {
      clock.now += 100;
      paint(FILM);
      viewer.request(true);
      while (viewer.pump());
      if (i % 5 === 4) encoders.encode();
    }
    assert.equal(encoders.open, 0);
    viewer.assertRight();
    calm();
    for (let i = 0; i < 20; i++) frame();
    assert.equal(encoders.open, 1);
  });

  it('goes as pixels where there is no encoder to be had', (t) => {
    const { viewer, encoders, frame } = arrange(t);
    encoders.maxFilms = 0;
    for (let i = 0; i < 20; i++) frame();
    viewer.assertRight();
  });

  it('the picture is right in the end, whatever moved and changed in, into and out of it', (t) => {
    const { clock, display, encoders, viewer, random, paint, calm } = arrange(t);
    for (let i = 0; i < 400; i++) {
      clock.now += random.between(1, 40);
      const { bounds } = display.framebuffer;
      const r = intersect(bounds, {
        x: random.between(0, 400),
        y: random.between(0, 300),
        width: random.between(1, 200),
        height: random.between(1, 200),
      });
      if (i % 100 < 80) paint(FILM);
      if (random.chance(30)) {
        const to = { ...r, x: random.between(0, 500 - r.width), y: random.between(0, 60) };
        if (!isEmpty(intersect(to, bounds)))
          display.framebuffer.move(r.x, r.y, intersect(to, bounds));
        display.events.emit('damage', [to]);
      }
      if (random.chance(20)) paint({ ...r, width: Math.min(r.width, 40) });
      if (random.chance(10)) viewer.request(false);
      if (random.chance(70)) viewer.request(true);
      if (random.chance(60)) encoders.encode();
      viewer.pump(random.between(1, 4));
      if (i % 100 === 99) {
        calm();
        viewer.assertRight();
      }
    }
    assert.ok(viewer.received.frames > 20);
    assert.ok(encoders.films.length > 1);
  });
});
