/** The same random block in the memories of both twins, for tests of kernels that look at pixels. */
import type { KernelSet } from '../../../src/pixels/kernels/kernels.ts';
import { randomPicture, type Random, type Twins } from './twins.ts';

export const MAX_SIDE = 80;

export interface TwinBlock {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  /** Row after row, `stride / 4` apart. */
  readonly values: Uint32Array;
}

/** What a test works with: a place for a block and one for what a kernel writes, in each twin. */
export interface Workplace {
  readonly set: KernelSet;
  readonly pixels: number;
  readonly target: number;
}

export const TARGET_BYTES: number = 8 * MAX_SIDE * MAX_SIDE;

export function workplaces(twins: Twins): readonly Workplace[] {
  return twins.both.map((set) => ({
    set,
    pixels: set.memory.allocate(4 * MAX_SIDE * MAX_SIDE),
    target: set.memory.allocate(TARGET_BYTES),
  }));
}

/** Puts a random block, mostly a small one, into every workplace, whose targets it fills with rubbish. */
export function placeBlock(random: Random, places: readonly Workplace[]): TwinBlock {
  const most = random.chance(2) ? MAX_SIDE - 8 : random.chance(30) ? 24 : 10;
  const [width, height] = [
    random.between(1, most),
    random.between(1, random.chance(50) ? 4 : most),
  ];
  const columns = width + random.between(0, 8);
  const values = randomPicture(random, columns, height);
  for (const { set, pixels, target } of places) {
    set.memory.words.set(values, pixels >>> 2);
    set.memory.bytes.fill(0xa5, target, target + 8 * (columns + 4) * height + 64);
  }
  return { width, height, stride: 4 * columns, values };
}
