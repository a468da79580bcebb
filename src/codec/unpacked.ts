/**
 * Where decoders unpack pixels with kernels (pixels/kernels/), before they go to their place in a framebuffer. A framebuffer
 * lies in ordinary memory, because browsers draw from no other; rows are copied there at some ten gigabytes a second.
 */
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { kernelSet, type KernelSet } from '../pixels/kernels/kernels.ts';
import type { Rectangle } from '../rfb/rectangle.ts';

/** Shared by all decoders: decoding is synchronous. Grows to what was asked for. */
let place: { readonly set: KernelSet; readonly address: number; readonly size: number } | undefined;

/** A place of so many bytes in the memory of the kernels, with anything in it. Valid until the next call. */
export function unpackingPlace(size: number): number {
  const set = kernelSet();
  if (place?.set !== set || place.size < size) {
    if (place?.set === set) set.memory.release(place.address);
    place = { set, address: set.memory.allocate(size), size };
  }
  return place.address;
}

/** Copies a rectangle's pixels, rows `stride` bytes apart, from the memory of the kernels to their place in `target`. */
export function placePixels(
  address: number,
  stride: number,
  r: Rectangle,
  target: Framebuffer,
): void {
  const { words } = kernelSet().memory;
  const { pixels } = target;
  for (let y = 0; y < r.height; y++) {
    const from = (address + y * stride) >>> 2;
    pixels.set(words.subarray(from, from + r.width), target.at(r.x, r.y + y));
  }
}
