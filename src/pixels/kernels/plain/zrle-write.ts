/** Tiles of ZRLE and TRLE as encoders write them (RFB 7.7.5, 7.7.6); the twin of ../assembly/zrle-write.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';
import { PALETTE_COLOURS } from '../palette-layout.ts';
import {
  ZRLE_INDEXES,
  ZRLE_LAST_COLOURS,
  ZRLE_LAST_COUNT,
  ZRLE_LENGTHS,
  ZRLE_LOOKUP,
  ZRLE_PALETTE,
} from '../zrle-layout.ts';

const RAW = 0;
const SOLID = 1;
const PACKED_LAST = 16;
const PACKED_REUSED = 127;
const PLAIN_RLE = 128;
const PALETTE_RLE_REUSED = 129;
const MAX_COLOURS = 127;
const ZRLE_SIDE = 64;

/** Deflate finds rows of packed indexes again, but hardly runs: of consoles and text these may take so many times the bytes. */
const PACKED_MAY_TAKE = 12;
/** Nor does it find pixels again between lengths: runs must take less than so many 16ths of the pixels. Both tuned on bench/corpus. */
const RUNS_MAY_TAKE = 10;

interface Tile {
  readonly pixels: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly shifts: readonly [number, number, number, number];
  readonly isZrle: boolean;
  readonly state: number;
  readonly target: number;
}

type Parts = Pick<
  Kernels,
  | 'scanPalette'
  | 'remapIndexes'
  | 'indexRunBytes'
  | 'writeIndexRuns'
  | 'packIndexes'
  | 'pixelRunBytes'
  | 'writePixelRuns'
  | 'packPixels'
>;

