/** Comparing pictures; the twin of ../assembly/compare.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

export function compareKernels(memory: KernelMemory): Pick<Kernels, 'differ'> {
  return {
    differ: (a, aStride, b, bStride, width, height) => {
      const { words } = memory;
      for (let y = 0; y < height; y++) {
        const left = (a + y * aStride) >>> 2;
        const right = (b + y * bStride) >>> 2;
        for (let x = 0; x < width; x++) if (words[left + x] !== words[right + x]) return 1;
      }
      return 0;
    },
  };
}
