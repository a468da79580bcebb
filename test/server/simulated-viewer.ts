/** A viewer without a connection: what its ViewerUpdates write is drawn at once, in as many steps as a test likes. */
import assert from 'node:assert/strict';
import type { Decoder } from '../../src/codec/codec.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { codecs, findCodec } from '../../src/codec/registry.ts';
import { zlib } from '../../src/codec/zlib/zlib.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer, OPAQUE } from '../../src/pixels/framebuffer.ts';
import { DesktopSizeReason, Encoding, ServerMessageType } from '../../src/rfb/constants.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { readRectangleHeader } from '../../src/rfb/rectangle.ts';
import { allRights } from '../../src/security/identity.ts';
import type { EncodePool } from '../../src/server/encode-pool.ts';
import type { Shadow } from '../../src/server/shadow.ts';
import type { VideoEncoders } from '../../src/server/video-encoder.ts';
import { ViewerUpdates } from '../../src/server/viewer-updates.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import type { FakeDisplay } from '../support/fake-display.ts';

export class SimulatedViewer {
  picture: Framebuffer;
  /** What it was sent, in all. */
  readonly received = { copies: 0, copiedPixels: 0, pixels: 0, frames: 0, bytes: 0 };
  /** Set before anything came: what comes is kept for draw(), which knows every encoding. */
  drawsLater = false;
  readonly updates: ViewerUpdates;
  readonly leave: () => void;
  readonly #display: FakeDisplay;
  readonly #writer = new ByteWriter();
  readonly #inbox = new ByteWriter();
  readonly #decoders = new Map<number, Decoder>();
  #writing: Iterator<Promise<void> | undefined, void> | undefined;
  /** What the update that is being written waits for has not settled yet. */
  #isWaiting = false;
  readonly #zlibDecoder = zlib.createDecoder({});
  #mayLook = true;
  #film = '';
  #offered = false;

  constructor(
    display: FakeDisplay,
    shadow: Shadow,
    { pool, video }: { readonly pool?: EncodePool; readonly video?: VideoEncoders } = {},
  ) {
    const { width, height } = display.framebuffer;
    this.#display = display;
    this.picture = new Framebuffer(width, height);
    const updates = new ViewerUpdates({
      display,
      shadow,
      limits: defaultLimits,
      codecs,
      rights: allRights,
      width,
      height,
      ...(pool === undefined ? {} : { pool }),
      ...(video === undefined ? {} : { video }),
    });
    const leave = shadow.join({
      get takesMoves() {
        return updates.takesMoves;
      },
      published: (change) => updates.published(change),
      stale: () => undefined,
    });
    const off = display.events.on('resize', () => updates.resized(DesktopSizeReason.Server));
    this.updates = updates;
    this.leave = () => {
      this.#writing?.return?.();
      off();
      updates.leave();
      leave();
    };
  }

  encodings(...encodings: number[]): void {
    this.updates.setEncodings(encodings);
    this.#offered ||= encodings.includes(Encoding.ContinuousUpdates);
  }

  request(incremental: boolean, r: Rectangle = this.picture.bounds): void {
    this.updates.request({ type: 'FramebufferUpdateRequest', incremental, ...r });
  }

  /** Asks for continuous updates, or for no more of them. */
  pushed(enable: boolean, r: Rectangle): void {
    if (this.#offered)
      this.updates.flow.enableContinuous({ type: 'EnableContinuousUpdates', enable, ...r });
  }

  look(mayLook: boolean): void {
    this.#mayLook = mayLook;
    this.updates.setRights({ ...allRights, view: mayLook });
  }

  /** Lets the server write as many rectangles as it can, at most `steps`. Returns whether it wrote. */
  pump(steps = Number.POSITIVE_INFINITY): boolean {
    if (this.#writing === undefined) {
      if (!this.updates.isDue) return false;
      this.#writing = this.updates.write(this.#writer);
    }
    for (let i = 0; i < steps && !this.#isWaiting; i++) {
      const { done, value } = this.#writing.next();
      if (value instanceof Promise) {
        this.#isWaiting = true;
        void value.then(() => {
          this.#isWaiting = false;
        });
      }
      if (done !== true) continue;
      this.#writing = undefined;
      const before = this.received.bytes;
      this.#receive();
      return this.received.bytes > before;
    }
    return true;
  }

  /** Asks for everything that is new until nothing is. */
  catchUp(): void {
    while (this.pump());
    for (let i = 0; i < 50; i++) {
      this.request(true);
      if (!this.pump()) return;
    }
    assert.fail('there is always more');
  }

  /** The same with encoders on other threads: `settle` lets what is waited for come. */
  async catchUpWith(settle: () => Promise<void>): Promise<void> {
    const finish = async (): Promise<boolean> => {
      let wrote = false;
      for (let i = 0; this.#writing !== undefined || i === 0; i++) {
        assert.ok(i < 1000, 'an update ends');
        wrote = this.pump();
        if (this.#isWaiting) await settle();
      }
      return wrote;
    };
    while (await finish());
    for (let i = 0; i < 50; i++) {
      this.request(true);
      if (!(await finish())) return;
    }
    assert.fail('there is always more');
  }

  /** What the viewer sees is the display: clipped, padded with black, or all black if it may not look. */
  assertRight(): void {
    const { width, height, pixels } = this.picture;
    const { framebuffer } = this.#display;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = this.#mayLook && x < framebuffer.width && y < framebuffer.height;
        const wanted = inside ? framebuffer.pixels[framebuffer.at(x, y)]! : OPAQUE;
        const seen = pixels[y * width + x]!;
        if (seen !== wanted)
          assert.fail(`${seen.toString(16)}, not ${wanted.toString(16)} at ${x},${y}`);
      }
    }
  }

