/**
 * One tile of ZRLE or TRLE (RFB 7.7.5, 7.7.6): the sub-encoding with the fewest bytes, for ZRLE as they are guessed to be behind
 * deflate. Works in the kernels' memory.
 */
import { kernelSet, type KernelSet } from '../../pixels/kernels/kernels.ts';
import {
  PALETTE_BYTES,
  PALETTE_COLOURS,
  PALETTE_TRANSITIONS,
} from '../../pixels/kernels/palette-layout.ts';
import type { PixelBlock } from '../codec.ts';
import { packBlock, type WirePixel } from '../wire-pixel.ts';
import {
  type LastPalette,
  MAX_RLE_COLOURS,
  packedBits,
  packedRowBytes,
  Subencoding,
  TILE_AREA,
} from './tile.ts';

/** Deflate finds rows of packed indexes again, but hardly runs: of consoles and text these may take so many times the bytes. */
const PACKED_MAY_TAKE = 5;
/** Nor does it find pixels again between lengths: runs must take less than this part of the pixels. Both tuned on bench/corpus. */
const RUNS_MAY_TAKE = 5 / 8;

/** 2048 pixels. */
const MAX_ROW_TILES = 32;

interface Workspace extends KernelSet {
  readonly palette: number;
  /** A byte for each pixel of a tile. */
  readonly indexes: number;
  /** A byte for each colour of a palette. */
  readonly lookup: number;
  /** A byte for each of a row of tiles. */
  readonly solid: number;
}

// Shared by all encoders: encode is synchronous.
let workspace: Workspace | undefined;

function openWorkspace(): Workspace {
  const set = kernelSet();
  if (workspace?.memory !== set.memory) {
    const palette = set.memory.allocate(PALETTE_BYTES);
    set.memory.bytes.fill(0, palette, palette + PALETTE_BYTES);
    const indexes = set.memory.allocate(TILE_AREA);
    const lookup = set.memory.allocate(MAX_RLE_COLOURS);
    workspace = { ...set, palette, indexes, lookup, solid: set.memory.allocate(MAX_ROW_TILES) };
  }
  return workspace;
}

/**
 * Writes the tile at `target`, where there is room for maxTileBytes, and returns how many bytes it took. Tiles are at most
 * 64 x 64. ZRLE has no last palette.
 */
export function encodeTile(
  tile: PixelBlock,
  pixel: WirePixel,
  target: number,
  last?: LastPalette,
): number {
  const length = encodeAny(tile, pixel, target, last);
  if (last !== undefined) remember(last, target);
  return length;
}

/**
 * Looks at a row of 64 x 64 tiles, at most 2048 wide: returns the address of a byte for each, 1 when it is of one value, valid
 * until the next call. Together, as memory is then read in order.
 */
export function findSolid({ width, height, address, stride }: PixelBlock): number {
  const { kernels, solid } = openWorkspace();
  kernels.solidSquares(address, stride, width, height, solid);
  return solid;
}

/** Writes a tile that is of the value at an address. */
export const encodeSolid = (address: number, pixel: WirePixel, target: number): number =>
  writeSolid(openWorkspace(), address, pixel, target);

/** Writes the tile as plain runs, however long that is. */
export const encodeRuns = (tile: PixelBlock, pixel: WirePixel, target: number): number =>
  writeRuns(openWorkspace(), tile, pixel, target);

function encodeAny(
  tile: PixelBlock,
  pixel: WirePixel,
  target: number,
  last: LastPalette | undefined,
): number {
  const work = openWorkspace();
  const { kernels, palette, indexes } = work;
  const { width, height, address, stride } = tile;
  const area = width * height;
  const raw = area * pixel.size;
  const first = work.memory.words[address >>> 2]!;
  if (kernels.equalRows(address, stride, width, height, first) === height)
    return writeSolid(work, address, pixel, target);
  const colours = kernels.scanPalette(
    address,
    stride,
    width,
    height,
    MAX_RLE_COLOURS,
    palette,
    indexes,
  );

  if (colours === 0) {
    const runs = kernels.pixelRunBytes(address, stride, width, height, pixel.size);
    const most = last === undefined ? raw * RUNS_MAY_TAKE : raw;
    if (runs < most) return writeRuns(work, tile, pixel, target);
    return writeRaw(work, tile, pixel, target);
  }
  const packed =
    colours <= Subencoding.PackedLast
      ? packedRowBytes(width, colours) * height
      : Number.POSITIVE_INFINITY;
  const runs = kernels.indexRunBytes(indexes, area);
  const withPalette = Math.min(packed, runs) + colours * pixel.size;
  if (last !== undefined && findAgain(work, colours, last)) {
    const length = writeReused(work, tile, { colours, last }, Math.min(withPalette, raw), target);
    if (length > 0) return length;
  }
  if (plainRunsAreShorter(work, tile, pixel, withPalette))
    return writeRuns(work, tile, pixel, target);
  if (withPalette >= raw) return writeRaw(work, tile, pixel, target);
  const most = last === undefined ? runs * PACKED_MAY_TAKE : runs;
  if (packed <= most && packed + colours * pixel.size < raw) {
    const length = writePalette(work, colours, colours, pixel, target);
    const bits = packedBits(colours);
    return length + kernels.packIndexes(indexes, width, height, bits, target + length);
  }
  const length = writePalette(work, colours, 128 + colours, pixel, target);
  return length + kernels.writeIndexRuns(indexes, area, target + length);
}

