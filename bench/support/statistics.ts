/** Figures from many samples, and how far a picture is from the one it should be. */

/** The value that `share` (0..1) of the samples do not exceed: nearest rank. NaN without samples. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** How pictures differ, summed over any number of them. */
export interface Difference {
  /** Pixels that are not the same. */
  readonly differing: number;
  readonly compared: number;
  /** Sum over all pixels and their three channels of the squared error. */
  readonly squared: number;
}

export const noDifference: Difference = { differing: 0, compared: 0, squared: 0 };

export const addDifference = (a: Difference, b: Difference): Difference => ({
  differing: a.differing + b.differing,
  compared: a.compared + b.compared,
  squared: a.squared + b.squared,
});

/** Of two pictures as words 0x??RRGGBB. */
export function difference(got: Uint32Array, wanted: Uint32Array): Difference {
  let differing = 0;
  let squared = 0;
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    if (((a ^ b) & 0xffffff) === 0) continue;
    differing++;
    const red = ((a >>> 16) & 255) - ((b >>> 16) & 255);
    const green = ((a >>> 8) & 255) - ((b >>> 8) & 255);
    const blue = (a & 255) - (b & 255);
    squared += red * red + green * green + blue * blue;
  }
  return { differing, compared: wanted.length, squared };
}

/** Peak signal to noise, decibels; Infinity when nothing differs. */
export const psnr = ({ compared, squared }: Difference): number =>
  squared === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 * 255 * 3 * compared) / squared);
