/** A picture that stands in the kernels' memory, to be read by encoders, in whatever thread. */
import { Framebuffer } from '../pixels/framebuffer.ts';
import { kernelSet, type KernelSet } from '../pixels/kernels/kernels.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { PicturePlace } from './encode-pool.ts';
import { tilesOf } from './tile-map.ts';

export class PlacedPicture implements PicturePlace {
  readonly width: number;
  readonly height: number;
  readonly address: number;
  readonly stride: number;
  readonly solid: number;
  readonly kernels: KernelSet;
  #framebuffer: Framebuffer | undefined;

  constructor({ width, height, address, stride, solid }: PicturePlace) {
    this.width = width;
    this.height = height;
    this.address = address;
    this.stride = stride;
    this.solid = solid;
    this.kernels = kernelSet();
    this.kernels.memory.reach(Math.max(address + height * stride, solid + tilesOf(width, height)));
  }

  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** Just where it stands, for another thread. */
  get place(): PicturePlace {
    const { width, height, address, stride, solid } = this;
    return { width, height, address, stride, solid };
  }

  addressOf(x: number, y: number): number {
    return this.address + y * this.stride + 4 * x;
  }

  /** The same pixels, to be read now and not kept: where memory is not shared, its growing ends this view. */
  get framebuffer(): Framebuffer {
    const { words } = this.kernels.memory;
    if (this.#framebuffer?.pixels.buffer !== words.buffer) {
      const start = this.address >>> 2;
      const pixels = words.subarray(start, start + this.width * this.height);
      this.#framebuffer = new Framebuffer(this.width, this.height, pixels);
    }
    return this.#framebuffer;
  }
}