/** Keeps the palette of the tile that was written at `target`, when it has one of its own or that of the tile before. */
function remember(last: LastPalette, target: number): void {
  const { memory, palette } = openWorkspace();
  const subencoding = memory.bytes[target]!;
  if (subencoding === Subencoding.PackedReused || subencoding === Subencoding.PaletteRleReused)
    return;
  const packed = subencoding >= Subencoding.PackedFirst && subencoding <= Subencoding.PackedLast;
  last.count = packed
    ? subencoding
    : subencoding >= Subencoding.PaletteRleFirst
      ? subencoding - 128
      : 0;
  const first = (palette + PALETTE_COLOURS) >>> 2;
  last.colours.set(memory.words.subarray(first, first + last.count));
}

/** Whether the last palette has all colours of this one; under which index each stands then goes to `lookup`. */
function findAgain(
  { memory, palette, lookup }: Workspace,
  colours: number,
  last: LastPalette,
): boolean {
  if (colours > last.count) return false;
  const first = (palette + PALETTE_COLOURS) >>> 2;
  for (let i = 0; i < colours; i++) {
    const index = last.colours.indexOf(memory.words[first + i]!);
    if (index < 0 || index >= last.count) return false;
    memory.bytes[lookup + i] = index;
  }
  return true;
}

/** Writes the tile by the last palette if that takes less than `below` bytes; returns 0 if it does not. */
function writeReused(
  { memory, kernels, indexes, lookup }: Workspace,
  { width, height }: PixelBlock,
  { colours, last: { count } }: { readonly colours: number; readonly last: LastPalette },
  below: number,
  target: number,
): number {
  const area = width * height;
  // Numbers that stand for the same colours make the same runs.
  const runs = kernels.indexRunBytes(indexes, area);
  const packed =
    count <= Subencoding.PackedLast
      ? packedRowBytes(width, count) * height
      : Number.POSITIVE_INFINITY;
  if (Math.min(runs, packed) >= below) return 0;
  kernels.remapIndexes(indexes, width, height, lookup, colours, indexes, width);
  const at = target + 1;
  if (packed <= runs) {
    memory.bytes[target] = Subencoding.PackedReused;
    return 1 + kernels.packIndexes(indexes, width, height, packedBits(count), at);
  }
  memory.bytes[target] = Subencoding.PaletteRleReused;
  return 1 + kernels.writeIndexRuns(indexes, area, at);
}

/** So it is with few runs, or pixels of one byte. Counted only where it can be. */
function plainRunsAreShorter(
  { memory, kernels, palette }: Workspace,
  { width, height, address, stride }: PixelBlock,
  { size }: WirePixel,
  than: number,
): boolean {
  const runs = memory.words[(palette + PALETTE_TRANSITIONS) >>> 2]! + 1;
  return (
    runs * (size + 1) < than && kernels.pixelRunBytes(address, stride, width, height, size) < than
  );
}

/** A tile of the value at an address. */
function writeSolid(
  { memory }: Workspace,
  address: number,
  pixel: WirePixel,
  target: number,
): number {
  memory.bytes[target] = Subencoding.Solid;
  return 1 + packBlock({ width: 1, height: 1, address, stride: 4 }, pixel, target + 1);
}

/** The sub-encoding and the palette's colours. */
function writePalette(
  { memory, palette }: Workspace,
  colours: number,
  subencoding: number,
  pixel: WirePixel,
  target: number,
): number {
  memory.bytes[target] = subencoding;
  const found = {
    width: colours,
    height: 1,
    address: palette + PALETTE_COLOURS,
    stride: 4 * colours,
  };
  return 1 + packBlock(found, pixel, target + 1);
}

function writeRaw(
  { memory }: Workspace,
  tile: PixelBlock,
  pixel: WirePixel,
  target: number,
): number {
  memory.bytes[target] = Subencoding.Raw;
  return 1 + packBlock(tile, pixel, target + 1);
}

function writeRuns(
  { memory, kernels }: Workspace,
  { width, height, address, stride }: PixelBlock,
  { size, shifts }: WirePixel,
  target: number,
): number {
  memory.bytes[target] = Subencoding.PlainRle;
  const at = target + 1;
  return 1 + kernels.writePixelRuns(address, stride, width, height, at, size, ...shifts);
}
