// What of a picture changed, and taking it over; the readable twin is ../plain/changes.ts.

/** Pixels of a tile's side. */
const TILE: u32 = 64;
/** Pixels of a cell: a piece of one row. */
const CELL: u32 = 32;

/** Flags each column of 64 pixels of a band that differs anywhere, a byte each; returns how many do. */
export function changedTiles(
  a: usize,
  aStride: u32,
  b: usize,
  bStride: u32,
  width: u32,
  height: u32,
  flags: usize,
): u32 {
  const columns = (width + TILE - 1) / TILE;
  memory.fill(flags, 0, columns);
  let count: u32 = 0;
  // Row by row, as the memory stands: column by column is slower, although it could stop at the first difference.
  for (let y: u32 = 0; y < height; y++) {
    for (let column: u32 = 0; column < columns; column++) {
      if (load<u8>(flags + column) != 0) continue;
      const x = column * TILE;
      const bytes = (<usize>min<u32>(TILE, width - x)) << 2;
      if (!rowsDiffer(a + (x << 2), b + (x << 2), bytes)) continue;
      store<u8>(flags + column, 1);
      count++;
    }
    a += aStride;
    b += bStride;
  }
  return count;
}

function rowsDiffer(a: usize, b: usize, bytes: usize): bool {
  let different = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    const first = v128.or(
      v128.xor(v128.load(a + i), v128.load(b + i)),
      v128.xor(v128.load(a + i, 16), v128.load(b + i, 16)),
    );
    const second = v128.or(
      v128.xor(v128.load(a + i, 32), v128.load(b + i, 32)),
      v128.xor(v128.load(a + i, 48), v128.load(b + i, 48)),
    );
    different = v128.or(different, v128.or(first, second));
  }
  let rest: u32 = 0;
  for (; i < bytes; i += 4) rest |= load<u32>(a + i) ^ load<u32>(b + i);
  return rest != 0 || v128.any_true(different);
}

/** Writes where `a` differs from `b` (x, y, width, height) and copies that from `a` to `b`; 0 when nowhere. */
export function takeChanges(
  a: usize,
  aStride: u32,
  b: usize,
  bStride: u32,
  width: u32,
  height: u32,
  box: usize,
): u32 {
  let top = height;
  let bottom: u32 = 0;
  let first = width;
  let last: u32 = 0;
  for (let y: u32 = 0; y < height; y++) {
    const left = a + y * aStride;
    const right = b + y * bStride;
    const begins = firstDifference(left, right, width);
    if (begins == width) continue;
    if (top == height) top = y;
    bottom = y + 1;
    first = min(first, begins);
    last = max(last, lastDifference(left, right, width, last));
  }
  if (bottom == 0) return 0;
  for (let y = top; y < bottom; y++)
    memory.copy(
      b + y * bStride + (first << 2),
      a + y * aStride + (first << 2),
      (last - first) << 2,
    );
  store<u32>(box, first);
  store<u32>(box, top, 4);
  store<u32>(box, last - first, 8);
  store<u32>(box, bottom - top, 12);
  return 1;
}

/** Index of the first pixel that differs; `width` when none does. */
function firstDifference(a: usize, b: usize, width: u32): u32 {
  let x: u32 = 0;
  for (; x + 4 <= width; x += 4) {
    const at = (<usize>x) << 2;
    const lanes = i32x4.bitmask(i32x4.ne(v128.load(a + at), v128.load(b + at)));
    if (lanes != 0) return x + ctz<u32>(lanes);
  }
  for (; x < width; x++) {
    const at = (<usize>x) << 2;
    if (load<u32>(a + at) != load<u32>(b + at)) return x;
  }
  return width;
}

/** One past the last pixel that differs, looked for down to `least`, which is returned when there is none. */
function lastDifference(a: usize, b: usize, width: u32, least: u32): u32 {
  let end = width;
  for (; end >= least + 4; end -= 4) {
    const at = (<usize>(end - 4)) << 2;
    const lanes = i32x4.bitmask(i32x4.ne(v128.load(a + at), v128.load(b + at)));
    if (lanes != 0) return end - 4 + (32 - clz<u32>(lanes));
  }
  for (; end > least; end--) {
    const at = (<usize>(end - 1)) << 2;
    if (load<u32>(a + at) != load<u32>(b + at)) return end;
  }
  return least;
}

/** The 32 pixels of a whole cell. */
// @ts-ignore: decorator
@inline
function cellDiffers(a: usize, b: usize): bool {
  const first = v128.or(
    v128.xor(v128.load(a), v128.load(b)),
    v128.xor(v128.load(a, 16), v128.load(b, 16)),
  );
  const second = v128.or(
    v128.xor(v128.load(a, 32), v128.load(b, 32)),
    v128.xor(v128.load(a, 48), v128.load(b, 48)),
  );
  const third = v128.or(
    v128.xor(v128.load(a, 64), v128.load(b, 64)),
    v128.xor(v128.load(a, 80), v128.load(b, 80)),
  );
  const fourth = v128.or(
    v128.xor(v128.load(a, 96), v128.load(b, 96)),
    v128.xor(v128.load(a, 112), v128.load(b, 112)),
  );
  return v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)));
}

/** For each cell of 32 pixels in a row, row by row, 1 where it is the same in both, else 0. */
export function equalCells(
  a: usize,
  aStride: u32,
  b: usize,
  bStride: u32,
  width: u32,
  height: u32,
  cells: usize,
  cellsStride: u32,
): void {
  for (let y: u32 = 0; y < height; y++) {
    let cell = cells;
    let x: u32 = 0;
    for (; x + CELL <= width; x += CELL) {
      const at = (<usize>x) << 2;
      store<u8>(cell++, cellDiffers(a + at, b + at) ? 0 : 1);
    }
    if (x < width) {
      const at = (<usize>x) << 2;
      const bytes = (<usize>min<u32>(CELL, width - x)) << 2;
      store<u8>(cell, rowsDiffer(a + at, b + at, bytes) ? 0 : 1);
    }
    a += aStride;
    b += bStride;
    cells += cellsStride;
  }
}

/** Moves a block of pixels inside one picture; the two may overlap. */
export function moveBlock(from: usize, to: usize, stride: u32, width: u32, height: u32): void {
  const bytes = (<usize>width) << 2;
  if (from >= to) {
    for (let y: u32 = 0; y < height; y++) memory.copy(to + y * stride, from + y * stride, bytes);
    return;
  }
  for (let y = height; y > 0; y--)
    memory.copy(to + (y - 1) * stride, from + (y - 1) * stride, bytes);
}
