/**
 * A picture in memory: 32-bit pixels 0xFFRRGGBB, row-major, no gaps; in memory B G R X. It calls nobody: whoever draws
 * tells its own listeners what changed (Display, client session).
 */
import { assertInvariant } from '../core/errors.ts';
import { describeRectangle, type Rectangle } from '../rfb/rectangle.ts';

/** The byte that nobody looks at, but older noVNC takes for alpha. */
export const OPAQUE = 0xff000000;

// Every kernel here reads pixels as 32-bit words in little-endian order, as all machines that run Node or a browser have it.
assertInvariant(new Uint8Array(Uint32Array.of(1).buffer)[0] === 1, 'little-endian machine');

/** A picture in memory, to draw into and to read from. */
export class Framebuffer {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** One word a pixel, 0xFFRRGGBB. */
  readonly pixels: Uint32Array;

  /** Opaque black unless `pixels` (width * height words, used in place) is given. */
  constructor(width: number, height: number, pixels?: Uint32Array) {
    if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1))
      throw new RangeError(`framebuffer of ${width}x${height}`);
    if (pixels !== undefined && pixels.length !== width * height)
      throw new RangeError(`${pixels.length} pixels for ${width}x${height}`);
    this.width = width;
    this.height = height;
    this.pixels = pixels ?? new Uint32Array(width * height).fill(OPAQUE);
  }

  /** The same memory as bytes: B, G, R, X. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.pixels.buffer, this.pixels.byteOffset, this.pixels.byteLength);
  }

  /** All of it, from 0,0. */
  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** INVARIANT: no kernel writes outside the picture; a rectangle from a peer was checked before it came here. */
  #check(r: Rectangle): void {
    const inside =
      r.x >= 0 &&
      r.y >= 0 &&
      r.width >= 0 &&
      r.height >= 0 &&
      r.x + r.width <= this.width &&
      r.y + r.height <= this.height;
    // The text is made only when it is needed: decoders come here for every few pixels.
    if (!inside)
      assertInvariant(false, `${describeRectangle(r)} inside ${this.width}x${this.height}`);
  }

  /** Index of a pixel in `pixels`. */
  at(x: number, y: number): number {
    return y * this.width + x;
  }

  /** Fills with one colour, 0xRRGGBB. */
  fill(r: Rectangle, colour: number): void {
    this.#check(r);
    const value = (colour | OPAQUE) >>> 0;
    for (let y = r.y; y < r.y + r.height; y++) {
      const start = y * this.width + r.x;
      this.pixels.fill(value, start, start + r.width);
    }
  }

  /** Moves pixels inside the picture; source and target may overlap. */
  move(fromX: number, fromY: number, to: Rectangle): void {
    this.#check(to);
    this.#check({ x: fromX, y: fromY, width: to.width, height: to.height });
    const down = fromY < to.y;
    for (let i = 0; i < to.height; i++) {
      const row = down ? to.height - 1 - i : i;
      const from = (fromY + row) * this.width + fromX;
      this.pixels.copyWithin((to.y + row) * this.width + to.x, from, from + to.width);
    }
  }

  /** Copies a block of `r.width * r.height` words in. */
  put(r: Rectangle, block: Uint32Array): void {
    this.#check(r);
    for (let row = 0; row < r.height; row++) {
      this.pixels.set(
        block.subarray(row * r.width, (row + 1) * r.width),
        (r.y + row) * this.width + r.x,
      );
    }
  }

  /** Copies a rectangle out, into `block` if given (at least width * height words). */
  get(r: Rectangle, block: Uint32Array = new Uint32Array(r.width * r.height)): Uint32Array {
    this.#check(r);
    for (let row = 0; row < r.height; row++) {
      const start = (r.y + row) * this.width + r.x;
      block.set(this.pixels.subarray(start, start + r.width), row * r.width);
    }
    return block;
  }

  /** A picture of another size with what fits of this one at its top left, the rest black: `other`, if one is there. */
  resized(
    width: number,
    height: number,
    other: Framebuffer = new Framebuffer(width, height),
  ): Framebuffer {
    const w = Math.min(width, this.width);
    for (let y = 0; y < Math.min(height, this.height); y++) {
      other.pixels.set(this.pixels.subarray(y * this.width, y * this.width + w), y * width);
    }
    return other;
  }
}
