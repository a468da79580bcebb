/**
 * How hard to compress for a viewer that leaves it open: as its line needs, as far as encoding leaves time for a smooth
 * picture. Viewers that name a compression level get that one.
 */

/** Up to so many bytes a millisecond, this level pays: fewer bytes save more time than finding them takes. */
const LINES: readonly (readonly [bytesPerMs: number, level: number])[] = [
  [125 * 2, 6], // 2 Mbit/s
  [125 * 20, 4],
  [125 * 400, 2],
];
const FASTEST = 1;
const USUAL = 2;
/** A line is taken for another kind when it is so much faster or slower than where the kinds meet. */
const MARGIN = 1.3;
/** More than this spent on encoding an update makes the picture stutter. */
const BUSY_MS = 12;
const IDLE_MS = 4;

export class LevelChoice {
  #level = USUAL;
  #encodeMs = 0;
  #isBusy = false;

  /** An update took so long to encode. */
  encoded(ms: number): void {
    this.#encodeMs += (ms - this.#encodeMs) / 8;
    if (this.#encodeMs > BUSY_MS) this.#isBusy = true;
    else if (this.#encodeMs < IDLE_MS) this.#isBusy = false;
  }

  /** For a line of which so much is known: 0, nothing. */
  level(bytesPerMs: number): number {
    if (bytesPerMs > 0) {
      const up = levelFor(bytesPerMs * MARGIN);
      const down = levelFor(bytesPerMs / MARGIN);
      if (this.#level < up) this.#level = up;
      else if (this.#level > down) this.#level = down;
    }
    return this.#isBusy ? Math.min(this.#level, FASTEST) : this.#level;
  }
}

const levelFor = (bytesPerMs: number): number =>
  LINES.find(([most]) => bytesPerMs <= most)?.[1] ?? FASTEST;
