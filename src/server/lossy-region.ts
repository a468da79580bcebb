/**
 * Where one viewer was sent less than the exact picture. What then keeps still is sent again without loss: soon enough that
 * nobody reads blurred text, late enough that a film is not sent twice.
 */
import { Region } from '../pixels/region.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { sourceOf, type Move } from './move.ts';

/** What was not sent again for one to two times this keeps still. */
const CALM_MS = 300;
/** So much is made exact at a time, so that something new never waits long behind it. */
const MAX_PIXELS = 128 * 1024;
/** Rows of the pieces that is cut into. */
const ROWS = 64;

export class LossyRegion {
  /** Sent with loss in this span of time, in the one before it, and earlier: that keeps still. */
  #recent = new Region();
  #old = new Region();
  readonly #calm = new Region();
  #spanEndsAt = 0;

  get #all(): readonly Region[] {
    return [this.#recent, this.#old, this.#calm];
  }

  get isEmpty(): boolean {
    return this.#recent.isEmpty && this.#old.isEmpty && this.#calm.isEmpty;
  }

  /** These were sent; `lossy` are those parts of them that are not exact. */
  sent(sent: Rectangle, lossy: readonly Rectangle[], now: number): void {
    if (lossy.length === 0 && this.isEmpty) return;
    this.#pass(now);
    this.#recent.subtract(sent);
    this.#old.subtract(sent);
    this.#calm.subtract(sent);
    for (const r of lossy) this.#recent.add(r);
  }

  /** These are not exact, and keep still already. */
  calm(r: Rectangle): void {
    this.#recent.subtract(r);
    this.#old.subtract(r);
    this.#calm.add(r);
  }

  /** The viewer moved something, blurred or not. */
  moved(move: Move, now: number): void {
    if (this.isEmpty) return;
    this.#pass(now);
    const { x, y } = sourceOf(move);
    const blurred = this.#all.flatMap((region) => region.intersected(sourceOf(move)));
    for (const r of blurred)
      this.#recent.add({ ...r, x: r.x - x + move.to.x, y: r.y - y + move.to.y });
  }

  /** Milliseconds until something may be calm where the viewer wants to know of changes; undefined: never. */
  dueInMs(wanted: readonly Rectangle[], now: number): number | undefined {
    if (this.isDue(wanted, now)) return 0;
    if (this.#recent.isEmpty && this.#old.isEmpty) return undefined;
    return Math.max(0, this.#spanEndsAt - now);
  }

  /** What is to be sent exactly now, inside one of `wanted`. It is taken out. */
  take(wanted: readonly Rectangle[], now: number): Rectangle[] {
    this.#pass(now);
    const taken: Rectangle[] = [];
    let pixels = 0;
    for (const r of wanted.flatMap((each) => this.#calm.intersected(each))) {
      for (let y = r.y; y < r.y + r.height && pixels < MAX_PIXELS; y += ROWS) {
        const piece = { ...r, y, height: Math.min(ROWS, r.y + r.height - y) };
        taken.push(piece);
        pixels += piece.width * piece.height;
      }
    }
    for (const piece of taken) this.#calm.subtract(piece);
    return taken;
  }

  /** What was taken out was not sent after all. */
  putBack(r: Rectangle): void {
    this.#old.add(r);
  }

  /** Whether something calm is where the viewer wants to know of changes. */
  isDue(wanted: readonly Rectangle[], now: number): boolean {
    if (this.isEmpty) return false;
    this.#pass(now);
    return wanted.some((r) => this.#calm.intersects(r));
  }

  /** The viewer has another picture, all of which it will be sent. */
  clear(): void {
    for (const region of this.#all) region.clear();
  }

  /** At the end of a span what was recent is old, and what was old is calm. */
  #pass(now: number): void {
    if (now < this.#spanEndsAt) return;
    const spans = now - this.#spanEndsAt < CALM_MS ? 1 : 2;
    this.#spanEndsAt = now + CALM_MS;
    for (let i = 0; i < spans; i++) {
      for (const r of this.#old.rectangles) this.#calm.add(r);
      this.#old.clear();
      [this.#old, this.#recent] = [this.#recent, this.#old];
    }
  }
}
