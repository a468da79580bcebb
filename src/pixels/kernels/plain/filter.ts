/** Predictions of bytes from their neighbours; the twin of ../assembly/filter.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

export function filterKernels(memory: KernelMemory): Pick<Kernels, 'filterGradient'> {
  return {
    filterGradient: (source, rowBytes, height, target) => {
      const { bytes } = memory;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < rowBytes; x++) {
          const i = source + y * rowBytes + x;
          const left = x < 3 ? 0 : bytes[i - 3]!;
          const above = y < 1 ? 0 : bytes[i - rowBytes]!;
          const aboveLeft = x < 3 || y < 1 ? 0 : bytes[i - rowBytes - 3]!;
          const guess = Math.min(255, Math.max(0, left + above - aboveLeft));
          bytes[target + y * rowBytes + x] = bytes[i]! - guess;
        }
      }
    },
  };
}
