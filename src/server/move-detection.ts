/**
 * Finds what moved between two pictures: scrolled text, dragged windows. It guesses (landmarks of the old picture that stand
 * elsewhere in the new one vote for a distance; cells that are the same at that distance make up rectangles) and the guess
 * need not be right: whoever calls sends all pixels in which the picture still differs after the moves.
 */
import { FEATURE_TABLE_BYTES } from '../pixels/kernels/kernels.ts';
import { intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import { inMovingOrder, type Move } from './move.ts';
import type { ShadowPicture } from './shadow-picture.ts';
import { TILE, type TileMap } from './tile-map.ts';

/** Where pixels of the display stand in the kernels' memory: pixel x, y at `origin + y * stride + 4 * x`. */
export interface FreshPixels {
  readonly origin: number;
  readonly stride: number;
}

/** Width of a cell of kernel equalCells. */
const CELL = 32;
/** Landmarks that are noted of the old picture: a quarter of what the table holds, so that looking up stays quick. */
const MAX_FEATURES = 4000;
/** Rows of tiles in the order in which they are looked at, four at a time: all parts of the picture have their say early. */
const ORDER = [0, 2, 1, 3];
/** No more are looked for. */
const ENOUGH_VOTES = 1500;
const MAX_VOTES = 4096;
/** Fewer that agree are chance. */
const MIN_VOTES = 6;
/** Distances that are looked into, the one with most votes first. */
const MAX_DISTANCES = 3;
const MAX_MOVES = 16;
/** Cells that a move must bring right: less is sent as pixels as cheaply. */
const MIN_GAIN = 64;
/** A run of rows ends where so many cells were made wrong since its best row, or so many brought nothing. */
const MAX_LOSS = 8;
const MAX_GAP = 64;
/** So many columns that bring nothing end a move at its side. */
const MAX_GAP_COLUMNS = 4;
/** Patches are joined if so much of what they gain remains. */
const LITTLE_LOST = 0.98;

interface Distance {
  readonly dx: number;
  readonly dy: number;
}

/**
 * Moves of what changed, in order. They were done in `shadow` already. All pixels of `fresh` inside the box of `changed` are
 * there to be read.
 */
export function moveShadow(shadow: ShadowPicture, fresh: FreshPixels, changed: TileMap): Move[] {
  const { memory } = shadow.kernels;
  const box = changed.box;
  const columns = Math.ceil(box.width / CELL);
  const cellBytes = columns * box.height;
  const scratch = memory.allocate(FEATURE_TABLE_BYTES + 4 * MAX_VOTES + 2 * cellBytes);
  try {
    const distances = probableDistances(shadow, fresh, changed, scratch);
    const moves: Move[] = [];
    const equal = scratch + FEATURE_TABLE_BYTES + 4 * MAX_VOTES;
    const detection = { shadow, fresh, box, columns, equal, moved: equal + cellBytes };
    for (const distance of distances) {
      const found = movesBy(detection, distance).slice(0, MAX_MOVES - moves.length);
      for (const move of found) doMove(shadow, move);
      moves.push(...found);
    }
    return moves;
  } finally {
    memory.release(scratch);
  }
}

function doMove(shadow: ShadowPicture, { from, to }: Move): void {
  const source = shadow.addressOf(from.x, from.y);
  const target = shadow.addressOf(to.x, to.y);
  shadow.kernels.kernels.moveBlock(source, target, shadow.stride, to.width, to.height);
}

/** Those that most landmarks moved by, first the most frequent. */
function probableDistances(
  shadow: ShadowPicture,
  fresh: FreshPixels,
  changed: TileMap,
  table: number,
): Distance[] {
  const { kernels, memory } = shadow.kernels;
  memory.bytes.fill(0, table, table + FEATURE_TABLE_BYTES);
  const runs = Array.from(changed.runs());
  const pixels = runs.reduce((sum, { width, height }) => sum + width * height, 0);
  // In noise one pixel in eight is a landmark. An odd step meets lines of text, 16 rows apart, in each of their rows.
  const rowStep = Math.ceil(pixels / 8 / MAX_FEATURES) | 1;
  let room = MAX_FEATURES;
  for (const { x, y, width, height } of runs) {
    const skipped = (rowStep - (y % rowStep)) % rowStep;
    if (skipped >= height) continue;
    const block = shadow.addressOf(x, y + skipped);
    const { stride } = shadow;
    const rows = height - skipped;
    room -= kernels.indexFeatures(block, stride, width, rows, x, y + skipped, rowStep, table, room);
  }
  const votes = table + FEATURE_TABLE_BYTES;
  let count = 0;
  const turnOf = ({ y }: Rectangle): number => ORDER.indexOf((y / TILE) % ORDER.length);
  for (const { x, y, width, height } of runs.sort((a, b) => turnOf(a) - turnOf(b))) {
    if (count >= ENOUGH_VOTES) break;
    const block = fresh.origin + y * fresh.stride + 4 * x;
    const end = votes + 4 * count;
    const left = MAX_VOTES - count;
    count += kernels.matchFeatures(block, fresh.stride, width, height, x, y, table, end, left);
  }
  const counts = new Map<number, number>();
  for (const vote of memory.words.subarray(votes >>> 2, (votes >>> 2) + count))
    counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return Array.from(counts)
    .filter(([, number]) => number >= MIN_VOTES)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_DISTANCES)
    .map(([vote]) => ({ dx: (vote << 16) >> 16, dy: vote >> 16 }));
}

