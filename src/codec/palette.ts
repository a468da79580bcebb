/** Collects the distinct pixel values of a tile or rectangle, for ZRLE and Tight. One is kept and used again and again. */

const MAX_COLOURS = 256;
// Four times the colours, so that probes are short.
const SLOT_BITS = 10;
const SLOTS = 1 << SLOT_BITS;
const GOLDEN = 0x9e3779b1;

export class Palette {
  /** The values found, in order of appearance; `count` of them are valid. */
  readonly colours: Uint32Array = new Uint32Array(MAX_COLOURS);
  #count = 0;
  #limit = MAX_COLOURS;
  readonly #keys = new Uint32Array(SLOTS);
  /** Index + 1 of the key in `colours`; 0 is a free slot. */
  readonly #indexes = new Uint16Array(SLOTS);
  readonly #usedSlots = new Uint16Array(MAX_COLOURS);

  get count(): number {
    return this.#count;
  }

  /** Starts again, for at most `limit` (up to 256) colours. */
  clear(limit: number): void {
    for (let i = 0; i < this.#count; i++) this.#indexes[this.#usedSlots[i]!] = 0;
    this.#count = 0;
    this.#limit = Math.min(limit, MAX_COLOURS);
  }

  /** Index of a value, which is added when it is new; -1 when there is no room for it. */
  add(value: number): number {
    let slot = Math.imul(value, GOLDEN) >>> (32 - SLOT_BITS);
    for (;;) {
      const index = this.#indexes[slot]!;
      if (index === 0) break;
      if (this.#keys[slot] === value) return index - 1;
      slot = (slot + 1) & (SLOTS - 1);
    }
    if (this.#count >= this.#limit) return -1;
    this.#keys[slot] = value;
    this.#usedSlots[this.#count] = slot;
    this.colours[this.#count] = value;
    this.#count++;
    this.#indexes[slot] = this.#count;
    return this.#count - 1;
  }

  /** What was found, as a view. */
  found(): Uint32Array {
    return this.colours.subarray(0, this.#count);
  }
}
