/** Tiles of ZRLE and TRLE (RFB 7.7.5, 7.7.6) as the kernels write them, and the state that they do it with. */
import { kernelSet, type KernelSet } from '../../pixels/kernels/kernels.ts';
import {
  ZRLE_LAST_COUNT,
  ZRLE_LENGTHS,
  ZRLE_SOLID,
  ZRLE_STATE_BYTES,
} from '../../pixels/kernels/zrle-layout.ts';
import type { PixelBlock } from '../codec.ts';
import { solidSquaresOf } from '../pixel-block.ts';
import type { WirePixel } from '../wire-pixel.ts';
import { Subencoding, TILE_SIDE } from './tile.ts';

interface Workspace extends KernelSet {
  readonly state: number;
}

// Shared by all encoders: encode is synchronous.
let workspace: Workspace | undefined;

function openWorkspace(): Workspace {
  const set = kernelSet();
  if (workspace?.memory !== set.memory) {
    const state = set.memory.allocate(ZRLE_STATE_BYTES);
    set.kernels.clearBytes(state, ZRLE_STATE_BYTES);
    workspace = { ...set, state };
  }
  return workspace;
}

/**
 * Writes a row of tiles, at most 2048 pixels wide and a tile high, at `target`, where there is room for maxTileBytes of each.
 * Returns how many bytes they took. Tiles of TRLE's size are TRLE's: they know the palette of the one before.
 */
export function encodeTiles(
  tiles: PixelBlock,
  { size, shifts }: WirePixel,
  target: number,
  side: number = TILE_SIDE,
): number {
  const { kernels, state } = openWorkspace();
  const { width, height, address, stride } = tiles;
  // Of all of a row before any tile: what must be read for it is then read in order.
  if (side === TILE_SIDE) solidSquaresOf(tiles, state + ZRLE_SOLID);
  const [a, b, c, d] = shifts;
  const bits = a | (b << 8) | (c << 16) | (d << 24);
  return kernels.writeZrleTiles(address, stride, width, height, side, size, bits, state, target);
}

/** Where each tile's length in bytes stands, 32 bits each, until the next row of tiles is written. */
export const tileLengths = (): number => openWorkspace().state + ZRLE_LENGTHS;

/** TRLE's next tile knows no palette. */
export function forgetPalette(): void {
  const { memory, state } = openWorkspace();
  memory.words[(state + ZRLE_LAST_COUNT) >>> 2] = 0;
}

/** Writes a tile as plain runs, however long that is. */
export function encodeRuns(
  { width, height, address, stride }: PixelBlock,
  { size, shifts }: WirePixel,
  target: number,
): number {
  const { memory, kernels } = openWorkspace();
  memory.bytes[target] = Subencoding.PlainRle;
  const at = target + 1;
  return 1 + kernels.writePixelRuns(address, stride, width, height, at, size, ...shifts);
}
