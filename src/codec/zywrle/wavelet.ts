/**
 * ZYWRLE's wavelet: the piecewise-linear Haar transform (Senecal and others, 2004), which keeps eight bits eight bits, on planes of
 * signed bytes. Coefficients stay where their pixels stood: at depth 0 odd columns and rows hold the differences, at depth 1 every
 * second one of what is left, and so on. Used by both ends.
 */

/** A plane's size is a multiple of 2 ** depths both ways; rows have no gaps. */
export interface PlaneSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Replaces pairs of values `step` apart by their low and their high part. Its own inverse. Of two values with the same sign (0 is
 * positive) the one further from zero is kept beside the difference; else the sum is kept beside one of them.
 */
function transformLine(plane: Int8Array, start: number, step: number, pairs: number): void {
  for (let i = 0, at = start; i < pairs; i++, at += 2 * step) {
    const a = plane[at]!;
    const b = plane[at + step]!;
    let low: number;
    let high: number;
    if (a < 0 === b < 0) {
      high = a - b;
      low = high < 0 === a < 0 ? a : b;
    } else {
      low = a + b;
      high = low < 0 === b < 0 ? -b : a;
    }
    plane[at] = low;
    plane[at + step] = high;
  }
}

function transformRows(plane: Int8Array, { width, height }: PlaneSize, depth: number): void {
  const step = 2 ** depth;
  for (let y = 0; y < height; y += step) transformLine(plane, y * width, step, width / (2 * step));
}

function transformColumns(plane: Int8Array, { width, height }: PlaneSize, depth: number): void {
  const step = 2 ** depth;
  for (let x = 0; x < width; x += step) transformLine(plane, x, width * step, height / (2 * step));
}

/** One depth of the analysis, after those before it. */
export function analyze(plane: Int8Array, size: PlaneSize, depth: number): void {
  transformRows(plane, size, depth);
  transformColumns(plane, size, depth);
}

/** Undoes all depths. */
export function synthesize(plane: Int8Array, size: PlaneSize, depths: number): void {
  for (let depth = depths - 1; depth >= 0; depth--) {
    transformColumns(plane, size, depth);
    transformRows(plane, size, depth);
  }
}

/** Bits of a band: differences from left to right, from row to row, or both; 0 is what is left. */
export const bands = [3, 2, 1] as const;

/** Calls `at` for each coefficient of a band, row by row. */
export function eachOfBand(
  { width, height }: PlaneSize,
  depth: number,
  band: number,
  at: (place: number) => void,
): void {
  const half = 2 ** depth;
  for (let y = band & 2 ? half : 0; y < height; y += 2 * half)
    for (let x = band & 1 ? half : 0; x < width; x += 2 * half) at(y * width + x);
}
