/**
 * A viewer that takes updates as fast as they come, or as its line lets it, and looks at none of them: it finds the extent
 * of each rectangle and drops it, so that many of them in one process measure the server and not themselves.
 */
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { findCodec } from '../../src/codec/registry.ts';
import type { Decoder } from '../../src/codec/codec.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { writeFramebufferUpdateRequest } from '../../src/rfb/messages/framebuffer-update-request.ts';
import { writeSetEncodings } from '../../src/rfb/messages/set-encodings.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { readRectangleHeader } from '../../src/rfb/rectangle.ts';
import type { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { login, type LoginOptions } from './login.ts';

export interface WatchOptions extends LoginOptions {
  /** All that is named in SetEncodings. */
  readonly encodings: readonly number[];
  /** Takes no more than this. Default: everything at once. */
  readonly bitsPerSecond?: number;
}

export interface Watcher {
  readonly updates: number;
  readonly bytes: number;
  /** Of the picture, and of what came. */
  readonly pixels: number;
  readonly stop: () => Promise<void>;
}

export async function watch(options: WatchOptions): Promise<Watcher> {
  const { reader, init } = await login(options);
  const writer = new ByteWriter();
  writeSetEncodings(writer, { type: 'SetEncodings', encodings: options.encodings });
  const whole = {
    type: 'FramebufferUpdateRequest',
    x: 0,
    y: 0,
    width: init.width,
    height: init.height,
  } as const;
  const ask = (incremental: boolean): void => {
    writeFramebufferUpdateRequest(writer, { ...whole, incremental });
    writer.send(reader.stream);
  };
  const state = { updates: 0, pixels: 0, stopped: false };
  const run = async (): Promise<void> => {
    const receive = rectangles(reader);
    const pace = paced(reader, options.bitsPerSecond);
    ask(false);
    for (;;) {
      const head = await reader.cursor(4);
      if (head.u8() !== 0) throw new Error('no FramebufferUpdate');
      head.skip(1);
      for (let left = head.u16(); left > 0; left--) {
        const pixels = await receive();
        if (pixels === undefined) break;
        state.pixels += pixels;
        await pace();
      }
      state.updates++;
      ask(true);
    }
  };
  const done = run().catch((error: unknown) => {
    if (!state.stopped) throw error;
  });
  // Reported where it is waited for.
  done.catch(() => undefined);
  return {
    get updates() {
      return state.updates;
    },
    get bytes() {
      return reader.consumed;
    },
    get pixels() {
      return state.pixels;
    },
    stop: async () => {
      state.stopped = true;
      reader.stream.destroy();
      await done;
    },
  };
}

/** Receives a rectangle and returns its area; undefined for LastRect. */
function rectangles(reader: ByteReader): () => Promise<number | undefined> {
  // Nothing is drawn, so that one pixel is enough.
  const target = new Framebuffer(1, 1);
  const decoders = new Map<number, Decoder>();
  const jpeg = (): never => {
    throw new Error('nothing is decoded here');
  };
  return async () => {
    const r = readRectangleHeader(await reader.cursor(12));
    if (r.encoding === Encoding.LastRect) return undefined;
    let decoder = decoders.get(r.encoding);
    if (decoder === undefined) {
      const codec = findCodec(r.encoding);
      if (codec === undefined) throw new Error(`encoding ${r.encoding} was not asked for`);
      decoder = { ...codec.createDecoder({ jpeg }), decode: () => undefined };
      decoders.set(r.encoding, decoder);
    }
    const context = { reader, format: nativeFormat, target, limits: defaultLimits };
    await decodeRectangle(decoder, r, context);
    return r.width * r.height;
  };
}

/** Waits until what was read would have come through the line. */
function paced(reader: ByteReader, bitsPerSecond: number | undefined): () => Promise<void> {
  let free = performance.now();
  let before = reader.consumed;
  return async () => {
    if (bitsPerSecond === undefined) return;
    const bits = (reader.consumed - before) * 8;
    before = reader.consumed;
    free = Math.max(free, performance.now() - 1000) + (bits / bitsPerSecond) * 1000;
    const wait = free - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  };
}
