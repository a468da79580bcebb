/** Covers everything in a block that is not background with one-coloured subrectangles: for the RRE and Hextile encoders. */

/** Words of one subrectangle in the list: x, y, width, height, value. */
export const SUBRECTANGLE_WORDS = 5;

/**
 * Writes disjoint subrectangles into `out`, SUBRECTANGLE_WORDS each, and returns their number; stops with `out` full,
 * and then returns a number greater than it holds. Greedy, from the top left: the run to the right, as far down as it
 * repeats, or the run down, as far right as it repeats, whichever covers more. `values` is used up.
 */
export function findSubrectangles(
  values: Uint32Array,
  size: { readonly width: number; readonly height: number },
  background: number,
  out: Uint32Array,
): number {
  const { width, height } = size;
  const max = Math.floor(out.length / SUBRECTANGLE_WORDS);
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const start = y * width + x;
      const value = values[start]!;
      if (value === background) continue;
      if (count === max) return max + 1;

      let across = 1;
      while (x + across < width && values[start + across] === value) across++;
      let acrossRows = 1;
      while (y + acrossRows < height && rowIs(values, start + acrossRows * width, across, value))
        acrossRows++;

      let down = acrossRows;
      while (y + down < height && values[start + down * width] === value) down++;
      let downColumns = 1;
      while (x + downColumns < width && columnIs(values, start + downColumns, width, down, value))
        downColumns++;

      const tall = down * downColumns > across * acrossRows;
      const w = tall ? downColumns : across;
      const h = tall ? down : acrossRows;
      // What is covered becomes background, so that nothing finds it again.
      for (let row = 0; row < h; row++)
        values.fill(background, start + row * width, start + row * width + w);
      const at = count * SUBRECTANGLE_WORDS;
      out[at] = x;
      out[at + 1] = y;
      out[at + 2] = w;
      out[at + 3] = h;
      out[at + 4] = value;
      count++;
    }
  }
  return count;
}

function rowIs(values: Uint32Array, start: number, length: number, value: number): boolean {
  for (let i = start; i < start + length; i++) if (values[i] !== value) return false;
  return true;
}

function columnIs(
  values: Uint32Array,
  start: number,
  stride: number,
  length: number,
  value: number,
): boolean {
  for (let i = 0; i < length; i++) if (values[start + i * stride] !== value) return false;
  return true;
}
