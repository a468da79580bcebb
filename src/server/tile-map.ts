/**
 * Which tiles of 64 x 64 pixels of a picture may have changed: what a display reports, before it is looked at. However much
 * is reported, and however often, it is no more than a byte for each tile.
 */
import { boundingBox } from '../pixels/region.ts';
import { intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';

export const TILE = 64;

/** Tiles in a row of a picture. */
export const tilesAcross = (width: number): number => Math.ceil(width / TILE);

/** How many tiles a picture has. */
export const tilesOf = (width: number, height: number): number =>
  tilesAcross(width) * Math.ceil(height / TILE);

export class TileMap {
  readonly #bounds: Rectangle;
  readonly #columns: number;
  readonly #flags: Uint8Array;
  #isEmpty = true;

  constructor(width: number, height: number) {
    this.#bounds = { x: 0, y: 0, width, height };
    this.#columns = tilesAcross(width);
    this.#flags = new Uint8Array(tilesOf(width, height));
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Tiles in it. */
  get count(): number {
    return this.#flags.reduce((sum, flag) => sum + flag, 0);
  }

  mark(r: Rectangle): void {
    const tiles = this.#tilesOf(r);
    for (let row = tiles.y; row < tiles.y + tiles.height; row++) {
      const start = row * this.#columns + tiles.x;
      this.#flags.fill(1, start, start + tiles.width);
      this.#isEmpty = false;
    }
  }

  touches(r: Rectangle): boolean {
    if (this.#isEmpty) return false;
    const tiles = this.#tilesOf(r);
    for (let row = tiles.y; row < tiles.y + tiles.height; row++) {
      const start = row * this.#columns + tiles.x;
      if (this.#flags.subarray(start, start + tiles.width).includes(1)) return true;
    }
    return false;
  }

  /** The marked tiles as rectangles of one row of tiles each, from top to bottom, cut at the picture's edge. */
  *runs(): Generator<Rectangle, void> {
    for (let start = 0; start < this.#flags.length; start += this.#columns) {
      const row = this.#flags.subarray(start, start + this.#columns);
      for (let from = row.indexOf(1); from >= 0; ) {
        const zero = row.indexOf(0, from);
        const to = zero < 0 ? this.#columns : zero;
        const y = (start / this.#columns) * TILE;
        const run = { x: from * TILE, y, width: (to - from) * TILE, height: TILE };
        yield intersect(run, this.#bounds);
        from = row.indexOf(1, to);
      }
    }
  }

  /** Around all marked tiles. */
  get box(): Rectangle {
    let box: Rectangle | undefined;
    for (const run of this.runs()) box = box === undefined ? run : boundingBox(box, run);
    return box ?? { x: 0, y: 0, width: 0, height: 0 };
  }

  /** In tiles. */
  #tilesOf(r: Rectangle): Rectangle {
    const inside = intersect(r, this.#bounds);
    if (isEmpty(inside)) return { x: 0, y: 0, width: 0, height: 0 };
    const x = Math.floor(inside.x / TILE);
    const y = Math.floor(inside.y / TILE);
    return {
      x,
      y,
      width: Math.ceil((inside.x + inside.width) / TILE) - x,
      height: Math.ceil((inside.y + inside.height) / TILE) - y,
    };
  }
}
