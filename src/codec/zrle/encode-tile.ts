/** One tile of ZRLE or TRLE (RFB 7.7.5, 7.7.6): the sub-encoding with the fewest bytes. Works in the kernels' memory. */
import { kernelSet, type KernelSet } from '../../pixels/kernels/kernels.ts';
import {
  PALETTE_BYTES,
  PALETTE_COLOURS,
  PALETTE_TRANSITIONS,
} from '../../pixels/kernels/palette-layout.ts';
import type { PixelBlock } from '../codec.ts';
import { packBlock, type WirePixel } from '../wire-pixel.ts';
import { MAX_RLE_COLOURS, packedBits, packedRowBytes, Subencoding, TILE_AREA } from './tile.ts';

interface Workspace extends KernelSet {
  readonly palette: number;
  /** A byte for each pixel of a tile. */
  readonly indexes: number;
}

// Shared by all encoders: encode is synchronous.
let workspace: Workspace | undefined;

function openWorkspace(): Workspace {
  const set = kernelSet();
  if (workspace?.memory !== set.memory) {
    const palette = set.memory.allocate(PALETTE_BYTES);
    set.memory.bytes.fill(0, palette, palette + PALETTE_BYTES);
    workspace = { ...set, palette, indexes: set.memory.allocate(TILE_AREA) };
  }
  return workspace;
}

/**
 * Writes the tile at `target`, where there is room for maxTileBytes, and returns how many bytes it took. Tiles are at most
 * 64 x 64.
 */
export function encodeTile(tile: PixelBlock, pixel: WirePixel, target: number): number {
  const work = openWorkspace();
  const { kernels, palette, indexes } = work;
  const { width, height, address, stride } = tile;
  const area = width * height;
  const raw = area * pixel.size;
  const colours = kernels.scanPalette(
    address,
    stride,
    width,
    height,
    MAX_RLE_COLOURS,
    palette,
    indexes,
  );

  if (colours === 1) return writePalette(work, 1, Subencoding.Solid, pixel, target);
  if (colours === 0) {
    const runs = kernels.pixelRunBytes(address, stride, width, height, pixel.size);
    if (runs < raw) return writeRuns(work, tile, pixel, target);
    return writeRaw(work, tile, pixel, target);
  }
  const packed =
    colours <= Subencoding.PackedLast
      ? packedRowBytes(width, colours) * height
      : Number.POSITIVE_INFINITY;
  const runs = kernels.indexRunBytes(indexes, area);
  const withPalette = Math.min(packed, runs) + colours * pixel.size;
  if (plainRunsAreShorter(work, tile, pixel, withPalette))
    return writeRuns(work, tile, pixel, target);
  if (withPalette >= raw) return writeRaw(work, tile, pixel, target);
  if (packed <= runs) {
    const length = writePalette(work, colours, colours, pixel, target);
    const bits = packedBits(colours);
    return length + kernels.packIndexes(indexes, width, height, bits, target + length);
  }
  const length = writePalette(work, colours, 128 + colours, pixel, target);
  return length + kernels.writeIndexRuns(indexes, area, target + length);
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
