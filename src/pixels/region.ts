/**
 * A set of pixels as disjoint rectangles: damage waiting for a viewer. It stays small: past `maxRectangles` it becomes
 * coarser (the union of its two cheapest neighbours), never longer, so damage is merged and never queued.
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
    if (this.#rectangles.some((r) => contains(r, added))) return;
    this.#remove(added);
    this.#rectangles.push(added);
    this.#shorten();
  }

  /** Removes `hole`, but for what has to be covered again where the rest would be more than `maxRectangles`. */
  subtract(hole: Rectangle): void {
    this.#remove(hole);
    this.#shorten();
  }

  #remove(hole: Rectangle): void {
    if (isEmpty(hole)) return;
    this.#rectangles = this.#rectangles.flatMap((r) => without(r, hole));
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

  #shorten(): void {
    while (this.#rectangles.length > this.#max) this.#coarsen();
  }

  /**
   * Merges the pair whose bounding box wastes least, and whatever that box touches: cutting those instead could leave more
   * rectangles than before, for ever. Covers more than before, never less.
   */
  #coarsen(): void {
    const all = this.#rectangles;
    let box: Rectangle | undefined;
    let leastWaste = Number.POSITIVE_INFINITY;
    for (let i = 0; i < all.length; i++) {
      for (let j = i + 1; j < all.length; j++) {
        const candidate = boundingBox(all[i]!, all[j]!);
        const waste = area(candidate) - area(all[i]!) - area(all[j]!);
        if (waste < leastWaste) {
          leastWaste = waste;
          box = candidate;
        }
      }
    }
    if (box === undefined) return;
    let apart: Rectangle[] = all;
    for (;;) {
      const touched = apart.filter((r) => !isEmpty(intersect(r, box!)));
      if (touched.length === 0) break;
      apart = apart.filter((r) => isEmpty(intersect(r, box!)));
      box = touched.reduce(boundingBox, box);
    }
    this.#rectangles = [...apart, box];
  }
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

/** `r` minus `hole`: up to four rectangles, above, below, left and right of it. */
function without(r: Rectangle, hole: Rectangle): Rectangle[] {
  const cut = intersect(r, hole);
  if (isEmpty(cut)) return [r];
  const parts: Rectangle[] = [
    { x: r.x, y: r.y, width: r.width, height: cut.y - r.y },
    { x: r.x, y: cut.y + cut.height, width: r.width, height: r.y + r.height - cut.y - cut.height },
    { x: r.x, y: cut.y, width: cut.x - r.x, height: cut.height },
    {
      x: cut.x + cut.width,
      y: cut.y,
      width: r.x + r.width - cut.x - cut.width,
      height: cut.height,
    },
  ];
  return parts.filter((part) => !isEmpty(part));
}
