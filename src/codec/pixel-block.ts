/** Rectangles of pixels as encoders take them: values of the viewer's format in the kernels' memory. */
import { kernelSet } from '../pixels/kernels/kernels.ts';
import type { KernelMemory } from '../pixels/kernels/memory.ts';
import type { PixelBlock } from './codec.ts';

/** Memory that grows to what was last asked for, and is used again and again. */
let scratch: { memory: KernelMemory; address: number; size: number } | undefined;

/** A block of `width * height` values, copied in. Valid until the next call of this or of `emptyBlock`. */
export function blockOf(width: number, height: number, values: Uint32Array): PixelBlock {
  if (values.length !== width * height)
    throw new RangeError(`${values.length} values for ${width}x${height}`);
  const block = emptyBlock(width, height);
  kernelSet().memory.words.set(values, block.address >>> 2);
  return block;
}

/** A block to be filled in, whose values are stale and stand without gaps. Valid as long as one of `blockOf`. */
export function emptyBlock(width: number, height: number): PixelBlock {
  const { memory } = kernelSet();
  const size = 4 * width * height;
  // This thread may work with another set of kernels by now.
  if (scratch?.memory !== memory) scratch = undefined;
  if (scratch === undefined || scratch.size < size) {
    if (scratch !== undefined) memory.release(scratch.address);
    scratch = { memory, address: memory.allocate(size), size };
  }
  return { width, height, address: scratch.address, stride: 4 * width };
}

/** All values of a block, row-major without gaps: a view where they stand so, else a copy. */
export function blockValues({ width, height, address, stride }: PixelBlock): Uint32Array {
  const { words } = kernelSet().memory;
  const start = address >>> 2;
  if (stride === 4 * width) return words.subarray(start, start + width * height);
  const values = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = (address + y * stride) >>> 2;
    values.set(words.subarray(row, row + width), y * width);
  }
  return values;
}

/**
 * Cuts a block into squares of 64 columns and writes a byte for each at `flags`: 1 when it is of one value, else 0. Returns how
 * many are. Pixels are read only where it is not known beforehand.
 */
export function solidSquaresOf(
  { width, height, address, stride, solid }: PixelBlock,
  flags: number,
): number {
  const { kernels } = kernelSet();
  if (solid === undefined) return kernels.solidSquares(address, stride, width, height, flags);
  const { address: tiles, columns, x, y } = solid;
  return kernels.solidSquaresIn(address, stride, width, height, flags, tiles, columns, x, y);
}

/** What is known of a part of a block that begins so far into it. */
export const solidIn = ({ solid }: PixelBlock, x: number, y: number): Pick<PixelBlock, 'solid'> =>
  solid === undefined ? {} : { solid: { ...solid, x: solid.x + x, y: solid.y + y } };