interface Detection {
  readonly shadow: ShadowPicture;
  readonly fresh: FreshPixels;
  /** Where moves may end. */
  readonly box: Rectangle;
  /** Of cells in the box. */
  readonly columns: number;
  /** Two grids of cells: what is right as it is, and what is right after a move. */
  readonly equal: number;
  readonly moved: number;
}

/** A rectangle of cells, in cells and rows of the box, and how many more of them are right with it than without. */
interface Patch {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly gain: number;
}

function movesBy(detection: Detection, distance: Distance): Move[] {
  const { box } = detection;
  const { memory } = detection.shadow.kernels;
  compare(detection, { dx: 0, dy: 0 }, detection.equal);
  if (countWrong(memory.bytes, detection) < MIN_GAIN) return [];
  compare(detection, distance, detection.moved);
  const sums = gainsOf(detection);
  const moves = joinedPatches(sums, detection)
    .filter(({ gain }) => gain >= MIN_GAIN)
    .map(({ left, right, top, bottom }): Move => {
      const x = box.x + left * CELL;
      const end = Math.min(box.x + right * CELL, box.x + box.width);
      const to = { x, y: box.y + top, width: end - x, height: bottom - top };
      return widened(detection, { from: { x: x - distance.dx, y: to.y - distance.dy }, to });
    });
  return inMovingOrder(apart(moves));
}

/** Cells that are not what they should be. */
function countWrong(bytes: Uint8Array, { equal, columns, box }: Detection): number {
  const end = equal + columns * box.height;
  let right = 0;
  for (let cell = equal; cell < end; cell++) right += bytes[cell]!;
  return columns * box.height - right;
}

/** Compares the box with the shadow that far away. What would come from outside the picture is not the same. */
function compare(detection: Detection, { dx, dy }: Distance, cells: number): void {
  const { shadow, fresh, box, columns } = detection;
  const { kernels, memory } = shadow.kernels;
  const there = intersect(box, { x: dx, y: dy, width: shadow.width, height: shadow.height });
  // Whole cells only, but for the last of a row, which ends with the box.
  const first = Math.ceil((there.x - box.x) / CELL);
  const x = box.x + first * CELL;
  const end = there.x + there.width;
  const width = end === box.x + box.width ? end - x : Math.floor((end - x) / CELL) * CELL;
  if (there.width < box.width || there.height < box.height)
    memory.bytes.fill(0, cells, cells + columns * box.height);
  if (width <= 0 || there.height === 0) return;
  kernels.equalCells(
    fresh.origin + there.y * fresh.stride + 4 * x,
    fresh.stride,
    shadow.addressOf(x - dx, there.y - dy),
    shadow.stride,
    width,
    there.height,
    cells + (there.y - box.y) * columns + first,
    columns,
  );
}

/**
 * How much a move gains, as sums over all cells above and left of a corner: a column of corners after the other. A cell
 * that is made right counts 1, one that is made wrong -1.
 */
function gainsOf({ shadow, box, columns, equal, moved }: Detection): Int32Array {
  const { bytes } = shadow.kernels.memory;
  const corners = box.height + 1;
  const sums = new Int32Array((columns + 1) * corners);
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    let left = column * corners + 1;
    for (let cell = column; cell < columns * box.height; cell += columns) {
      sum += bytes[moved + cell]! - bytes[equal + cell]!;
      sums[left + corners] = sums[left]! + sum;
      left++;
    }
  }
  return sums;
}

type Cells = Omit<Patch, 'gain'>;

/** Runs of rows in each column, joined with those beside them where little is lost by it. */
function joinedPatches(sums: Int32Array, { box, columns }: Detection): Patch[] {
  const corners = box.height + 1;
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

/** With the columns of pixels on both sides that moved with it: windows do not end where cells do. */
function widened(detection: Detection, move: Move): Move {
  const { box } = detection;
  const { to } = move;
  const left = sideGain(detection, move, to.x - 1, -1, box.x);
  const right = sideGain(detection, move, to.x + to.width, 1, box.x + box.width - 1);
  return {
    from: { x: move.from.x - left, y: move.from.y },
    to: { ...to, x: to.x - left, width: to.width + left + right },
  };
}

/** How many columns from `start` on, towards `end`, are better with the move than without; less than a cell. */
function sideGain(
  { shadow, fresh }: Detection,
  { from, to }: Move,
  start: number,
  step: 1 | -1,
  end: number,
): number {
  const { words } = shadow.kernels.memory;
  const dx = from.x - to.x;
  const rowStep = Math.ceil(to.height / 512);
  let [gain, best, columns] = [0, 0, 0];
  for (let i = 0; i < CELL; i++) {
    const x = start + i * step;
    if ((end - x) * step < 0 || x + dx < 0 || x + dx >= shadow.width) break;
    for (let row = 0; row < to.height; row += rowStep) {
      const pixel = words[(fresh.origin + (to.y + row) * fresh.stride) / 4 + x];
      const isRight = words[shadow.addressOf(x + dx, from.y + row) >>> 2] === pixel;
      const wasRight = words[shadow.addressOf(x, to.y + row) >>> 2] === pixel;
      gain += Number(isRight) - Number(wasRight);
    }
    if (gain > best) {
      best = gain;
      columns = i + 1;
    } else if (i - columns > MAX_GAP_COLUMNS) break;
  }
  return columns;
}

/** Without those that would end where another ends: each pixel is moved once. */
function apart(moves: readonly Move[]): Move[] {
  const kept: Move[] = [];
  for (const move of moves) {
    if (kept.every(({ to }) => isEmpty(intersect(to, move.to)))) kept.push(move);
  }
  return kept;
}
