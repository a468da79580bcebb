/**
 * A picture in the kernels' memory. Counted: an update that is being sent keeps the one with which it began, although the
 * display has another size by now.
 *
 * INVARIANT: while another thread reads a picture, nobody writes to it. Readers come in through read(), and the writer, which
 * is the shadow's refresh(), asks mayWrite() first; nothing is awaited between its asking and its writing. A writer that must
 * wait goes before readers that come later, so that neither waits for ever: readers end by themselves.
 */
import { assertInvariant } from '../core/errors.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { kernelSet } from '../pixels/kernels/kernels.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { PlacedPicture } from './placed-picture.ts';
import { TILE, tilesAcross, tilesOf } from './tile-map.ts';

export class ShadowPicture extends PlacedPicture {
  #users = 1;
  /** Reads under way on other threads. */
  #reads = 0;
  /** What the writer, if there is one, does when they have ended; it does not throw. */
  #write: (() => void) | undefined;
  /** Who waits until it has, and readers that wait. */
  readonly #written: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  /** With the content of a framebuffer; who makes it is its first user. */
  constructor({ width, height, pixels }: Framebuffer) {
    const { memory } = kernelSet();
    const stride = 4 * width;
    const address = memory.allocate(stride * height + tilesOf(width, height));
    super({ width, height, stride, address, solid: address + stride * height });
    memory.words.set(pixels, this.address >>> 2);
    for (let y = 0; y < height; y += TILE)
      this.findSolid({ x: 0, y, width, height: Math.min(TILE, height - y) });
  }

  /** Finds out which tiles are of one value, in a part of one row of them. INVARIANT: called wherever pixels were written. */
  findSolid({ x, y, width, height }: Rectangle): void {
    const flags = this.solid + (y / TILE) * tilesAcross(this.width) + x / TILE;
    this.kernels.kernels.solidSquares(this.addressOf(x, y), this.stride, width, height, flags);
  }

  /** Nothing is known of any tile: for when it may not be as it was found. */
  forgetSolid(): void {
    this.kernels.memory.bytes.fill(0, this.solid, this.solid + tilesOf(this.width, this.height));
  }

  override get framebuffer(): Framebuffer {
    assertInvariant(this.#users > 0, 'a picture that was given back is not read');
    return super.framebuffer;
  }

  /** Counts one more user, who calls release() once. */
  retain(): this {
    assertInvariant(this.#users > 0, 'a picture that was given back is not used again');
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    assertInvariant(this.#users >= 0, 'a picture is given back once by each user');
    if (this.#users === 0) this.kernels.memory.release(this.address);
  }

  /** Lets another thread read it, once nobody waits to write: calls `work` then, in the order in which this was called. */
  read<T>(work: () => Promise<T>): Promise<T> {
    this.retain();
    if (this.#write === undefined) return this.#read(work);
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.#read(work)));
    });
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    this.#reads += 1;
    try {
      return await work();
    } finally {
      this.#reads -= 1;
      if (this.#reads === 0) this.#unread();
      this.release();
    }
  }

  /** Undefined: nobody else reads it now. Else it calls `write`, once, when nobody does, and then settles. */
  mayWrite(write: () => void): Promise<void> | undefined {
    if (this.#reads === 0) return undefined;
    this.#write = write;
    return new Promise((resolve) => {
      this.#written.push(resolve);
    });
  }

  #unread(): void {
    this.#write?.();
    this.#write = undefined;
    for (const resolve of this.#written.splice(0)) resolve();
    for (const read of this.#waiting.splice(0)) read();
  }
}
