/**
 * From cells that are right, or not, as they are and at a distance, to the rectangles that a move by that distance makes right.
 * Used by move-detection.ts.
 */

/** A part of the two grids of cells of a picture, a byte each, row by row: 1 where the cell is what it should be. */
export interface CellGrid {
  readonly bytes: Uint8Array;
  /** Where the part begins in the one of what is right as it is, and in the one of what a move would make right. */
  readonly equal: number;
  readonly moved: number;
  /** From a row of either to the next. */
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
}

/** A rectangle of cells, in cells and rows of the part, and how many more of them are right with it than without. */
export interface Patch {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly gain: number;
}

/** A run of rows ends where so many cells were made wrong since its best row, or so many brought nothing. */
const MAX_LOSS = 8;
const MAX_GAP = 64;
/** Patches are joined if so much of what they gain remains. */
const LITTLE_LOST = 0.98;

/** Cells that are not what they should be. */
export function countWrong({ bytes, equal, stride, columns, rows }: CellGrid): number {
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const start = equal + row * stride;
    for (let cell = start; cell < start + columns; cell++) right += bytes[cell]!;
  }
  return columns * rows - right;
}

/** What a move gains in a part, as few rectangles. */
export function patchesOf(grid: CellGrid): Patch[] {
  return joinedPatches(gainsOf(grid), grid);
}

/**
 * How much a move gains, as sums over all cells above and left of a corner: a column of corners after the other. A cell
 * that is made right counts 1, one that is made wrong -1.
 */
function gainsOf({ bytes, equal, moved, stride, columns, rows }: CellGrid): Int32Array {
  const corners = rows + 1;
  const sums = new Int32Array((columns + 1) * corners);
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    let left = column * corners + 1;
    for (let cell = column; cell < stride * rows; cell += stride) {
      sum += bytes[moved + cell]! - bytes[equal + cell]!;
      sums[left + corners] = sums[left]! + sum;
      left++;
    }
  }
  return sums;
}

type Cells = Omit<Patch, 'gain'>;

/** Runs of rows in each column, joined with those beside them where little is lost by it. */
function joinedPatches(sums: Int32Array, { columns, rows }: CellGrid): Patch[] {
  const corners = rows + 1;
  const at = (column: number, row: number): number => sums[column * corners + row]!;
  const gainOf = ({ left, right, top, bottom }: Cells): number =>
    at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
  const patches: Patch[] = [];
  for (let column = 0; column < columns; column++) {
    for (const run of runsOf(sums, column, corners)) {
      const index = patches.findLastIndex(
        ({ right, top, bottom }) =>
          right >= column - 1 && right <= column && top < run.bottom && run.top < bottom,
      );
      const beside = patches[index];
      if (beside === undefined) {
        patches.push(run);
        continue;
      }
      const both = {
        left: beside.left,
        right: column + 1,
        top: Math.min(beside.top, run.top),
        bottom: Math.max(beside.bottom, run.bottom),
      };
      const gain = gainOf(both);
      if (gain < LITTLE_LOST * (beside.gain + run.gain)) patches.push(run);
      else patches[index] = { ...both, gain };
    }
  }
  return patches;
}

/** Rows of a column in which a move gains. */
function runsOf(sums: Int32Array, column: number, corners: number): Patch[] {
  const found: Patch[] = [];
  const before = column * corners;
  const after = before + corners;
  const above = (row: number): number => sums[after + row]! - sums[before + row]!;
  let row = 1;
  while (row < corners) {
    if (above(row) <= above(row - 1)) {
      row++;
      continue;
    }
    const top = row - 1;
    let bottom = row;
    let best = above(row);
    for (; row < corners; row++) {
      const sum = above(row);
      if (sum > best) {
        best = sum;
        bottom = row;
      }
      if (best - sum > MAX_LOSS || row - bottom > MAX_GAP) break;
    }
    const gain = best - above(top);
    if (gain >= MAX_LOSS) found.push({ left: column, right: column + 1, top, bottom, gain });
    row = bottom + 1;
  }
  return found;
}
