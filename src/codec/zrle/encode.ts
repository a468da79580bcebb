/** ZRLE, the server's half (RFB 7.7.6): for each tile the sub-encoding with the fewest bytes before compression. */
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { blockValues } from '../pixel-block.ts';
import { Palette } from '../palette.ts';
import { cpixel, perFormat, type WirePixel } from '../wire-pixel.ts';
import { moves, writeZlibBlock } from '../zlib-block.ts';
import { createDeflater } from '../zlib-stream.ts';
import {
  MAX_RLE_COLOURS,
  maxTileBytes,
  packedBits,
  packedRowBytes,
  Subencoding,
  TILE_AREA,
  tilesOf,
} from './tile.ts';

// The largest rectangle bounds how long the event loop stands still: noise compresses at 6 million pixels a second.
const MAX_WIDTH = 2048;
const MAX_AREA = 2048 * 64;

export function createEncoder(options: EncoderOptions): Encoder {
  const deflater = createDeflater(options.compressionLevel ?? 2);
  const pixelOf = perFormat(cpixel);
  return {
    ...moves(deflater),
    maxWidth: MAX_WIDTH,
    maxArea: MAX_AREA,
    encode: (block: PixelBlock, format: PixelFormat, sink: ByteWriter) => {
      writeZlibBlock(sink, deflater, encodeTiles(block, pixelOf(format)));
    },
  };
}

// Shared by all encoders: encode is synchronous.
let tileBytes = new Uint8Array(0);
const scratch = new Uint32Array(TILE_AREA);
const palette = new Palette();

/** All tiles of a block, not yet compressed. Borrowed until the next call. */
function encodeTiles(block: PixelBlock, pixel: WirePixel): Uint8Array {
  let at = 0;
  const values = blockValues(block);
  for (const tile of tilesOf({ x: 0, y: 0, width: block.width, height: block.height })) {
    const area = tile.width * tile.height;
    for (let row = 0; row < tile.height; row++) {
      const start = (tile.y + row) * block.width + tile.x;
      scratch.set(values.subarray(start, start + tile.width), row * tile.width);
    }
    const needed = at + maxTileBytes(area, pixel.size);
    if (needed > tileBytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * tileBytes.length));
      grown.set(tileBytes.subarray(0, at));
      tileBytes = grown;
    }
    at = encodeTile(scratch.subarray(0, area), tile.width, pixel, at);
  }
  return tileBytes.subarray(0, at);
}

/** Runs of a tile, and its colours as far as they are at most 127 (in `palette`). */
interface TileStatistics {
  runs: number;
  /** Runs of one pixel. */
  singles: number;
  /** Bytes of run lengths beyond the first of each. */
  longBytes: number;
  /** More than 127 when there are more. */
  colours: number;
}

function analyse(values: Uint32Array): TileStatistics {
  const area = values.length;
  palette.clear(MAX_RLE_COLOURS);
  let runs = 0;
  let singles = 0;
  let longBytes = 0;
  let fits = true;
  for (let i = 0; i < area; ) {
    const value = values[i]!;
    const start = i++;
    while (i < area && values[i] === value) i++;
    const length = i - start;
    runs++;
    if (length === 1) singles++;
    else if (length > 255) longBytes += ((length - 1) / 255) | 0;
    if (fits) fits = palette.add(value) >= 0;
  }
  return { runs, singles, longBytes, colours: fits ? palette.count : MAX_RLE_COLOURS + 1 };
}

/** Appends one tile at `at`, and returns where it ends. There is room. */
function encodeTile(values: Uint32Array, width: number, pixel: WirePixel, at: number): number {
  const { runs, singles, longBytes, colours } = analyse(values);
  const { size } = pixel;
  if (colours === 1) return writePalette(Subencoding.Solid, pixel, at);

  const raw = values.length * size;
  const plainRle = runs * (size + 1) + longBytes;
  const indexedRuns =
    colours <= MAX_RLE_COLOURS
      ? colours * size + singles + 2 * (runs - singles) + longBytes
      : Number.POSITIVE_INFINITY;
  const packed =
    colours <= Subencoding.PackedLast
      ? colours * size + packedRowBytes(width, colours) * (values.length / width)
      : Number.POSITIVE_INFINITY;

  const smallest = Math.min(raw, plainRle, indexedRuns, packed);
  if (smallest === packed) {
    return writePacked(values, width, writePalette(colours, pixel, at));
  }
  if (smallest === indexedRuns) {
    return writeIndexedRuns(values, writePalette(128 + colours, pixel, at));
  }
  if (smallest === raw) {
    tileBytes[at] = Subencoding.Raw;
    pixel.write(values, tileBytes, at + 1);
    return at + 1 + raw;
  }
  tileBytes[at] = Subencoding.PlainRle;
  return writeRuns(values, pixel, at + 1);
}

function writePalette(subencoding: number, pixel: WirePixel, at: number): number {
  tileBytes[at] = subencoding;
  pixel.write(palette.found(), tileBytes, at + 1);
  return at + 1 + palette.count * pixel.size;
}

function writePacked(values: Uint32Array, width: number, from: number): number {
  const bits = packedBits(palette.count);
  let at = from;
  for (let row = 0; row < values.length; row += width) {
    let byte = 0;
    let shift = 8;
    for (let i = row; i < row + width; i++) {
      shift -= bits;
      byte |= palette.add(values[i]!) << shift;
      if (shift === 0) {
        tileBytes[at++] = byte;
        byte = 0;
        shift = 8;
      }
    }
    if (shift < 8) tileBytes[at++] = byte;
  }
  return at;
}

/** Writes a run's length: as many 255 as go into length - 1, and the rest. */
function writeRunLength(length: number, from: number): number {
  let at = from;
  let left = length - 1;
  for (; left >= 255; left -= 255) tileBytes[at++] = 255;
  tileBytes[at++] = left;
  return at;
}

function writeRuns(values: Uint32Array, pixel: WirePixel, from: number): number {
  let at = from;
  for (let i = 0; i < values.length; ) {
    const start = i++;
    const value = values[start]!;
    while (i < values.length && values[i] === value) i++;
    pixel.writeOne(value, tileBytes, at);
    at = writeRunLength(i - start, at + pixel.size);
  }
  return at;
}

function writeIndexedRuns(values: Uint32Array, from: number): number {
  let at = from;
  for (let i = 0; i < values.length; ) {
    const start = i++;
    const value = values[start]!;
    while (i < values.length && values[i] === value) i++;
    const index = palette.add(value);
    if (i - start === 1) {
      tileBytes[at++] = index;
    } else {
      tileBytes[at++] = 128 | index;
      at = writeRunLength(i - start, at);
    }
  }
  return at;
}