export function zrleWriteKernels(
  memory: KernelMemory,
  kernels: Parts,
): Pick<Kernels, 'writeZrleTiles'> {
  const wordAt = (address: number): number => memory.words[address >>> 2]!;

  /** Writes a sub-encoding, and pixels one by one. Returns how many bytes that took, as do all of these. */
  const writePixels = (
    { size, shifts, target }: Tile,
    subencoding: number,
    pixels: number,
    count: number,
  ): number => {
    memory.bytes[target] = subencoding;
    kernels.packPixels(pixels, 4 * count, count, 1, target + 1, size, ...shifts);
    return 1 + count * size;
  };

  const writeRaw = ({ pixels, stride, width, height, size, shifts, target }: Tile): number => {
    memory.bytes[target] = RAW;
    kernels.packPixels(pixels, stride, width, height, target + 1, size, ...shifts);
    return 1 + width * height * size;
  };

  const writeRuns = ({ pixels, stride, width, height, size, shifts, target }: Tile): number => {
    memory.bytes[target] = PLAIN_RLE;
    return 1 + kernels.writePixelRuns(pixels, stride, width, height, target + 1, size, ...shifts);
  };

  /** Indexes as bits or as runs, below a sub-encoding that says which. */
  const writeIndexes = (
    { width, height, state }: Tile,
    bits: number | undefined,
    target: number,
  ): number =>
    bits === undefined
      ? kernels.writeIndexRuns(state + ZRLE_INDEXES, width * height, target)
      : kernels.packIndexes(state + ZRLE_INDEXES, width, height, bits, target);

  /** Whether the last palette has all of these colours; under which index each stands then goes to ZRLE_LOOKUP. */
  const findAgain = ({ state }: Tile, colours: number): boolean => {
    const first = (state + ZRLE_LAST_COLOURS) >>> 2;
    const last = memory.words.subarray(first, first + wordAt(state + ZRLE_LAST_COUNT));
    if (colours > last.length) return false;
    for (let i = 0; i < colours; i++) {
      const index = last.indexOf(wordAt(state + ZRLE_PALETTE + PALETTE_COLOURS + 4 * i));
      if (index < 0) return false;
      memory.bytes[state + ZRLE_LOOKUP + i] = index;
    }
    return true;
  };

  /** Writes the tile by the last palette if that takes less than `below` bytes behind the first; returns 0 if it does not. */
  const writeReused = (tile: Tile, colours: number, runs: number, below: number): number => {
    const { width, height, state, target } = tile;
    const indexes = state + ZRLE_INDEXES;
    const count = wordAt(state + ZRLE_LAST_COUNT);
    const packed = packedBytes(tile, count);
    if (Math.min(runs, packed) >= below) return 0;
    const lookup = state + ZRLE_LOOKUP;
    kernels.remapIndexes(indexes, width, height, lookup, colours, indexes, width);
    memory.bytes[target] = packed <= runs ? PACKED_REUSED : PALETTE_RLE_REUSED;
    const bits = packed <= runs ? packedBits(count) : undefined;
    return 1 + writeIndexes(tile, bits, target + 1);
  };

  const writeTile = (tile: Tile): number => {
    const { pixels, stride, width, height, size, isZrle, state, target } = tile;
    const [area, raw] = [width * height, width * height * size];
    const [palette, indexes] = [state + ZRLE_PALETTE, state + ZRLE_INDEXES];
    const colours = kernels.scanPalette(
      pixels,
      stride,
      width,
      height,
      MAX_COLOURS,
      palette,
      indexes,
    );
    if (colours === 1) return writePixels(tile, SOLID, pixels, 1);
    const plain = kernels.pixelRunBytes(pixels, stride, width, height, size);
    if (colours === 0) {
      const isShort = isZrle ? plain * 16 < raw * RUNS_MAY_TAKE : plain < raw;
      return isShort ? writeRuns(tile) : writeRaw(tile);
    }
    const colourBytes = colours * size;
    const packed = packedBytes(tile, colours);
    const runs = kernels.indexRunBytes(indexes, area);
    const shortest = Math.min(raw, Math.min(packed, runs) + colourBytes);
    if (!isZrle && findAgain(tile, colours)) {
      const length = writeReused(tile, colours, runs, shortest);
      if (length > 0) return length;
    }
    // So it is with few runs, or pixels of one byte.
    if (plain < shortest) return writeRuns(tile);
    if (shortest === raw) return writeRaw(tile);
    const isPacked =
      packed <= (isZrle ? runs * PACKED_MAY_TAKE : runs) && packed + colourBytes < raw;
    const subencoding = isPacked ? colours : PLAIN_RLE + colours;
    const length = writePixels(tile, subencoding, palette + PALETTE_COLOURS, colours);
    const bits = isPacked ? packedBits(colours) : undefined;
    return length + writeIndexes(tile, bits, target + length);
  };

  /** Keeps the palette of the tile that was written, when it has one of its own or that of the tile before. */
  const remember = ({ state, target }: Tile): void => {
    const subencoding = memory.bytes[target]!;
    if (subencoding === PACKED_REUSED || subencoding === PALETTE_RLE_REUSED) return;
    const colours = subencoding & 127;
    const count = colours > SOLID ? colours : 0;
    memory.words[(state + ZRLE_LAST_COUNT) >>> 2] = count;
    const first = (state + ZRLE_PALETTE + PALETTE_COLOURS) >>> 2;
    memory.words.copyWithin((state + ZRLE_LAST_COLOURS) >>> 2, first, first + count);
  };

  return {
    writeZrleTiles: (pixels, stride, width, height, side, size, shifts, state, target) => {
      const all = [0, 8, 16, 24].map((bits) => (shifts >>> bits) & 255) as unknown;
      const isZrle = side === ZRLE_SIDE;
      let at = target;
      let lengths = (state + ZRLE_LENGTHS) >>> 2;
      for (let x = 0; x < width; x += side) {
        const tile: Tile = {
          pixels: pixels + 4 * x,
          stride,
          width: Math.min(side, width - x),
          height,
          size,
          shifts: all as Tile['shifts'],
          isZrle,
          state,
          target: at,
        };
        const length = writeTile(tile);
        if (!isZrle) remember(tile);
        memory.words[lengths++] = length;
        at += length;
      }
      return at - target;
    },
  };
}

const packedBits = (colours: number): number => (colours <= 2 ? 1 : colours <= 4 ? 2 : 4);

/** Of packed indexes; more than anything else when there are too many colours. */
const packedBytes = ({ width, height }: Tile, colours: number): number =>
  colours > PACKED_LAST
    ? Number.POSITIVE_INFINITY
    : ((width * packedBits(colours) + 7) >> 3) * height;
