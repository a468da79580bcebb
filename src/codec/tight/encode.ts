/** Tight, the server's half (RFB 7.7.7), without loss: a fill, two colours as bits, a palette, or the pixels themselves. */
import { assertInvariant } from '../../core/errors.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { blockValues } from '../pixel-block.ts';
import { Palette } from '../palette.ts';
import { perFormat, tpixel, type WirePixel } from '../wire-pixel.ts';
import { createDeflater, type Deflater } from '../zlib-stream.ts';
import {
  Compression,
  EXPLICIT_FILTER,
  Filter,
  indexedRowBytes,
  MAX_COMPACT_LENGTH,
  MAX_WIDTH,
  MIN_COMPRESSED_BYTES,
} from './control.ts';

/** What TightVNC's servers keep to, and old viewers have buffers for. */
const MAX_AREA = 65536;

/** The streams as other servers use them, each with data of one kind. */
const Stream = { Copy: 0, Bits: 1, Indexes: 2 } as const;

/** zlib's level of bits and indexes for each compression level: they are few bytes, and worth more time than pixels. */
const INDEX_LEVELS = [0, 1, 3, 4, 6, 6, 7, 8, 9, 9];

// Shared by all encoders: encode is synchronous.
const palette = new Palette();
let scratch = new Uint8Array(0);

export function createEncoder(options: EncoderOptions): Encoder {
  const level = options.compressionLevel ?? 2;
  const deflaters: Record<number, Deflater> = {
    [Stream.Copy]: createDeflater(level),
    [Stream.Bits]: createDeflater(INDEX_LEVELS[level]!),
    [Stream.Indexes]: createDeflater(INDEX_LEVELS[level]!),
  };
  const pixelOf = perFormat(tpixel);

  /** Small data as it is, else compressed behind its length. */
  const writeData = (sink: ByteWriter, stream: number, data: Uint8Array): void => {
    if (data.length < MIN_COMPRESSED_BYTES) {
      sink.bytes(data);
      return;
    }
    // TigerVNC and noVNC wait for 3 bytes before they read a length: compressed data is never shorter than its flush marker.
    const compressed = deflaters[stream]!.deflate(data);
    writeCompactLength(sink, compressed.length);
    sink.bytes(compressed);
  };

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    const { width } = block;
    const values = blockValues(block);
    const pixel = pixelOf(format);
    const colours = countColours(values, mostColours(values.length, pixel.size));
    if (colours === 1) {
      sink.u8(Compression.Fill << 4);
      writePalette(sink, pixel);
    } else if (colours === 2 && bitsAreSmaller(block, pixel)) {
      writeHead(sink, Stream.Bits, pixel);
      writeData(sink, Stream.Bits, toBits(values, width));
    } else if (colours > 2) {
      writeHead(sink, Stream.Indexes, pixel);
      writeData(sink, Stream.Indexes, toIndexes(values));
    } else {
      sink.u8(Stream.Copy << 4);
      const data = room(values.length * pixel.size);
      pixel.write(values, data, 0);
      writeData(sink, Stream.Copy, data);
    }
  };

  return { maxWidth: MAX_WIDTH, maxArea: MAX_AREA, encode };
}

/**
 * The largest palette that pays. It is sent uncompressed, whereas pixels shrink also without one: it may cost a quarter of
 * what indexes save. Two colours always get their chance, as they become bits.
 */
function mostColours(area: number, pixelSize: number): number {
  const worthwhile = Math.floor((area * (pixelSize - 1)) / (4 * pixelSize));
  return Math.max(2, Math.min(256, worthwhile));
}

/** Distinct values, which are in `palette` then; 0 when there are more than `limit`. */
function countColours(values: Uint32Array, limit: number): number {
  palette.clear(limit);
  let last = values[0]!;
  palette.add(last);
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    if (value === last) continue;
    if (palette.add(value) < 0) return 0;
    last = value;
  }
  return palette.count;
}

/** Whether a palette of two and bits take fewer bytes than pixels: not so for the smallest rectangles. */
function bitsAreSmaller({ width, height }: PixelBlock, pixel: WirePixel): boolean {
  const bits =
    1 /* filter */ + 1 /* colours */ + 2 * pixel.size + indexedRowBytes(width, 2) * height;
  return bits < width * height * pixel.size;
}

/** Control byte, filter and palette. */
function writeHead(sink: ByteWriter, stream: number, pixel: WirePixel): void {
  sink
    .u8((EXPLICIT_FILTER | stream) << 4)
    .u8(Filter.Palette)
    .u8(palette.count - 1);
  writePalette(sink, pixel);
}

function writePalette(sink: ByteWriter, pixel: WirePixel): void {
  pixel.write(palette.found(), sink.reserve(palette.count * pixel.size), 0);
}

/** So much of the shared scratch; its content is stale. */
function room(size: number): Uint8Array {
  if (scratch.length < size) scratch = new Uint8Array(size);
  return scratch.subarray(0, size);
}

/** One bit a pixel, the most significant first, each row from a new byte. */
function toBits(values: Uint32Array, width: number): Uint8Array {
  const zero = palette.colours[0]!;
  const rowBytes = indexedRowBytes(width, 2);
  const bits = room(rowBytes * (values.length / width)).fill(0);
  let row = 0;
  for (let start = 0; start < values.length; start += width) {
    for (let x = 0; x < width; x++) {
      if (values[start + x] !== zero) bits[row + (x >> 3)]! |= 128 >> (x & 7);
    }
    row += rowBytes;
  }
  return bits;
}

function toIndexes(values: Uint32Array): Uint8Array {
  const indexes = room(values.length);
  let last = values[0]!;
  let index = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== last) {
      index = palette.add(value);
      last = value;
    }
    indexes[i] = index;
  }
  return indexes;
}

/** One to three bytes, least significant first: 7, 7 and 8 bits. */
function writeCompactLength(sink: ByteWriter, length: number): void {
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
