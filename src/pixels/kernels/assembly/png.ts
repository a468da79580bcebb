// PNG's rows: filters that are put before compression and taken away after it. The readable twin is ../plain/png.ts.

const NONE: u32 = 0;
const SUB: u32 = 1;
const UP: u32 = 2;
const AVERAGE: u32 = 3;
const PAETH: u32 = 4;

/** Bytes of the pixels that Paeth is used for. */
const PIXEL: usize = 3;

/**
 * Which of left, above, and above left is nearest to left + above - above left; the first of them if several are. Distances
 * that do not fit a byte are cut to 255, as no other is larger.
 */
function paeth(left: v128, above: v128, aboveLeft: v128): v128 {
  const toLeft = v128.or(i8x16.sub_sat_u(above, aboveLeft), i8x16.sub_sat_u(aboveLeft, above));
  const toAbove = v128.or(i8x16.sub_sat_u(left, aboveLeft), i8x16.sub_sat_u(aboveLeft, left));
  // Both differ from the corner in the same direction: the distances add up. Otherwise they work against each other.
  const opposite = v128.xor(i8x16.ge_u(above, aboveLeft), i8x16.ge_u(left, aboveLeft));
  const apart = v128.or(i8x16.sub_sat_u(toLeft, toAbove), i8x16.sub_sat_u(toAbove, toLeft));
  const toCorner = v128.bitselect(apart, i8x16.add_sat_u(toLeft, toAbove), opposite);
  const upper = v128.bitselect(above, aboveLeft, i8x16.le_u(toAbove, toCorner));
  return v128.bitselect(left, upper, i8x16.le_u(toLeft, i8x16.min_u(toAbove, toCorner)));
}

/** The same for one byte. */
function paethByte(left: i32, above: i32, aboveLeft: i32): u32 {
  const toLeft = abs(above - aboveLeft);
  const toAbove = abs(left - aboveLeft);
  const toCorner = abs(left + above - 2 * aboveLeft);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : aboveLeft;
}

export function filterRows(
  source: usize,
  rowBytes: u32,
  height: u32,
  filter: u32,
  target: usize,
): void {
  for (let y: u32 = 0; y < height; y++) {
    store<u8>(target, <u8>filter);
    target++;
    if (filter == NONE) memory.copy(target, source, rowBytes);
    else if (y == 0) filterFirst(source, rowBytes, target);
    else filterPaeth(source, rowBytes, target);
    source += rowBytes;
    target += rowBytes;
  }
}

/** Without a row above, Paeth takes the left neighbour. */
function filterFirst(source: usize, rowBytes: usize, target: usize): void {
  let i: usize = 0;
  for (; i < min(PIXEL, rowBytes); i++) store<u8>(target + i, load<u8>(source + i));
  for (; i + 16 <= rowBytes; i += 16)
    v128.store(target + i, i8x16.sub(v128.load(source + i), v128.load(source + i - PIXEL)));
  for (; i < rowBytes; i++)
    store<u8>(target + i, load<u8>(source + i) - load<u8>(source + i - PIXEL));
}

function filterPaeth(source: usize, rowBytes: usize, target: usize): void {
  const above = source - rowBytes;
  let i: usize = 0;
  // Without a left neighbour, it takes the one above.
  for (; i < min(PIXEL, rowBytes); i++)
    store<u8>(target + i, load<u8>(source + i) - load<u8>(above + i));
  for (; i + 16 <= rowBytes; i += 16) {
    const left = v128.load(source + i - PIXEL);
    const guess = paeth(left, v128.load(above + i), v128.load(above + i - PIXEL));
    v128.store(target + i, i8x16.sub(v128.load(source + i), guess));
  }
  for (; i < rowBytes; i++) {
    const guess = paethByte(
      load<u8>(source + i - PIXEL),
      load<u8>(above + i),
      load<u8>(above + i - PIXEL),
    );
    store<u8>(target + i, <u8>(load<u8>(source + i) - guess));
  }
}

export function unfilterRows(
  source: usize,
  target: usize,
  rowBytes: u32,
  height: u32,
  bytesPerPixel: u32,
): u32 {
  for (let y: u32 = 0; y < height; y++) {
    const filter: u32 = load<u8>(source);
    source++;
    const above = target - rowBytes;
    if (filter == NONE) memory.copy(target, source, rowBytes);
    else if (filter == SUB) addLeft(source, target, rowBytes, bytesPerPixel);
    else if (filter == UP) addAbove(source, target, rowBytes, above);
    else if (filter == AVERAGE) addAverage(source, target, rowBytes, bytesPerPixel, above);
    else if (filter != PAETH) return 0;
    else if (<usize>bytesPerPixel == PIXEL) addPaethPixels(source, target, rowBytes, above);
    else addPaeth(source, target, rowBytes, bytesPerPixel, above);
    source += rowBytes;
    target += rowBytes;
  }
  return 1;
}

function addLeft(source: usize, target: usize, rowBytes: usize, pixel: usize): void {
  const first = min(pixel, rowBytes);
  memory.copy(target, source, first);
  for (let i = first; i < rowBytes; i++)
    store<u8>(target + i, load<u8>(source + i) + load<u8>(target + i - pixel));
}

function addAbove(source: usize, target: usize, rowBytes: usize, above: usize): void {
  let i: usize = 0;
  for (; i + 16 <= rowBytes; i += 16)
    v128.store(target + i, i8x16.add(v128.load(source + i), v128.load(above + i)));
  for (; i < rowBytes; i++) store<u8>(target + i, load<u8>(source + i) + load<u8>(above + i));
}

function addAverage(
  source: usize,
  target: usize,
  rowBytes: usize,
  pixel: usize,
  above: usize,
): void {
  for (let i: usize = 0; i < rowBytes; i++) {
    const left: u32 = i < pixel ? 0 : load<u8>(target + i - pixel);
    const average = (left + load<u8>(above + i)) >>> 1;
    store<u8>(target + i, <u8>(load<u8>(source + i) + average));
  }
}

function addPaeth(source: usize, target: usize, rowBytes: usize, pixel: usize, above: usize): void {
  for (let i: usize = 0; i < rowBytes; i++) {
    const left: u32 = i < pixel ? 0 : load<u8>(target + i - pixel);
    const aboveLeft: u32 = i < pixel ? 0 : load<u8>(above + i - pixel);
    const guess = paethByte(left, load<u8>(above + i), aboveLeft);
    store<u8>(target + i, <u8>(load<u8>(source + i) + guess));
  }
}

/** The channels of a pixel at a time; of the four bytes that are looked at, the last is nobody's. */
function addPaethPixels(source: usize, target: usize, rowBytes: usize, above: usize): void {
  let left = i32x4.splat(0);
  let aboveLeft = i32x4.splat(0);
  for (let i: usize = 0; i < rowBytes; i += PIXEL) {
    const here = v128.load32_zero(above + i);
    left = i8x16.add(v128.load32_zero(source + i), paeth(left, here, aboveLeft));
    aboveLeft = here;
    const pixel = i32x4.extract_lane(left, 0);
    store<u16>(target + i, <u16>pixel);
    store<u8>(target + i, <u8>(pixel >>> 16), 2);
  }
}
