/**
 * A set of pixels as disjoint rectangles: damage waiting for a viewer. It stays small: past `maxRectangles` it becomes
 * coarser (neighbours become one), never longer, so damage is merged and never queued. Not in bands as in X11: hundreds of
 * rectangles that begin in rows of their own, as changes in tiles do, would be cut into thousands.
 */
import { area, contains, intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';

const DEFAULT_MAX_RECTANGLES = 32;

export class Region {
  #rectangles: Rectangle[] = [];
  readonly #max: number;

  constructor(maxRectangles: number = DEFAULT_MAX_RECTANGLES) {
    this.#max = maxRectangles;
  }

  get isEmpty(): boolean {
    return this.#rectangles.length === 0;
  }

  /** Disjoint, in no order. */
  get rectangles(): readonly Rectangle[] {
    return this.#rectangles;
  }

  /** Pixels in it. */
  get area(): number {
    return this.#rectangles.reduce((sum, r) => sum + area(r), 0);
  }

  add(added: Rectangle): void {
    if (isEmpty(added)) return;
    for (const r of this.#rectangles) if (contains(r, added)) return;
    this.#remove(added);
    this.#push(added);
    this.#shorten();
  }

  /** Joined with those beside it that it makes a rectangle with: a picture in bands stays one, and nothing becomes coarser. */
  #push(added: Rectangle): void {
    const all = this.#rectangles;
    let joined = added;
    for (let i = all.length - 1; i >= 0; i--) {
      if (!makeOne(all[i]!, joined)) continue;
      joined = boundingBox(all[i]!, joined);
      all.splice(i, 1);
      i = all.length;
    }
    all.push(joined);
  }

  /** Removes `hole`, but for what has to be covered again where the rest would be more than `maxRectangles`. */
  subtract(hole: Rectangle): void {
    this.#remove(hole);
    this.#shorten();
  }

  #remove(hole: Rectangle): void {
    // Most of what is added touches nothing: that must be cheap, hundreds of times in a frame.
    if (!this.intersects(hole)) return;
    const left: Rectangle[] = [];
    for (const r of this.#rectangles) {
      if (overlap(r, hole)) addWithout(left, r, hole);
      else left.push(r);
    }
    this.#rectangles = left;
  }

  /** Whether any of it is inside `bounds`. */
  intersects(bounds: Rectangle): boolean {
    if (isEmpty(bounds)) return false;
    for (const r of this.#rectangles) if (overlap(r, bounds)) return true;
    return false;
  }

  /** The part of it inside `bounds`. */
  intersected(bounds: Rectangle): Rectangle[] {
    const inside: Rectangle[] = [];
    for (const r of this.#rectangles) {
      const shared = intersect(r, bounds);
      if (!isEmpty(shared)) inside.push(shared);
    }
    return inside;
  }

  /** Removes and returns the part inside `bounds`. */
  take(bounds: Rectangle): Rectangle[] {
    const taken = this.intersected(bounds);
    this.subtract(bounds);
    return taken;
  }

  clear(): void {
    this.#rectangles = [];
  }

  /**
   * Covers more than before, never less. Down to three quarters of what there may be, so that the next ones that are added
   * cost nothing.
   */
  #shorten(): void {
    if (this.#rectangles.length <= this.#max) return;
    const target = this.#max - Math.floor(this.#max / 4);
    this.#rectangles.sort(inReadingOrder);
    while (this.#rectangles.length > target) this.#coarsen();
  }

  /**
   * Merges, of those that follow each other in reading order, the two whose bounding box wastes least, and whatever that box
   * touches: cutting those instead could leave more rectangles than before, for ever.
   */
  #coarsen(): void {
    const all = this.#rectangles;
    let best = 0;
    let leastWaste = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < all.length; i++) {
      const waste = wasteOf(all[i]!, all[i + 1]!);
      if (waste >= leastWaste) continue;
      leastWaste = waste;
      best = i;
    }
    let box = boundingBox(all[best]!, all[best + 1]!);
    all.splice(best, 2);
    for (let i = 0; i < all.length; ) {
      if (!overlap(all[i]!, box)) {
        i += 1;
        continue;
      }
      box = boundingBox(box, all[i]!);
      all.splice(i, 1);
      // The larger box may touch what the smaller one did not.
      i = 0;
    }
    const next = all.findIndex((r) => inReadingOrder(box, r) < 0);
    all.splice(next < 0 ? all.length : next, 0, box);
  }
}

/** Lines as high as the tiles in which changes are found. */
const LINE = 64;

/** From line to line, from left to right. */
const inReadingOrder = (a: Rectangle, b: Rectangle): number =>
  Math.floor(a.y / LINE) - Math.floor(b.y / LINE) || a.x - b.x || a.y - b.y;

/** Neither is empty. */
const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Whether two that do not overlap are side by side, or one above the other, and as long as each other. */
const makeOne = (a: Rectangle, b: Rectangle): boolean =>
  a.x === b.x && a.width === b.width
    ? a.y + a.height === b.y || b.y + b.height === a.y
    : a.y === b.y && a.height === b.height && (a.x + a.width === b.x || b.x + b.width === a.x);

function wasteOf(a: Rectangle, b: Rectangle): number {
  const width = Math.max(a.x + a.width, b.x + b.width) - Math.min(a.x, b.x);
  const height = Math.max(a.y + a.height, b.y + b.height) - Math.min(a.y, b.y);
  return width * height - a.width * a.height - b.width * b.height;
}

/** The smallest rectangle around both. */
export function boundingBox(a: Rectangle, b: Rectangle): Rectangle {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** Adds `r` minus `hole` to a list: up to four rectangles, above, below, left and right of it. They overlap. */
function addWithout(list: Rectangle[], r: Rectangle, hole: Rectangle): void {
  const { x, y, width, height } = r;
  const cut = intersect(r, hole);
  const below = cut.y + cut.height;
  const right = cut.x + cut.width;
  if (cut.y > y) list.push({ x, y, width, height: cut.y - y });
  if (below < y + height) list.push({ x, y: below, width, height: y + height - below });
  if (cut.x > x) list.push({ x, y: cut.y, width: cut.x - x, height: cut.height });
  if (right < x + width)
    list.push({ x: right, y: cut.y, width: x + width - right, height: cut.height });
}
