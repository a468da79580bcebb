/** What blocks look like: solid edges, samples of busy ones; the twin of ../assembly/survey.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

type SurveyKernels = Pick<
  Kernels,
  | 'solidSquares'
  | 'solidSquaresIn'
  | 'equalRows'
  | 'equalLeft'
  | 'equalRight'
  | 'countTransitions'
  | 'countRepeats'
>;

export function surveyKernels(memory: KernelMemory): SurveyKernels {
  const solidSquares: Kernels['solidSquares'] = (pixels, stride, width, height, flags) => {
    const { words, bytes } = memory;
    const isSolid = (left: number, right: number): boolean => {
      const value = words[(pixels >>> 2) + left];
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = left; x < right; x++) if (words[row + x] !== value) return false;
      }
      return true;
    };
    let solid = 0;
    for (let x = 0; x < width; x += 64) {
      const flag = Number(isSolid(x, Math.min(x + 64, width)));
      bytes[flags + x / 64] = flag;
      solid += flag;
    }
    return solid;
  };
  return {
    solidSquares,
    // Tiles only tell sooner what the pixels tell as well.
    solidSquaresIn: (pixels, stride, width, height, flags) =>
      solidSquares(pixels, stride, width, height, flags),
    equalRows: (pixels, stride, width, height, value) => {
      const { words } = memory;
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = 0; x < width; x++) if (words[row + x] !== value) return y;
      }
      return height;
    },
    equalLeft: (pixels, stride, width, height, value) => {
      const { words } = memory;
      let most = width;
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        let x = 0;
        while (x < most && words[row + x] === value) x++;
        most = x;
      }
      return most;
    },
    equalRight: (pixels, stride, width, height, value) => {
      const { words } = memory;
      let most = width;
      for (let y = 0; y < height; y++) {
        const last = ((pixels + y * stride) >>> 2) + width - 1;
        let x = 0;
        while (x < most && words[last - x] === value) x++;
        most = x;
      }
      return most;
    },
    countTransitions: (pixels, stride, width, height, rowStep) => {
      const { words } = memory;
      let count = 0;
      for (let y = 0; y < height; y += rowStep) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = row + 1; x < row + width; x++) if (words[x] !== words[x - 1]) count++;
      }
      return count;
    },
    countRepeats: (pixels, stride, width, height, rowStep) => {
      const { words } = memory;
      let count = 0;
      for (let y = 1; y < height; y += rowStep) {
        const row = (pixels + y * stride) >>> 2;
        const above = (pixels + (y - 1) * stride) >>> 2;
        for (let x = 1; x < width; x++) {
          const here = words[row + x];
          if (here === words[row + x - 1] || here === words[above + x]) count++;
        }
      }
      return count;
    },
  };
}
