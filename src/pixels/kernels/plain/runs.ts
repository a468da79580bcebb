/** Runs of equal values, and indexes as bits; the twin of ../assembly/runs.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

type RunKernels = Pick<
  Kernels,
  'indexRunBytes' | 'writeIndexRuns' | 'packIndexes' | 'pixelRunBytes' | 'writePixelRuns'
>;

export function runKernels(memory: KernelMemory): RunKernels {
  /** Calls `run` for each run of a block's pixels in row order. */
  const eachPixelRun = (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    run: (value: number, length: number) => void,
  ): void => {
    const { words } = memory;
    const at = (i: number): number =>
      words[(pixels + Math.floor(i / width) * stride) / 4 + (i % width)]!;
    for (let start = 0; start < width * height; ) {
      let end = start + 1;
      while (end < width * height && at(end) === at(start)) end++;
      run(at(start), end - start);
      start = end;
    }
  };

  const eachIndexRun = (
    indexes: number,
    count: number,
    run: (index: number, length: number) => void,
  ): void => {
    const { bytes } = memory;
    for (let start = indexes; start < indexes + count; ) {
      let end = start + 1;
      while (end < indexes + count && bytes[end] === bytes[start]) end++;
      run(bytes[start]!, end - start);
      start = end;
    }
  };

  /** A run's length less 1: as many 255 as go into it, and the rest. Returns where it ends. */
  const writeLength = (length: number, target: number): number => {
    let at = target;
    let left = length - 1;
    for (; left >= 255; left -= 255) memory.bytes[at++] = 255;
    memory.bytes[at++] = left;
    return at;
  };

  return {
    indexRunBytes: (indexes, count) => {
      let bytes = 0;
      eachIndexRun(indexes, count, (_, length) => {
        bytes += length === 1 ? 1 : 2 + Math.floor((length - 1) / 255);
      });
      return bytes;
    },

    writeIndexRuns: (indexes, count, target) => {
      let at = target;
      eachIndexRun(indexes, count, (index, length) => {
        memory.bytes[at++] = length === 1 ? index : 128 | index;
        if (length > 1) at = writeLength(length, at);
      });
      return at - target;
    },

    packIndexes: (indexes, width, height, bits, target) => {
      const { bytes } = memory;
      let at = target;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; at++) {
          bytes[at] = 0;
          for (let shift = 8 - bits; shift >= 0 && x < width; shift -= bits, x++)
            bytes[at]! |= bytes[indexes + y * width + x]! << shift;
        }
      }
      return at - target;
    },

    pixelRunBytes: (pixels, stride, width, height, size) => {
      let bytes = 0;
      eachPixelRun(pixels, stride, width, height, (_, length) => {
        bytes += size + 1 + Math.floor((length - 1) / 255);
      });
      return bytes;
    },

    writePixelRuns: (pixels, stride, width, height, target, size, ...shifts) => {
      let at = target;
      eachPixelRun(pixels, stride, width, height, (value, length) => {
        for (const shift of shifts.slice(0, size)) memory.bytes[at++] = value >>> shift;
        at = writeLength(length, at);
      });
      return at - target;
    },
  };
}
