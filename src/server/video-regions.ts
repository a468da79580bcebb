/**
 * Which part of a picture moves like a film: the largest one that has changed all over for a while, frame after frame.
 * Typing is too small for that, windows open too rarely, and what scrolls is known as moves. Decides nothing else.
 */
import { boundingBox } from '../pixels/region.ts';
import { area, contains, intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import type { ShadowChange } from './take-over.ts';
import { TILE, tilesAcross, tilesOf } from './tile-map.ts';

/** A smaller film costs little as it is. */
const MIN_PIXELS = 64 * 1024;
/** What the levels of H.264 allow that decoders of browsers know. */
const MAX_SIDE = 4096;
const MAX_PIXELS = 4096 * 2304;
/**
 * So often and so long must a part have changed: moves may have been overlooked for 15 frames (shadow.ts), which is a
 * quarter of a second.
 */
const MIN_FRAMES = 3;
const MIN_MS = 300;
/** Between two frames of a film passes no more than this. */
const MAX_GAP_MS = 250;
/** After this without enough change a film is over. */
const CALM_MS = 500;
/** Share of a tile that changes in a frame of a film, and of the film's rectangle once it is known. */
const DENSE = 1 / 2;
const ALIVE = 1 / 8;
/** Share of the tiles of a rectangle that have to be a film's. */
const FULL = 0.6;
/** A larger film takes the place of one that is inside it. */
const LARGER = 1.5;

export class VideoRegions {
  readonly #bounds: Rectangle;
  readonly #columns: number;
  /** Of each tile: frames in a row in which it changed all over, when the first of them was, and the last. */
  readonly #streak: Uint32Array;
  readonly #since: Float64Array;
  readonly #last: Float64Array;
  #rectangle: Rectangle | undefined;
  #aliveAt = 0;

  /** Of a picture of this size. */
  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    this.#bounds = { x: 0, y: 0, width, height };
    this.#columns = tilesAcross(width);
    const tiles = tilesOf(width, height);
    this.#streak = new Uint32Array(tiles);
    this.#since = new Float64Array(tiles);
    this.#last = new Float64Array(tiles);
  }

  get bounds(): Rectangle {
    return this.#bounds;
  }

  /** Where the film is, with even sides; it stays where it is as long as enough of it changes. Undefined: there is none. */
  rectangle(now: number): Rectangle | undefined {
    if (this.#rectangle !== undefined && now - this.#aliveAt >= CALM_MS) this.#forget();
    return this.#rectangle;
  }

  /** Milliseconds until the film is over unless something changes; undefined: there is none. */
  calmInMs(now: number): number | undefined {
    return this.#rectangle === undefined ? undefined : Math.max(0, this.#aliveAt + CALM_MS - now);
  }

  /** The picture is another one. */
  changed({ moves, changed }: ShadowChange, now: number): void {
    const known = this.rectangle(now);
    const moved = moves.map(({ to }) => to);
    if (known !== undefined) {
      const alive = [...changed, ...moved].reduce((sum, r) => sum + area(intersect(r, known)), 0);
      if (alive >= ALIVE * area(known)) this.#aliveAt = now;
    }
    // What moves is sent as a move. In a film some rows may seem to: that is not enough.
    for (const index of this.#dense(moved)) this.#streak[index] = 0;
    if (!this.#count(changed, now)) return;
    const found = this.#find(changed, now);
    if (found === undefined) return;
    const replaces =
      known === undefined || (contains(found, known) && area(found) >= LARGER * area(known));
    if (!replaces) return;
    this.#rectangle = found;
    this.#aliveAt = now;
  }

  #forget(): void {
    this.#rectangle = undefined;
    this.#streak.fill(0);
  }

  /** Counts the tiles that changed all over. False: none did. */
  #count(changed: readonly Rectangle[], now: number): boolean {
    const dense = this.#dense(changed);
    for (const index of dense) {
      if (now - this.#last[index]! > MAX_GAP_MS) this.#streak[index] = 0;
      if (this.#streak[index] === 0) this.#since[index] = now;
      this.#streak[index]! += 1;
      this.#last[index] = now;
    }
    return dense.length > 0;
  }

  /** The tiles that are covered by half or more. The rectangles are disjoint. */
  #dense(rectangles: readonly Rectangle[]): number[] {
    const pixels = new Map<number, number>();
    for (const r of rectangles) {
      for (const { index, tile } of this.#tiles(r))
        pixels.set(index, (pixels.get(index) ?? 0) + area(intersect(tile, r)));
    }
    return Array.from(pixels.keys()).filter(
      (index) => pixels.get(index)! >= DENSE * area(this.#tile(index)),
    );
  }

  /** The largest part that is a film. Its edges are those of what changed just now. */
  #find(changed: readonly Rectangle[], now: number): Rectangle | undefined {
    let largest: Rectangle | undefined;
    for (const box of this.#hotBoxes(now)) {
      if (largest === undefined || area(box) > area(largest)) largest = box;
    }
    if (largest === undefined) return undefined;
    const touching = changed.filter((r) => !isEmpty(intersect(r, largest)));
    const extent = touching.reduce(boundingBox, touching[0] ?? largest);
    const left = edge(extent.x, largest.x);
    const top = edge(extent.y, largest.y);
    const right = edge(extent.x + extent.width, largest.x + largest.width);
    const bottom = edge(extent.y + extent.height, largest.y + largest.height);
    return usable({ x: left, y: top, width: right - left, height: bottom - top });
  }

  /** Around each group of adjoining tiles that are a film's, where most of the box are. */
  *#hotBoxes(now: number): Generator<Rectangle, void> {
    const seen = new Uint8Array(this.#streak.length);
    for (let start = 0; start < seen.length; start++) {
      if (seen[start] === 1 || !this.#isHot(start, now)) continue;
      seen[start] = 1;
      const group = [start];
      let box = this.#tile(start);
      for (let i = 0; i < group.length; i++) {
        const index = group[i]!;
        box = boundingBox(box, this.#tile(index));
        for (const next of this.#neighbours(index)) {
          if (seen[next] === 1 || !this.#isHot(next, now)) continue;
          seen[next] = 1;
          group.push(next);
        }
      }
      const tiles = tilesOf(box.width, box.height);
      if (group.length >= FULL * tiles) yield box;
    }
  }

  #isHot(index: number, now: number): boolean {
    return (
      this.#streak[index]! >= MIN_FRAMES &&
      now - this.#last[index]! <= MAX_GAP_MS &&
      this.#last[index]! - this.#since[index]! >= MIN_MS
    );
  }

  *#neighbours(index: number): Generator<number, void> {
    const column = index % this.#columns;
    if (column > 0) yield index - 1;
    if (column + 1 < this.#columns) yield index + 1;
    if (index >= this.#columns) yield index - this.#columns;
    if (index + this.#columns < this.#streak.length) yield index + this.#columns;
  }

  *#tiles(r: Rectangle): Generator<{ readonly index: number; readonly tile: Rectangle }, void> {
    const inside = intersect(r, this.#bounds);
    if (isEmpty(inside)) return;
    const right = Math.floor((inside.x + inside.width - 1) / TILE);
    const bottom = Math.floor((inside.y + inside.height - 1) / TILE);
    for (let row = Math.floor(inside.y / TILE); row <= bottom; row++) {
      for (let column = Math.floor(inside.x / TILE); column <= right; column++) {
        const index = row * this.#columns + column;
        yield { index, tile: this.#tile(index) };
      }
    }
  }

  #tile(index: number): Rectangle {
    const column = index % this.#columns;
    const row = (index - column) / this.#columns;
    const tile = { x: column * TILE, y: row * TILE, width: TILE, height: TILE };
    return intersect(tile, this.#bounds);
  }
}

/** An edge of what changed, where it is the film's: in its tiles at the edge, or less than half a tile beyond. */
const edge = (changed: number, tiles: number): number =>
  Math.abs(changed - tiles) < TILE ? changed : tiles;

/** Of H.264 with its colours at half the size: sides are even. */
function usable(r: Rectangle): Rectangle | undefined {
  const even = { ...r, width: r.width - (r.width % 2), height: r.height - (r.height % 2) };
  const fits = even.width <= MAX_SIDE && even.height <= MAX_SIDE && area(even) <= MAX_PIXELS;
  return fits && area(even) >= MIN_PIXELS ? even : undefined;
}