  /** Draws what came since the last call. */
  async draw(): Promise<void> {
    const [ours, theirs] = memoryPair();
    const { length } = this.#inbox;
    this.#inbox.send(theirs);
    const reader = new ByteReader(ours);
    while (reader.consumed < length) {
      const type = (await reader.cursor(1)).u8();
      if (type === ServerMessageType.EndOfContinuousUpdates) continue;
      assert.equal(type, ServerMessageType.FramebufferUpdate);
      const head = await reader.cursor(3);
      head.skip(1);
      for (let left = head.u16(); left > 0; left--) if (!(await this.#draw(reader))) break;
    }
  }

  /** Returns whether more may come in this update. */
  async #draw(reader: ByteReader): Promise<boolean> {
    const r = readRectangleHeader(await reader.cursor(12));
    if (r.encoding === Encoding.LastRect) return false;
    if (r.encoding === Encoding.DesktopSize) {
      this.picture = this.picture.resized(r.width, r.height);
    } else if (r.encoding === Encoding.CopyRect) {
      const from = await reader.cursor(4);
      this.picture.move(from.u16(), from.u16(), r);
      this.received.copies += 1;
    } else {
      const decoder = this.#decoders.get(r.encoding) ?? findCodec(r.encoding)!.createDecoder({});
      this.#decoders.set(r.encoding, decoder);
      const context = { reader, format: nativeFormat, target: this.picture };
      await decodeRectangle(decoder, r, { ...context, limits: defaultLimits });
      this.received.pixels += r.width * r.height;
    }
    return true;
  }

  #receive(): void {
    const bytes = this.#writer.take();
    this.received.bytes += bytes.length;
    if (this.drawsLater) {
      this.#inbox.bytes(bytes);
      return;
    }
    const c = new Cursor(bytes);
    while (c.remaining > 0) {
      const type = c.u8();
      if (type === ServerMessageType.EndOfContinuousUpdates) continue;
      assert.equal(type, ServerMessageType.FramebufferUpdate);
      c.skip(1);
      for (let left = c.u16(); left > 0; left--) this.#rectangle(c);
    }
  }

  #rectangle(c: Cursor): void {
    const r = readRectangleHeader(c);
    if (r.encoding === Encoding.DesktopSize) {
      this.picture = this.picture.resized(r.width, r.height);
    } else if (r.encoding === Encoding.CopyRect) {
      this.picture.move(c.u16(), c.u16(), r);
      this.received.copies += 1;
      this.received.copiedPixels += r.width * r.height;
    } else if (r.encoding === Encoding.Zlib) {
      const payload = c.view(c.u32());
      this.#zlibDecoder.decode(payload, r, nativeFormat, this.picture);
      this.received.pixels += r.width * r.height;
    } else if (r.encoding === Encoding.OpenH264) {
      this.#frame(c, r);
    } else {
      assert.equal(r.encoding, Encoding.Raw);
      const block = c.view(r.width * r.height * 4).slice();
      this.picture.put(r, new Uint32Array(block.buffer));
      this.received.pixels += r.width * r.height;
    }
  }

  /** What a test's encoder makes stands there as it is; a film begins with a keyframe and the flags to say so. */
  #frame(c: Cursor, r: Rectangle): void {
    const length = c.u32();
    const flags = c.u32();
    const film = `${r.x},${r.y},${r.width},${r.height}`;
    assert.ok(flags === 3 || (flags === 0 && this.#film === film));
    this.#film = film;
    this.received.frames += 1;
    if (length === 0) return;
    const block = c.view(length).slice();
    this.picture.put(r, new Uint32Array(block.buffer));
  }
}
