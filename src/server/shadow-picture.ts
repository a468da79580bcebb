/**
 * A picture in the kernels' memory. Counted: an update that is being sent keeps the one with which it began, although the
 * display has another size by now.
 */
import { assertInvariant } from '../core/errors.ts';
import { Framebuffer } from '../pixels/framebuffer.ts';
import { kernelSet, type KernelSet } from '../pixels/kernels/kernels.ts';
import type { Rectangle } from '../rfb/rectangle.ts';

export class ShadowPicture {
  readonly width: number;
  readonly height: number;
  /** Of the first pixel, in bytes. */
  readonly address: number;
  /** Bytes from a row to the next. */
  readonly stride: number;
  readonly kernels: KernelSet;
  #users = 1;
  #framebuffer: Framebuffer | undefined;

  /** With the content of a framebuffer; who makes it is its first user. */
  constructor({ width, height, pixels }: Framebuffer) {
    this.width = width;
    this.height = height;
    this.stride = 4 * width;
    this.kernels = kernelSet();
    this.address = this.kernels.memory.allocate(this.stride * height);
    this.kernels.memory.words.set(pixels, this.address >>> 2);
  }

  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  addressOf(x: number, y: number): number {
    return this.address + y * this.stride + 4 * x;
  }

  /** The same pixels, to be read now and not kept: where memory is not shared, its growing ends this view. */
  get framebuffer(): Framebuffer {
    assertInvariant(this.#users > 0, 'a picture that was given back is not read');
    const { words } = this.kernels.memory;
    if (this.#framebuffer?.pixels.buffer !== words.buffer) {
      const start = this.address >>> 2;
      const pixels = words.subarray(start, start + this.width * this.height);
      this.#framebuffer = new Framebuffer(this.width, this.height, pixels);
    }
    return this.#framebuffer;
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
}
