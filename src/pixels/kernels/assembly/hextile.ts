// Tiles of Hextile (RFB 7.7.4); the readable twin is ../plain/hextile.ts.
//
// A tile is looked at as rows of 16 bits: which pixels are yet to be painted, which are as their right neighbours, and which are
// as those below. Rectangles then grow by shifting and counting bits. The state is that of ../hextile-layout.ts.

const BACKGROUND: usize = 0;
const FOREGROUND: usize = 4;
const KNOWN: usize = 8;
const UNPAINTED: usize = 16;
const AS_RIGHT: usize = 80;
const AS_BELOW: usize = 144;

/** Shifts of 0, 8, 16 and 24. */
const AS_IN_MEMORY: u32 = 0x18100800;

const RAW: u32 = 1;
const BACKGROUND_SPECIFIED: u32 = 2;
const FOREGROUND_SPECIFIED: u32 = 4;
const ANY_SUBRECTS: u32 = 8;
const SUBRECTS_COLOURED: u32 = 16;

const MAX_COUNTED: u32 = 16;
const FIRST_COUNTED: u32 = 4;
const MAX_SUBRECTS: i32 = 255;

/** A bit for each of 16 pixels that is as the pixel `offset` bytes on. */
// @ts-ignore: decorator
@inline function likeOffset(row: usize, offset: usize): u32 {
  return (
    i32x4.bitmask(i32x4.eq(v128.load(row), v128.load(row + offset))) |
    (i32x4.bitmask(i32x4.eq(v128.load(row, 16), v128.load(row + offset, 16))) << 4) |
    (i32x4.bitmask(i32x4.eq(v128.load(row, 32), v128.load(row + offset, 32))) << 8) |
    (i32x4.bitmask(i32x4.eq(v128.load(row, 48), v128.load(row + offset, 48))) << 12)
  );
}

/** A bit for each of 16 pixels that has a value. */
// @ts-ignore: decorator
@inline function likeValue(row: usize, value: v128): u32 {
  return (
    i32x4.bitmask(i32x4.eq(v128.load(row), value)) |
    (i32x4.bitmask(i32x4.eq(v128.load(row, 16), value)) << 4) |
    (i32x4.bitmask(i32x4.eq(v128.load(row, 32), value)) << 8) |
    (i32x4.bitmask(i32x4.eq(v128.load(row, 48), value)) << 12)
  );
}

// @ts-ignore: decorator
@inline function rowOf(state: usize, which: usize, y: u32): u32 {
  return load<u32>(state + which + ((<usize>y) << 2));
}

// @ts-ignore: decorator
@inline function setRow(state: usize, which: usize, y: u32, bits: u32): void {
  store<u32>(state + which + ((<usize>y) << 2), bits);
}

// @ts-ignore: decorator
@inline function writePixel(target: usize, value: u32, size: u32, shifts: u32): usize {
  store<u8>(target, <u8>(value >>> (shifts & 31)));
  if (size > 1) store<u8>(target, <u8>(value >>> ((shifts >>> 8) & 31)), 1);
  if (size > 2) store<u8>(target, <u8>(value >>> ((shifts >>> 16) & 31)), 2);
  if (size > 3) store<u8>(target, <u8>(value >>> ((shifts >>> 24) & 31)), 3);
  return target + size;
}

/** Makes all pixels unpainted that are not of a value. */
function uncover(state: usize, pixels: usize, stride: u32, size: u32, value: u32): void {
  const width = size & 31;
  const height = size >>> 5;
  const all: u32 = (1 << width) - 1;
  const wide = i32x4.splat(value);
  for (let y: u32 = 0; y < height; y++) {
    setRow(state, UNPAINTED, y, ~likeValue(pixels, wide) & all);
    pixels += stride;
  }
}

/**
 * Covers what is unpainted with rectangles; returns how many, or -1 when they are more than `room`. They are written unless
 * `target` is 0, with their pixels if `pixelSize` is not 0. `size` is width and height << 5.
 */
