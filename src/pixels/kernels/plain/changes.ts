/** What of a picture changed, and taking it over; the twin of ../assembly/changes.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const TILE = 64;
const CELL = 32;

type ChangeKernels = Pick<Kernels, 'changedTiles' | 'takeChanges' | 'equalCells' | 'moveBlock'>;

export function changeKernels(memory: KernelMemory): ChangeKernels {
  /** Whether `count` pixels are the same at two addresses. */
  const same = (a: number, b: number, count: number): boolean => {
    const { words } = memory;
    const left = a >>> 2;
    const right = b >>> 2;
    for (let i = 0; i < count; i++) if (words[left + i] !== words[right + i]) return false;
    return true;
  };

  return {
    changedTiles: (a, aStride, b, bStride, width, height, flags) => {
      let count = 0;
      for (let x = 0, column = flags; x < width; x += TILE, column++) {
        const across = Math.min(TILE, width - x);
        let y = 0;
        while (y < height && same(a + y * aStride + 4 * x, b + y * bStride + 4 * x, across)) y++;
        memory.bytes[column] = y < height ? 1 : 0;
        if (y < height) count++;
      }
      return count;
    },

    takeChanges: (a, aStride, b, bStride, width, height, box) => {
      const { words } = memory;
      let [left, top, right, bottom] = [width, height, 0, 0];
      for (let y = 0; y < height; y++) {
        const from = (a + y * aStride) >>> 2;
        const to = (b + y * bStride) >>> 2;
        for (let x = 0; x < width; x++) {
          if (words[from + x] === words[to + x]) continue;
          left = Math.min(left, x);
          right = Math.max(right, x + 1);
          top = Math.min(top, y);
          bottom = y + 1;
        }
      }
      if (bottom === 0) return 0;
      for (let y = top; y < bottom; y++) {
        const from = (a + y * aStride) >>> 2;
        words.copyWithin(((b + y * bStride) >>> 2) + left, from + left, from + right);
      }
      words.set([left, top, right - left, bottom - top], box >>> 2);
      return 1;
    },

    equalCells: (a, aStride, b, bStride, width, height, cells, cellsStride) => {
      for (let y = 0; y < height; y++) {
        for (let x = 0, cell = cells + y * cellsStride; x < width; x += CELL, cell++) {
          const across = Math.min(CELL, width - x);
          const isSame = same(a + y * aStride + 4 * x, b + y * bStride + 4 * x, across);
          memory.bytes[cell] = isSame ? 1 : 0;
        }
      }
    },

    moveBlock: (from, to, stride, width, height) => {
      const { words } = memory;
      for (let i = 0; i < height; i++) {
        // From the end that is not overwritten before it is read.
        const y = from >= to ? i : height - 1 - i;
        const start = (from + y * stride) >>> 2;
        words.copyWithin((to + y * stride) >>> 2, start, start + width);
      }
    },
  };
}
