/** PNG's rows and their filters; the twin of ../assembly/png.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const NONE = 0;
const PAETH = 4;
/** Bytes of the pixels that filterRows knows. */
const PIXEL = 3;

/** Which of the three is nearest to left + above - above left; the first of them if several are. */
function paeth(left: number, above: number, aboveLeft: number): number {
  const toLeft = Math.abs(above - aboveLeft);
  const toAbove = Math.abs(left - aboveLeft);
  const toCorner = Math.abs(left + above - 2 * aboveLeft);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : aboveLeft;
}

/** What each filter expects of a byte, by its number. */
const expectations: readonly ((left: number, above: number, aboveLeft: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, above) => above,
  (left, above) => (left + above) >>> 1,
  paeth,
];

export const pngKernels = (memory: KernelMemory): Pick<Kernels, 'filterRows' | 'unfilterRows'> => ({
  filterRows: (source, rowBytes, height, filter, target) => {
    const { bytes } = memory;
    for (let y = 0; y < height; y++) {
      const from = source + y * rowBytes;
      const to = target + y * (rowBytes + 1) + 1;
      bytes[to - 1] = filter;
      for (let i = 0; i < rowBytes; i++) {
        const left = i < PIXEL ? 0 : bytes[from + i - PIXEL]!;
        const above = y === 0 ? 0 : bytes[from + i - rowBytes]!;
        const aboveLeft = i < PIXEL || y === 0 ? 0 : bytes[from + i - rowBytes - PIXEL]!;
        const expected = filter === NONE ? 0 : paeth(left, above, aboveLeft);
        bytes[to + i] = bytes[from + i]! - expected;
      }
    }
  },

  unfilterRows: (source, target, rowBytes, height, bytesPerPixel) => {
    const { bytes } = memory;
    for (let y = 0; y < height; y++) {
      const from = source + y * (rowBytes + 1) + 1;
      const to = target + y * rowBytes;
      const filter = bytes[from - 1]!;
      if (filter > PAETH) return 0;
      const expect = expectations[filter]!;
      for (let i = 0; i < rowBytes; i++) {
        const left = i < bytesPerPixel ? 0 : bytes[to + i - bytesPerPixel]!;
        const above = bytes[to + i - rowBytes]!;
        const aboveLeft = i < bytesPerPixel ? 0 : bytes[to + i - rowBytes - bytesPerPixel]!;
        bytes[to + i] = bytes[from + i]! + expect(left, above, aboveLeft);
      }
    }
    return 1;
  },
});
