// What blocks look like: solid edges, samples of busy ones; the readable twin is ../plain/survey.ts.

export function equalRows(pixels: usize, stride: u32, width: u32, height: u32, value: u32): u32 {
  const wide = i32x4.splat(value);
  for (let y: u32 = 0; y < height; y++) {
    let at = pixels;
    const end = pixels + ((<usize>width) << 2);
    for (; at + 64 <= end; at += 64) {
      const first = v128.or(v128.xor(v128.load(at), wide), v128.xor(v128.load(at, 16), wide));
      const second = v128.or(v128.xor(v128.load(at, 32), wide), v128.xor(v128.load(at, 48), wide));
      if (v128.any_true(v128.or(first, second))) return y;
    }
    for (; at < end; at += 4) if (load<u32>(at) != value) return y;
    pixels += stride;
  }
  return height;
}

export function solidSquares(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  flags: usize,
): u32 {
  const squares = (width + 63) >>> 6;
  memory.fill(flags, UNDECIDED, squares);
  return decideByPixels(pixels, stride, width, height, flags, squares);
}

/** Flags in the making: the pixels are still to be read. */
const UNDECIDED: u8 = 2;

export function solidSquaresIn(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  flags: usize,
  tiles: usize,
  columns: u32,
  x: u32,
  y: u32,
): u32 {
  const squares = (width + 63) >>> 6;
  let solid: u32 = 0;
  let undecided: u32 = 0;
  // The picture's first pixel: only addresses of its tiles, which are inside, are made from it.
  const picture = pixels - y * stride - ((<usize>x) << 2);
  for (let square: u32 = 0; square < squares; square++) {
    const left = x + (square << 6);
    const right = min(left + 64, x + width);
    const flag = flagByTiles(picture, stride, tiles, columns, left, right, y, y + height);
    store<u8>(flags + square, flag);
    if (flag == 1) solid++;
    else if (flag == UNDECIDED) undecided++;
  }
  return solid + decideByPixels(pixels, stride, width, height, flags, undecided);
}

/** Reads the squares, so many, that are undecided; returns how many of them are of one value. */
function decideByPixels(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  flags: usize,
  undecided: u32,
): u32 {
  const squares = (width + 63) >>> 6;
  const first = pixels;
  // Row by row over all squares: memory is read in order.
  for (let y: u32 = 0; y < height && undecided > 0; y++) {
    for (let square: u32 = 0; square < squares; square++) {
      if (load<u8>(flags + square) != UNDECIDED) continue;
      const offset = (<usize>square) << 8;
      const columns = min<u32>(64, width - (square << 6));
      if (isRow(pixels + offset, columns, load<u32>(first + offset))) continue;
      store<u8>(flags + square, 0);
      undecided--;
    }
    pixels += stride;
  }
  if (undecided > 0)
    for (let square: u32 = 0; square < squares; square++)
      if (load<u8>(flags + square) == UNDECIDED) store<u8>(flags + square, 1);
  return undecided;
}

/** What the tiles under a square say of it: they are all of its value, two are of different ones, or they do not tell. */
function flagByTiles(
  picture: usize,
  stride: u32,
  tiles: usize,
  columns: u32,
  left: u32,
  right: u32,
  top: u32,
  bottom: u32,
): u8 {
  let flag: u8 = 1;
  let known = false;
  let value: u32 = 0;
  for (let row = top >>> 6; row <= (bottom - 1) >>> 6; row++) {
    for (let column = left >>> 6; column <= (right - 1) >>> 6; column++) {
      if (load<u8>(tiles + row * columns + column) == 0) {
        flag = UNDECIDED;
        continue;
      }
      const here = load<u32>(picture + (row << 6) * stride + ((<usize>column) << 8));
      if (known && here != value) return 0;
      known = true;
      value = here;
    }
  }
  const isTile = ((left | top) & 63) == 0 && right - left == 64 && bottom - top == 64;
  return flag == UNDECIDED && isTile ? 0 : flag;
}

function isRow(at: usize, columns: u32, value: u32): bool {
  const wide = i32x4.splat(value);
  const end = at + ((<usize>columns) << 2);
  let other = i32x4.splat(0);
  for (; at + 64 <= end; at += 64) {
    const near = v128.or(v128.xor(v128.load(at), wide), v128.xor(v128.load(at, 16), wide));
    const far = v128.or(v128.xor(v128.load(at, 32), wide), v128.xor(v128.load(at, 48), wide));
    other = v128.or(other, v128.or(near, far));
  }
  if (v128.any_true(other)) return false;
  for (; at < end; at += 4) if (load<u32>(at) != value) return false;
  return true;
}

export function equalLeft(pixels: usize, stride: u32, width: u32, height: u32, value: u32): u32 {
  const wide = i32x4.splat(value);
  let most = width;
  for (let y: u32 = 0; y < height && most > 0; y++) {
    let x: u32 = 0;
    for (; x + 4 <= most; x += 4)
      if (v128.any_true(v128.xor(v128.load(pixels + ((<usize>x) << 2)), wide))) break;
    while (x < most && load<u32>(pixels + ((<usize>x) << 2)) == value) x++;
    most = x;
    pixels += stride;
  }
  return most;
}

export function equalRight(pixels: usize, stride: u32, width: u32, height: u32, value: u32): u32 {
  const wide = i32x4.splat(value);
  let most = width;
  for (let y: u32 = 0; y < height && most > 0; y++) {
    const end = pixels + ((<usize>width) << 2);
    let x: u32 = 0;
    for (; x + 4 <= most; x += 4)
      if (v128.any_true(v128.xor(v128.load(end - 16 - ((<usize>x) << 2)), wide))) break;
    while (x < most && load<u32>(end - 4 - ((<usize>x) << 2)) == value) x++;
    most = x;
    pixels += stride;
  }
  return most;
}

export function countTransitions(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  rowStep: u32,
): u32 {
  let count: u32 = 0;
  for (let y: u32 = 0; y < height; y += rowStep) {
    let at = pixels + 4;
    const end = pixels + ((<usize>width) << 2);
    for (; at + 16 <= end; at += 16)
      count += popcnt<u32>(i32x4.bitmask(i32x4.ne(v128.load(at), v128.load(at - 4))));
    for (; at < end; at += 4) if (load<u32>(at) != load<u32>(at - 4)) count++;
    pixels += stride * rowStep;
  }
  return count;
}

export function countRepeats(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  rowStep: u32,
): u32 {
  let count: u32 = 0;
  for (let y: u32 = 1; y < height; y += rowStep) {
    const row = pixels + y * stride;
    let at = row + 4;
    const end = row + ((<usize>width) << 2);
    for (; at + 16 <= end; at += 16) {
      const here = v128.load(at);
      const left = i32x4.eq(here, v128.load(at - 4));
      const above = i32x4.eq(here, v128.load(at - stride));
      count += popcnt<u32>(i32x4.bitmask(v128.or(left, above)));
    }
    for (; at < end; at += 4) {
      const here = load<u32>(at);
      if (here == load<u32>(at - 4) || here == load<u32>(at - stride)) count++;
    }
  }
  return count;
}
