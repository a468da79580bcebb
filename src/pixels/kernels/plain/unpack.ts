/** From the bytes of an encoding to pixels 0xFFRRGGBB; the twin of ../assembly/unpack.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const OPAQUE = 0xff000000;

export function unpackKernels(
  memory: KernelMemory,
): Pick<Kernels, 'unpackPixels' | 'unpackIndexes' | 'unpackGradient'> {
  return {
    unpackPixels: (source, target, stride, width, height, order) => {
      const { bytes, words } = memory;
      for (let y = 0; y < height; y++) {
        const to = (target + y * stride) >>> 2;
        for (let x = 0; x < width; x++, source += 3) words[to + x] = pixelAt(bytes, source, order);
      }
    },

    unpackIndexes: (source, target, stride, width, height, bits, palette, colours) => {
      const { bytes, words } = memory;
      const rowBytes = (width * bits + 7) >>> 3;
      const mask = (1 << bits) - 1;
      for (let y = 0; y < height; y++) {
        const to = (target + y * stride) >>> 2;
        for (let x = 0; x < width; x++) {
          const at = x * bits;
          const byte = bytes[source + (at >>> 3)]!;
          const index = (byte >>> (8 - bits - (at & 7))) & mask;
          if (index >= colours) return 0;
          words[to + x] = words[(palette >>> 2) + index]!;
        }
        source += rowBytes;
      }
      return 1;
    },

    unpackGradient: (source, target, stride, width, height) => {
      const { bytes } = memory;
      for (let y = 0; y < height; y++) {
        const row = target + y * stride;
        for (let channel = 0; channel < 3; channel++) {
          let left = 0;
          let upLeft = 0;
          for (let x = 0; x < width; x++) {
            const at = row + 4 * x + channel;
            const up = bytes[at - stride]!;
            const expected = Math.max(0, Math.min(255, left + up - upLeft));
            // Red comes first, and stands last in a pixel.
            left = (expected + bytes[source + 3 * x + 2 - channel]!) & 255;
            upLeft = up;
            bytes[at] = left;
          }
        }
        for (let x = 0; x < width; x++) bytes[row + 4 * x + 3] = 255;
        source += 3 * width;
      }
    },
  };
}

/** One pixel of three bytes; `order` has the places of blue, green and red, a byte each. */
export const pixelAt = (bytes: Uint8Array, source: number, order: number): number =>
  (OPAQUE |
    (bytes[source + ((order >>> 16) & 255)]! << 16) |
    (bytes[source + ((order >>> 8) & 255)]! << 8) |
    bytes[source + (order & 255)]!) >>>
  0;