function cover(
  state: usize,
  pixels: usize,
  stride: u32,
  size: u32,
  room: i32,
  target: usize,
  pixelSize: u32,
  shifts: u32,
): i32 {
  const height = size >>> 5;
  let count: i32 = 0;
  for (let y: u32 = 0; y < height; y++) {
    let row = rowOf(state, UNPAINTED, y);
    while (row != 0) {
      if (count == room) return -1;
      const x: u32 = ctz(row);
      // Bit i: pixel i + 1 from here goes on as the one before it.
      const across: u32 = 1 + ctz(~((rowOf(state, AS_RIGHT, y) & (row >>> 1)) >>> x));
      const span: u32 = ((1 << across) - 1) << x;
      let acrossRows: u32 = 1;
      while (y + acrossRows < height) {
        const next =
          rowOf(state, AS_BELOW, y + acrossRows - 1) & rowOf(state, UNPAINTED, y + acrossRows);
        if ((next & span) != span) break;
        acrossRows++;
      }
      let down: u32 = acrossRows;
      let goingOn = ~(<u32>0);
      for (let i: u32 = 0; i < down; i++)
        goingOn &= rowOf(state, AS_RIGHT, y + i) & (rowOf(state, UNPAINTED, y + i) >>> 1);
      while (y + down < height) {
        const unpainted = rowOf(state, UNPAINTED, y + down);
        if ((((rowOf(state, AS_BELOW, y + down - 1) & unpainted) >>> x) & 1) == 0) break;
        goingOn &= rowOf(state, AS_RIGHT, y + down) & (unpainted >>> 1);
        down++;
      }
      const downColumns: u32 = 1 + ctz(~(goingOn >>> x));

      const tall = down * downColumns > across * acrossRows;
      const w = tall ? downColumns : across;
      const h = tall ? down : acrossRows;
      const painted: u32 = ~(((1 << w) - 1) << x);
      for (let i = y; i < y + h; i++)
        setRow(state, UNPAINTED, i, rowOf(state, UNPAINTED, i) & painted);
      row &= painted;
      if (target != 0) {
        if (pixelSize != 0) {
          const value = load<u32>(pixels + <usize>(y * stride) + ((<usize>x) << 2));
          target = writePixel(target, value, pixelSize, shifts);
        }
        store<u8>(target, <u8>((x << 4) | y));
        store<u8>(target, <u8>(((w - 1) << 4) | (h - 1)), 1);
        target += 2;
      }
      count++;
    }
  }
  return count;
}

function writeRaw(
  pixels: usize,
  stride: u32,
  size: u32,
  pixelSize: u32,
  shifts: u32,
  state: usize,
  target: usize,
): u32 {
  const width = size & 31;
  const height = size >>> 5;
  store<u8>(target, <u8>RAW);
  let at = target + 1;
  for (let y: u32 = 0; y < height; y++) {
    if (pixelSize == 4 && shifts == AS_IN_MEMORY) {
      memory.copy(at, pixels, (<usize>width) << 2);
      at += (<usize>width) << 2;
    } else {
      for (let x: u32 = 0; x < width; x++)
        at = writePixel(at, load<u32>(pixels + ((<usize>x) << 2)), pixelSize, shifts);
    }
    pixels += stride;
  }
  store<u32>(state + KNOWN, 0);
  return <u32>(at - target);
}

/** How many pixels are not of a value, nor as the one to the left or above: each is the first of a rectangle. */
function corners(state: usize, pixels: usize, stride: u32, size: u32, value: u32): i32 {
  const width = size & 31;
  const height = size >>> 5;
  const all: u32 = (1 << width) - 1;
  const wide = i32x4.splat(value);
  let count: i32 = 0;
  let above: u32 = 0;
  for (let y: u32 = 0; y < height; y++) {
    const right = rowOf(state, AS_RIGHT, y);
    const below = rowOf(state, AS_BELOW, y);
    count += popcnt(~((right << 1) | above | likeValue(pixels, wide)) & all);
    above = below;
    pixels += stride;
  }
  return count;
}

