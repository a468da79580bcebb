/** Tight: the server's four zlib streams, and how data is written through one of them (RFB 7.7.7). */
import { assertInvariant } from '../../core/errors.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { createDeflater, type DataShape, type Deflater } from '../zlib-stream.ts';
import { MAX_COMPACT_LENGTH, MIN_COMPRESSED_BYTES, STREAM_COUNT } from './control.ts';

/** Each has data of one kind. The first three are used as by other servers. */
export const Stream = { Pixels: 0, Bits: 1, Indexes: 2, Gradient: 3 } as const;
export type Stream = (typeof Stream)[keyof typeof Stream];

/** Writes so many bytes at an address of the kernels' memory. */
export type Fill = (address: number) => void;

export interface Streams {
  /** All start anew; viewers are told where each is used next. */
  readonly restart: () => void;
  /** What the control byte of a rectangle that uses the stream must say in its low bits. */
  readonly resetBits: (stream: Stream) => number;
  /** Writes `size` bytes of data: as they are when they are few, else compressed behind their length. */
  readonly write: (
    sink: ByteWriter,
    stream: Stream,
    size: number,
    shape: DataShape,
    fill: Fill,
  ) => void;
  /** Undoes the last `write` to a stream, the bytes in the sink apart; `resetBits` as they were before it. */
  readonly rewind: (stream: Stream, size: number, resetBits: number) => void;
  /** Which have begun, and in the next four bits which start anew: for `resume` on another thread. */
  readonly state: () => number;
  readonly resume: (state: number) => void;
}

/** Where few bytes are made, which go out as they are. Shared: it is used at once. */
let small: { readonly memory: unknown; readonly address: number } | undefined;

export function createStreams(): Streams {
  const deflaters: Deflater[] = Array.from({ length: STREAM_COUNT }, () => createDeflater(1));
  const resets = new Set<Stream>();
  const isSmall = (size: number): boolean => size < MIN_COMPRESSED_BYTES;
  return {
    restart: () => {
      for (let i = 0; i < STREAM_COUNT; i++) {
        deflaters[i]!.restart();
        resets.add(i as Stream);
      }
    },
    resetBits: (stream) => (resets.has(stream) ? 1 << stream : 0),
    write: (sink, stream, size, shape, fill) => {
      const { memory } = kernelSet();
      if (isSmall(size)) {
        if (small?.memory !== memory)
          small = { memory, address: memory.allocate(MIN_COMPRESSED_BYTES) };
        fill(small.address);
        sink.bytes(memory.bytes.subarray(small.address, small.address + size));
        return;
      }
      const deflater = deflaters[stream]!;
      resets.delete(stream);
      fill(deflater.begin(size));
      // TigerVNC and noVNC wait for 3 bytes before they read a length: compressed data is never shorter than its flush marker.
      const compressed = deflater.finish(size, shape);
      writeCompactLength(sink, compressed.length);
      sink.bytes(compressed);
    },
    rewind: (stream, size, resetBits) => {
      if (isSmall(size)) return;
      deflaters[stream]!.rewind();
      if (resetBits !== 0) resets.add(stream);
    },
    state: () => {
      let state = 0;
      deflaters.forEach((deflater, i) => {
        if (deflater.begun()) state |= 1 << i;
        if (resets.has(i as Stream)) state |= 1 << (STREAM_COUNT + i);
      });
      return state;
    },
    resume: (state) => {
      resets.clear();
      deflaters.forEach((deflater, i) => {
        deflater.resume(((state >> i) & 1) !== 0);
        if (((state >> (STREAM_COUNT + i)) & 1) !== 0) resets.add(i as Stream);
      });
    },
  };
}

/** One to three bytes, least significant first: 7, 7 and 8 bits. */
export function writeCompactLength(sink: ByteWriter, length: number): void {
  assertInvariant(length >= 1 && length <= MAX_COMPACT_LENGTH, `compact length ${length}`);
  if (length < 1 << 7) {
    sink.u8(length);
  } else if (length < 1 << 14) {
    sink.u8(128 | (length & 127)).u8(length >> 7);
  } else {
    sink
      .u8(128 | (length & 127))
      .u8(128 | ((length >> 7) & 127))
      .u8(length >> 14);
  }
}
