import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { OpenH264Contexts } from '../../src/codec/open-h264/contexts.ts';
import { receiveOpenH264 } from '../../src/codec/open-h264/open-h264.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { openFfmpeg } from '../../src/node/ffmpeg-encoder.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { readRectangleHeader, rectangleHeaderSize } from '../../src/rfb/rectangle.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { filmFrame, psnr, showFrame } from '../support/film.ts';
import { withoutPeers } from '../support/peers.ts';
import { Served, setEncodings, updateRequest, type TestViewer } from '../support/served.ts';
import { until } from '../support/until.ts';

const FILM = { x: 30, y: 20, width: 400, height: 224 };
const SCREEN = { width: 500, height: 300 };
const WHOLE = '0000 0000 01f4 012c';
/** No pixel of the film, but what a viewer has that decodes none of it. */
const UNSEEN = 0xffff00ff;

/** Draws what is sent as pixels, and keeps the films apart. */
class FilmViewer {
  readonly picture = new Framebuffer(SCREEN.width, SCREEN.height);
  /** Packets of each film, in the order in which films began. */
  readonly films: Uint8Array[][] = [];
  readonly #contexts = new OpenH264Contexts<Uint8Array[]>(
    () => {
      const film: Uint8Array[] = [];
      this.films.push(film);
      return film;
    },
    () => undefined,
  );
  readonly #viewer: TestViewer;

  constructor(viewer: TestViewer) {
    this.#viewer = viewer;
    const quality6 = Encoding.JpegQualityLevel0 + 6;
    viewer.send(setEncodings(Encoding.Raw, Encoding.CopyRect, Encoding.OpenH264, quality6));
    viewer.send(updateRequest(false, WHOLE));
  }

  /** Asks again as soon as it was answered, until the session ends. */
  async run(): Promise<void> {
    const { reader } = this.#viewer;
    for (;;) {
      const c = await reader.cursor(4);
      assert.equal(c.u16(), 0);
      for (let left = c.u16(); left > 0; left--) await this.#rectangle();
      this.#viewer.send(updateRequest(true, WHOLE));
    }
  }

  async #rectangle(): Promise<void> {
    const { reader } = this.#viewer;
    const r = readRectangleHeader(await reader.cursor(rectangleHeaderSize));
    if (r.encoding === Encoding.OpenH264) {
      const { flags, data } = await receiveOpenH264(reader, defaultLimits);
      this.#contexts.of(r, flags).push(data);
      this.picture.put(r, new Uint32Array(r.width * r.height).fill(UNSEEN));
    } else if (r.encoding === Encoding.CopyRect) {
      const c = await reader.cursor(4);
      this.picture.move(c.u16(), c.u16(), r);
    } else {
      const bytes = await reader.bytes(4 * r.width * r.height);
      this.picture.put(r, new Uint32Array(bytes.buffer, 0, r.width * r.height));
    }
  }
}

/** All pictures of a film. */
async function decode(film: readonly Uint8Array[]): Promise<Uint32Array[]> {
  const output = '-f rawvideo -pix_fmt bgra -fps_mode passthrough pipe:1';
  const child = spawn(
    'ffmpeg',
    ['-loglevel', 'error', '-f', 'h264', '-i', 'pipe:0', ...output.split(' ')],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  child.stdin.end(Buffer.concat(film));
  const bytes = await buffer(child.stdout);
  const pixels = FILM.width * FILM.height;
  return Array.from({ length: bytes.length / (4 * pixels) }, (_, i) =>
    new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)).slice(
      i * pixels,
      (i + 1) * pixels,
    ),
  );
}

describe('a film through ffmpeg', { skip: withoutPeers('ffmpeg') }, () => {
  it('reaches a viewer as H.264 that looks like it, and is exact when it stands still', async (t) => {
    const display = new FakeDisplay(SCREEN);
    const served = new Served({ display, video: await openFfmpeg() });
    t.after(() => served.server.close());
    const viewer = await served.session();
    const film = new FilmViewer(viewer);
    const ended = film.run().catch(() => undefined);

    const shown: Uint32Array[] = [];
    const enough = (): boolean => (film.films[0]?.length ?? 0) >= 20;
    await until('20 frames of the film', async () => {
      const pixels = filmFrame(shown.length, FILM.width, FILM.height);
      shown.push(pixels);
      showFrame(display, FILM, pixels);
      return enough();
    });
    await until('the exact picture', () =>
      display.framebuffer.pixels.every((pixel, i) => film.picture.pixels[i] === pixel),
    );
    assert.equal(film.films.length, 1);

    const frames = await decode(film.films[0]!);
    assert.equal(frames.length, film.films[0]!.length);
    // Each is one of those that were shown, and they come in order.
    let last = -1;
    for (const frame of frames) {
      let best = { n: -1, db: 0 };
      for (let n = last + 1; n < shown.length; n++) {
        const db = psnr(frame, shown[n]!);
        if (db > best.db) best = { n, db };
      }
      assert.ok(best.db > 28, `a frame that comes no nearer than ${best.db.toFixed(1)} dB`);
      last = best.n;
    }
    await served.server.close();
    await ended;
  });
});