export function writeHextileTiles(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  pixelSize: u32,
  shifts: u32,
  state: usize,
  target: usize,
): u32 {
  const start = target;
  for (let x: u32 = 0; x < width; x += 16) {
    const w = min(16, width - x);
    target += writeTile(pixels, stride, w, height, pixelSize, shifts, state, target);
    pixels += 64;
  }
  return <u32>(target - start);
}

/** Whether 16 columns are of one value. */
function isSolid(pixels: usize, stride: u32, height: u32): bool {
  const value = v128.load32_splat(pixels);
  for (let y: u32 = 0; y < height; y++) {
    const differences = v128.or(
      v128.or(v128.xor(v128.load(pixels), value), v128.xor(v128.load(pixels, 16), value)),
      v128.or(v128.xor(v128.load(pixels, 32), value), v128.xor(v128.load(pixels, 48), value)),
    );
    if (v128.any_true(differences)) return false;
    pixels += stride;
  }
  return true;
}

function writeSolid(
  value: u32,
  pixelSize: u32,
  shifts: u32,
  state: usize,
  target: usize,
): u32 {
  const known = load<u32>(state + KNOWN);
  const isNew = (known & 1) == 0 || value != load<u32>(state + BACKGROUND);
  store<u8>(target, <u8>(isNew ? BACKGROUND_SPECIFIED : 0));
  if (!isNew) return 1;
  store<u32>(state + BACKGROUND, value);
  store<u32>(state + KNOWN, known | 1);
  return <u32>(writePixel(target + 1, value, pixelSize, shifts) - target);
}

