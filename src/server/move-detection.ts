/**
 * Finds what moved between two pictures: scrolled text, dragged windows. It guesses (landmarks of the old picture that stand
 * elsewhere in the new one vote for a distance; cells that are the same at that distance make up rectangles) and the guess
 * need not be right: whoever calls sends all pixels in which the picture still differs after the moves.
 */
import { FEATURE_TABLE_BYTES } from '../pixels/kernels/kernels.ts';
import { boundingBox } from '../pixels/region.ts';
import { contains, intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import { inMovingOrder, type Move } from './move.ts';
import { countWrong, patchesOf, type CellGrid } from './move-patches.ts';
import type { ShadowPicture } from './shadow-picture.ts';
import { TILE, TileMap } from './tile-map.ts';

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
const ENOUGH_VOTES = 300;
/** Of a row of tiles, unless fewer than one in so many were noted: two lines of text. */
const ENOUGH_ROWS = 32;
const MAX_VOTES = 4096;
/** Fewer that agree are chance. */
const MIN_VOTES = 6;
/** Distances that are looked into, the one with most votes first. */
const MAX_DISTANCES = 3;
const MAX_MOVES = 16;
/** Cells that a move must bring right: less is sent as pixels as cheaply. */
const MIN_GAIN = 64;
/** So many columns of pixels that bring nothing end a move at its side. */
const MAX_GAP_COLUMNS = 4;

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
  const { box } = changed;
  const columns = Math.ceil(box.width / CELL);
  const cellBytes = columns * box.height;
  const scratch = memory.allocate(FEATURE_TABLE_BYTES + 4 * MAX_VOTES + 2 * cellBytes);
  try {
    const distances = probableDistances(shadow, fresh, changed, scratch);
    if (distances.length === 0) return [];
    const equal = scratch + FEATURE_TABLE_BYTES + 4 * MAX_VOTES;
    const detection = { shadow, fresh, box, columns, equal, moved: equal + cellBytes };
    // What was not changed is as it should be.
    memory.bytes.fill(1, equal, equal + cellBytes);
    let unknown = Array.from(changed.runs());
    const moves: Move[] = [];
    let wrong = changed;
    for (const distance of distances) {
      const found = clustersOf(wrong).flatMap((part) =>
        movesBy(detection, distance, part, unknown),
      );
      unknown = [];
      const kept = inMovingOrder(apart(found)).slice(0, MAX_MOVES - moves.length);
      for (const move of kept) doMove(shadow, move);
      for (const { to } of kept) noteMoved(detection, to);
      wrong = stillWrong(detection, wrong, kept);
      moves.push(...kept);
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
    // So many rows that follow each other meet one that was noted, wherever they come from; it may be one between lines of text.
    const rows = Math.min(height, Math.max(rowStep, ENOUGH_ROWS));
    count += kernels.matchFeatures(block, fresh.stride, width, rows, x, y, table, end, left);
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

/** Boxes around tiles with no more than one other between them: what is further apart is not one move. */
function clustersOf(tiles: TileMap): Rectangle[] {
  const clusters: Rectangle[] = [];
  for (const run of tiles.runs()) {
    let box = run;
    for (;;) {
      const { x, y, width, height } = box;
      const reach = TILE + 1;
      const near = {
        x: x - reach,
        y: y - reach,
        width: width + 2 * reach,
        height: height + 2 * reach,
      };
      const index = clusters.findIndex((other) => !isEmpty(intersect(other, near)));
      if (index < 0) break;
      for (const other of clusters.splice(index, 1)) box = boundingBox(box, other);
    }
    clusters.push(box);
  }
  return clusters;
}

/** Offset of the cell with a pixel of the box in either grid. */
const cellAt = ({ box, columns }: Detection, x: number, y: number): number =>
  (y - box.y) * columns + Math.floor((x - box.x) / CELL);

/** `part` is of whole cells, or ends with the box. `unknown`: where it must first be seen what is right as it is. */
function movesBy(
  detection: Detection,
  distance: Distance,
  part: Rectangle,
  unknown: readonly Rectangle[],
): Move[] {
  const first = cellAt(detection, part.x, part.y);
  const grid: CellGrid = {
    bytes: detection.shadow.kernels.memory.bytes,
    equal: detection.equal + first,
    moved: detection.moved + first,
    stride: detection.columns,
    columns: Math.ceil(part.width / CELL),
    rows: part.height,
  };
  if (unknown.length === 0 && countWrong(grid) < MIN_GAIN) return [];
  const end = part.y + part.height;
  // Both looks at a row of tiles while it is in the nearest caches.
  for (let y = part.y; y < end; y += TILE) {
    for (const run of unknown)
      if (run.y === y && contains(part, run))
        compare(detection, { dx: 0, dy: 0 }, detection.equal, run);
    const band = { ...part, y, height: Math.min(TILE, end - y) };
    compare(detection, distance, detection.moved, band);
  }
  return patchesOf(grid)
    .filter(({ gain }) => gain >= MIN_GAIN)
    .map(({ left, right, top, bottom }): Move => {
      const x = part.x + left * CELL;
      const end = Math.min(part.x + right * CELL, part.x + part.width);
      const to = { x, y: part.y + top, width: end - x, height: bottom - top };
      return widened(detection, { from: { x: x - distance.dx, y: to.y - distance.dy }, to });
    });
}

/** Compares a part with the shadow that far away. What would come from outside the picture is not the same. */
function compare(detection: Detection, { dx, dy }: Distance, cells: number, part: Rectangle): void {
  const { shadow, fresh, columns } = detection;
  const { kernels, memory } = shadow.kernels;
  const there = intersect(part, { x: dx, y: dy, width: shadow.width, height: shadow.height });
  // Whole cells only, but for the last of a row, which ends with the part.
  const x = part.x + Math.ceil((there.x - part.x) / CELL) * CELL;
  const end = there.x + there.width;
  const width = end === part.x + part.width ? end - x : Math.floor((end - x) / CELL) * CELL;
  if (there.width < part.width || there.height < part.height) {
    const partColumns = Math.ceil(part.width / CELL);
    for (let row = 0; row < part.height; row++) {
      const start = cells + cellAt(detection, part.x, part.y + row);
      memory.bytes.fill(0, start, start + partColumns);
    }
  }
  if (width <= 0 || there.height === 0) return;
  kernels.equalCells(
    fresh.origin + there.y * fresh.stride + 4 * x,
    fresh.stride,
    shadow.addressOf(x - dx, there.y - dy),
    shadow.stride,
    width,
    there.height,
    cells + cellAt(detection, x, there.y),
    columns,
  );
}

/** After a move: cells that lie in its target are what the move made them. */
function noteMoved(detection: Detection, to: Rectangle): void {
  const { box, equal, moved } = detection;
  const { bytes } = detection.shadow.kernels.memory;
  const first = box.x + Math.ceil((to.x - box.x) / CELL) * CELL;
  const end = to.x + to.width;
  const last = end === box.x + box.width ? end : end - ((end - box.x) % CELL);
  if (last > first) {
    for (let y = to.y; y < to.y + to.height; y++) {
      const start = cellAt(detection, first, y);
      const count = Math.ceil((last - first) / CELL);
      bytes.copyWithin(equal + start, moved + start, moved + start + count);
    }
  }
  const sides = [to.x, end - 1].map((x) => x - ((x - box.x) % CELL));
  for (const x of sides) {
    if (x >= first && x < last) continue;
    const side = { x, y: to.y, width: Math.min(CELL, box.x + box.width - x), height: to.height };
    compare(detection, { dx: 0, dy: 0 }, equal, side);
  }
}

/** The tiles, of these and those in which moves ended, with anything wrong in them. */
function stillWrong(detection: Detection, before: TileMap, moves: readonly Move[]): TileMap {
  if (moves.length === 0) return before;
  const { shadow, columns, equal } = detection;
  const { bytes } = shadow.kernels.memory;
  const looked = new TileMap(shadow.width, shadow.height);
  for (const run of before.runs()) looked.mark(run);
  for (const { to } of moves) looked.mark(to);
  const wrong = new TileMap(shadow.width, shadow.height);
  for (const run of looked.runs()) {
    for (let x = run.x; x < run.x + run.width; x += TILE) {
      const tile = {
        x,
        y: run.y,
        width: Math.min(TILE, run.x + run.width - x),
        height: run.height,
      };
      const grid: CellGrid = {
        bytes,
        equal: equal + cellAt(detection, x, run.y),
        moved: 0,
        stride: columns,
        columns: Math.ceil(tile.width / CELL),
        rows: tile.height,
      };
      if (countWrong(grid) > 0) wrong.mark(tile);
    }
  }
  return wrong;
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
