/** How the shadow follows its display: what moved is moved, and what then differs is copied. Told as a ShadowChange. */
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { boundingBox } from '../pixels/region.ts';
import { area, type Rectangle } from '../rfb/rectangle.ts';
import { moveShadow, type FreshPixels } from './move-detection.ts';
import type { Move } from './move.ts';
import type { ShadowPicture } from './shadow-picture.ts';
import { TILE, TileMap } from './tile-map.ts';

/** How the shadow changed: first what moved, in this order, then where it has other pixels. */
export interface ShadowChange {
  readonly moves: readonly Move[];
  /** Disjoint. Each as small as it can be in a row of tiles; alike ones of rows that follow each other are one. */
  readonly changed: readonly Rectangle[];
}

export const noChange: ShadowChange = { moves: [], changed: [] };

/** Pixels that may be sent although they are the same, for one rectangle less. */
const WORTH_A_RECTANGLE = 1024;
/** Bytes of the rectangle that kernel takeChanges writes. */
const RECTANGLE_BYTES = 16;

/**
 * Makes `shadow` what `framebuffer`, which is as large, is in the reported tiles. `looksForMoves` is asked once, if
 * anything changed, with the number of tiles that did. INVARIANT: doing the moves to what the shadow was, and then copying
 * what changed, gives what it is; moves that were guessed wrong cost bytes, never pixels.
 */
export function takeOver(
  shadow: ShadowPicture,
  framebuffer: Framebuffer,
  reported: TileMap,
  looksForMoves: (tiles: number) => boolean,
): ShadowChange {
  const changed = changedTiles(shadow, framebuffer, reported);
  if (changed.isEmpty) return noChange;
  const looks = looksForMoves(changed.count);
  const { box } = changed;
  const source = stageOf(shadow, framebuffer, box);
  const { memory } = shadow.kernels;
  const result = memory.allocate(RECTANGLE_BYTES);
  try {
    // What lies between changed tiles may have moved with them, although it looks the same.
    for (const r of looks ? [box] : changed.runs()) bring(shadow, source, r);
    const moves = looks ? moveShadow(shadow, source.fresh, changed) : [];
    for (const { to } of moves) changed.mark(to);
    return { moves, changed: takeChanges(shadow, source.fresh, changed, result) };
  } catch (error) {
    shadow.forgetSolid();
    throw error;
  } finally {
    memory.release(result);
    source.release();
  }
}

/** Where kernels can read a part of a framebuffer, once it was brought there. */
interface Source {
  readonly framebuffer: Framebuffer;
  readonly fresh: FreshPixels;
  /** The framebuffer is in the kernels' memory: nothing need be copied. */
  readonly inPlace: boolean;
  readonly release: () => void;
}

function stageOf(shadow: ShadowPicture, framebuffer: Framebuffer, box: Rectangle): Source {
  const { memory } = shadow.kernels;
  const { buffer, byteOffset } = framebuffer.pixels;
  if (buffer === memory.memory.buffer) {
    const fresh = { origin: byteOffset, stride: shadow.stride };
    return { framebuffer, fresh, inPlace: true, release: () => undefined };
  }
  const stride = 4 * box.width;
  const stage = memory.allocate(stride * box.height);
  const fresh = { origin: stage - box.y * stride - 4 * box.x, stride };
  return { framebuffer, fresh, inPlace: false, release: () => memory.release(stage) };
}

function bring(shadow: ShadowPicture, { framebuffer, fresh, inPlace }: Source, r: Rectangle): void {
  if (inPlace) return;
  const { words } = shadow.kernels.memory;
  const { pixels, width } = framebuffer;
  const target = (fresh.origin + r.y * fresh.stride) / 4 + r.x;
  if (r.width === width) {
    words.set(pixels.subarray(r.y * width, (r.y + r.height) * width), target);
    return;
  }
  for (let row = 0; row < r.height; row++) {
    const start = (r.y + row) * width + r.x;
    words.set(pixels.subarray(start, start + r.width), target + (row * fresh.stride) / 4);
  }
}

/** Those of the reported tiles that differ. One row of tiles is looked at after the other, in memory that stays in the cache. */
function changedTiles(shadow: ShadowPicture, framebuffer: Framebuffer, reported: TileMap): TileMap {
  const { kernels, memory } = shadow.kernels;
  const changed = new TileMap(shadow.width, shadow.height);
  const line = stageOf(shadow, framebuffer, { ...reported.box, y: 0, height: TILE });
  const flags = memory.allocate(shadow.width / TILE + 1);
  try {
    for (const run of reported.runs()) {
      const { x, y, width, height } = run;
      const { stride } = line.fresh;
      // The memory of one row of tiles stands for each of them in turn.
      const origin = line.inPlace ? line.fresh.origin : line.fresh.origin - y * stride;
      bring(shadow, { ...line, fresh: { origin, stride } }, run);
      const fresh = origin + y * stride + 4 * x;
      const old = shadow.addressOf(x, y);
      const count = kernels.changedTiles(fresh, stride, old, shadow.stride, width, height, flags);
      if (count === 0) continue;
      const { bytes } = memory;
      for (let column = 0; column < width; column += TILE) {
        if (bytes[flags + column / TILE] === 1)
          changed.mark({ x: x + column, y, width: 1, height: 1 });
      }
    }
  } finally {
    memory.release(flags);
    line.release();
  }
  return changed;
}

/** Copies all that differs, and tells where it did. */
function takeChanges(
  shadow: ShadowPicture,
  fresh: FreshPixels,
  tiles: TileMap,
  result: number,
): Rectangle[] {
  const changed: Rectangle[] = [];
  /** Index of the last one of each extent in columns. */
  const above = new Map<number, number>();
  for (const run of tiles.runs()) {
    for (const r of changesOf(shadow, fresh, run, result)) {
      const columns = r.x * 65536 + r.width;
      const index = above.get(columns);
      const upper = index === undefined ? undefined : changed[index];
      if (index !== undefined && upper !== undefined && upper.y + upper.height === r.y) {
        changed[index] = { ...upper, height: upper.height + r.height };
      } else {
        above.set(columns, changed.length);
        changed.push(r);
      }
    }
    shadow.findSolid(run);
  }
  return changed;
}

/** The changes in a run of tiles: one for each tile, joined with the next if little that is the same comes with it. */
function changesOf(
  shadow: ShadowPicture,
  { origin, stride }: FreshPixels,
  run: Rectangle,
  result: number,
): Rectangle[] {
  const { kernels, memory } = shadow.kernels;
  const changed: Rectangle[] = [];
  const end = run.x + run.width;
  for (let x = run.x; x < end; x += TILE) {
    const fresh = origin + run.y * stride + 4 * x;
    const old = shadow.addressOf(x, run.y);
    const width = Math.min(TILE, end - x);
    if (kernels.takeChanges(fresh, stride, old, shadow.stride, width, run.height, result) === 0)
      continue;
    const { words } = memory;
    const at = result >>> 2;
    const r = {
      x: x + words[at]!,
      y: run.y + words[at + 1]!,
      width: words[at + 2]!,
      height: words[at + 3]!,
    };
    const before = changed.at(-1);
    const joined = before && boundingBox(before, r);
    if (before && joined && area(joined) - area(before) - area(r) <= WORTH_A_RECTANGLE)
      changed[changed.length - 1] = joined;
    else changed.push(r);
  }
  return changed;
}