function writeTile(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  pixelSize: u32,
  shifts: u32,
  state: usize,
  target: usize,
): u32 {
  const first = load<u32>(pixels);
  if (width == 16 && isSolid(pixels, stride, height))
    return writeSolid(first, pixelSize, shifts, state, target);
  const size = width | (height << 5);
  const all: u32 = (1 << width) - 1;
  const known = load<u32>(state + KNOWN);
  const carriedBackground = load<u32>(state + BACKGROUND);
  const carriedForeground = load<u32>(state + FOREGROUND);

  // What is as its neighbours.
  let different: u32 = 0;
  let row = pixels;
  for (let y: u32 = 0; y < height; y++) {
    const right = likeOffset(row, 4) & (all >>> 1);
    const below = y + 1 < height ? likeOffset(row, stride) & all : 0;
    setRow(state, AS_RIGHT, y, right);
    setRow(state, AS_BELOW, y, below);
    different |= (right ^ (all >>> 1)) | (y + 1 < height ? below ^ all : 0);
    row += stride;
  }

  if (different == 0) return writeSolid(first, pixelSize, shifts, state, target);

  const raw = <i32>(width * height * pixelSize);
  // Colours in order of appearance, each counted at once; what was counted is painted for so long.
  for (let y: u32 = 0; y < height; y++) setRow(state, UNPAINTED, y, all);
  let colours: u32 = 0;
  let best: u32 = 0;
  let bestCount: i32 = 0;
  let other: u32 = 0;
  let otherCount: i32 = 0;
  let from: u32 = 0;
  while (colours < MAX_COUNTED) {
    while (from < height && rowOf(state, UNPAINTED, from) == 0) from++;
    if (from == height) break;
    if (colours == FIRST_COUNTED) {
      const count = corners(state, pixels, stride, size, best);
      if (count * <i32>(pixelSize + 2) >= raw)
        return writeRaw(pixels, stride, size, pixelSize, shifts, state, target);
    }
    const x: u32 = ctz(rowOf(state, UNPAINTED, from));
    const value = load<u32>(pixels + <usize>(from * stride) + ((<usize>x) << 2));
    const wide = i32x4.splat(value);
    let count: i32 = 0;
    row = pixels + <usize>(from * stride);
    for (let y = from; y < height; y++) {
      const bits: u32 = likeValue(row, wide) & all;
      count += popcnt(bits);
      setRow(state, UNPAINTED, y, rowOf(state, UNPAINTED, y) & ~bits);
      row += stride;
    }
    if (count > bestCount) {
      other = best;
      otherCount = bestCount;
      best = value;
      bestCount = count;
    } else {
      other = value;
      otherCount = count;
    }
    colours++;
  }
  while (from < height && rowOf(state, UNPAINTED, from) == 0) from++;
  const coloured = colours != 2 || from < height;
  if (coloured && colours > FIRST_COUNTED) {
    const count = corners(state, pixels, stride, size, best);
    if (count * <i32>(pixelSize + 2) >= raw)
      return writeRaw(pixels, stride, size, pixelSize, shifts, state, target);
  }

  if (!coloured) {
    // What the tile ends with is likely to go on.
    const lastRow = pixels + <usize>((height - 1) * stride);
    if (bestCount == otherCount && load<u32>(lastRow + ((<usize>width - 1) << 2)) == other) {
      other = best;
      best = load<u32>(lastRow + ((<usize>width - 1) << 2));
    }
    // The fewer ones may be the better ground: where they are remembered, or lie around the others.
    // Whatever is new now is likely to be so again when it changes back.
    const newBest = (known & 1) == 0 || best != carriedBackground ? 2 * pixelSize : 0;
    const newOther = (known & 1) == 0 || other != carriedBackground ? 2 * pixelSize : 0;
    uncover(state, pixels, stride, size, best);
    const count = cover(state, pixels, stride, size, MAX_SUBRECTS, 0, 0, 0);
    const bestBytes = count < 0 ? i32.MAX_VALUE : 2 * count + <i32>newBest;
    if (otherCount * 4 >= bestCount || newOther < newBest) {
      uncover(state, pixels, stride, size, other);
      const otherRects = cover(state, pixels, stride, size, MAX_SUBRECTS, 0, 0, 0);
      if (otherRects >= 0 && 2 * otherRects + <i32>newOther < bestBytes) {
        const swapped = best;
        best = other;
        other = swapped;
      }
    }
  }

  const newBackground = (known & 1) == 0 || best != carriedBackground;
  const newForeground = !coloured && ((known & 2) == 0 || other != carriedForeground);
  const each: i32 = coloured ? <i32>pixelSize + 2 : 2;
  const head: i32 =
    1 + (newBackground ? <i32>pixelSize : 0) + (newForeground ? <i32>pixelSize : 0);
  const room = min(MAX_SUBRECTS, max(0, raw - head - 1) / each);
  uncover(state, pixels, stride, size, best);
  const list = target + head + 1;
  const count = cover(state, pixels, stride, size, room, list, coloured ? pixelSize : 0, shifts);
  if (count < 0) return writeRaw(pixels, stride, size, pixelSize, shifts, state, target);

  store<u8>(
    target,
    <u8>(
      ((newBackground ? BACKGROUND_SPECIFIED : 0) |
        (newForeground ? FOREGROUND_SPECIFIED : 0) |
        ANY_SUBRECTS |
        (coloured ? SUBRECTS_COLOURED : 0))
    ),
  );
  let at = target + 1;
  if (newBackground) at = writePixel(at, best, pixelSize, shifts);
  if (newForeground) at = writePixel(at, other, pixelSize, shifts);
  store<u8>(at, <u8>count);
  store<u32>(state + BACKGROUND, best);
  if (!coloured) store<u32>(state + FOREGROUND, other);
  // Behind a coloured tile the foreground is named again: some decoders use it as their scratch colour.
  store<u32>(state + KNOWN, coloured ? 1 : 3);
  return <u32>(head + 1 + count * each);
}
