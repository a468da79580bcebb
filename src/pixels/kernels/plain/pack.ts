/** From values to bytes and between formats of values; the twin of ../assembly/pack.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

export function packKernels(
  memory: KernelMemory,
): Pick<Kernels, 'packPixels' | 'moveChannels' | 'translatePixels'> {
  return {
    packPixels: (pixels, stride, width, height, target, size, ...shifts) => {
      const { words, bytes } = memory;
      let at = target;
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = row; x < row + width; x++) {
          for (let i = 0; i < size; i++) bytes[at++] = words[x]! >>> shifts[i]!;
        }
      }
    },
    moveChannels: (
      pixels,
      stride,
      width,
      height,
      target,
      targetStride,
      redShift,
      greenShift,
      blueShift,
      filler,
    ) => {
      const { words } = memory;
      for (let y = 0; y < height; y++) {
        const from = (pixels + y * stride) >>> 2;
        const to = (target + y * targetStride) >>> 2;
        for (let x = 0; x < width; x++) {
          const value = words[from + x]!;
          const red = ((value >>> 16) & 255) << redShift;
          const green = ((value >>> 8) & 255) << greenShift;
          words[to + x] = red | green | ((value & 255) << blueShift) | filler;
        }
      }
    },
    translatePixels: (pixels, stride, width, height, target, targetStride, tables) => {
      const { words } = memory;
      const [red, green, blue] = [0, 256, 512].map((i) => (tables >>> 2) + i) as [
        number,
        number,
        number,
      ];
      for (let y = 0; y < height; y++) {
        const from = (pixels + y * stride) >>> 2;
        const to = (target + y * targetStride) >>> 2;
        for (let x = 0; x < width; x++) {
          const value = words[from + x]!;
          words[to + x] =
            words[red + ((value >>> 16) & 255)]! |
            words[green + ((value >>> 8) & 255)]! |
            words[blue + (value & 255)]!;
        }
      }
    },
  };
}
