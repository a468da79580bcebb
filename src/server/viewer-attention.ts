/**
 * Where a viewer's eyes are: what changes soon after it pressed a key or moved the pointer is its own echo, and goes out in
 * front of whatever else is on its way.
 */
import type { Region } from '../pixels/region.ts';
import { area, type Rectangle } from '../rfb/rectangle.ts';

/** An echo comes this soon, milliseconds. */
const ECHO_MS = 250;
/** And is this small: a line of text, a menu, a button. */
const MAX_PIXELS = 64 * 1024;

export class ViewerAttention {
  #inputAt = Number.NEGATIVE_INFINITY;
  #pointer: { readonly x: number; readonly y: number } | undefined;

  /** A key or a pointer event; `pointer`: where it points, if that is known. */
  input(now: number, pointer?: { readonly x: number; readonly y: number }): void {
    this.#inputAt = now;
    if (pointer !== undefined) this.#pointer = pointer;
  }

  /** Echoes may come. */
  isFresh(now: number): boolean {
    return now - this.#inputAt <= ECHO_MS;
  }

  /** What of the damage may be an echo: its small rectangles, while one may come, nearest to the pointer first. */
  echoes(damage: Region, wanted: readonly Rectangle[], now: number): Rectangle[] {
    if (!this.isFresh(now)) return [];
    let pixels = 0;
    return this.nearestFirst(wanted.flatMap((r) => damage.intersected(r))).filter((r) => {
      pixels += area(r);
      return pixels <= MAX_PIXELS;
    });
  }

  /** Small rectangles in front of large ones, and among the small ones those near to the pointer. */
  nearestFirst<R extends Rectangle>(rectangles: readonly R[]): R[] {
    const rank = new Map(rectangles.map((r) => [r, this.#rank(r)]));
    return Array.from(rectangles).sort((a, b) => rank.get(a)! - rank.get(b)!);
  }

  #rank(r: Rectangle): number {
    if (area(r) > MAX_PIXELS) return Number.MAX_SAFE_INTEGER;
    if (this.#pointer === undefined) return area(r);
    const { x, y } = this.#pointer;
    const away = (at: number, from: number, length: number): number =>
      Math.max(0, from - at, at - (from + length));
    return away(x, r.x, r.width) + away(y, r.y, r.height);
  }
}
