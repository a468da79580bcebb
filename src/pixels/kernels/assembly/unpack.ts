// From the bytes of an encoding to pixels 0xFFRRGGBB; the readable twin is ../plain/unpack.ts.

const OPAQUE: u32 = 0xff000000;

/** Pixels of three bytes. `order` has the places of blue, green and red among them, a byte each, blue lowest. */
export function unpackPixels(
  source: usize,
  target: usize,
  stride: u32,
  width: u32,
  height: u32,
  order: u32,
): void {
  // Of 12 bytes, the four that make each pixel; what is behind the 16th is 0.
  const places = i32x4.add(
    i32x4.splat(order | OPAQUE),
    i32x4(0, 0x00030303, 0x00060606, 0x00090909),
  );
  const opaque = i32x4.splat(OPAQUE);
  for (let y: u32 = 0; y < height; y++) {
    let to = target;
    let left = width;
    for (; left >= 4; left -= 4, source += 12, to += 16)
      v128.store(to, v128.or(i8x16.swizzle(v128.load(source), places), opaque));
    for (; left > 0; left--, source += 3, to += 4) store<u32>(to, pixelAt(source, order));
    target += stride;
  }
}

/** One pixel of three bytes. */
export function pixelAt(source: usize, order: u32): u32 {
  const blue: u32 = load<u8>(source + (order & 255));
  const green: u32 = load<u8>(source + ((order >>> 8) & 255));
  const red: u32 = load<u8>(source + ((order >>> 16) & 255));
  return OPAQUE | (red << 16) | (green << 8) | blue;
}

/**
 * Indexes of 1, 2, 4 or 8 bits into a palette of `colours` pixels, the first in the highest bits, each row from a whole byte.
 * 0 when an index is too large (then any part of the target may have been written), else 1.
 */
export function unpackIndexes(
  source: usize,
  target: usize,
  stride: u32,
  width: u32,
  height: u32,
  bits: u32,
  palette: usize,
  colours: u32,
): u32 {
  const rowBytes = (width * bits + 7) >>> 3;
  for (let y: u32 = 0; y < height; y++) {
    const good =
      colours <= 16
        ? unpackFew(source, target, width, bits, palette, colours)
        : unpackMany(source, target, width, palette, colours);
    if (!good) return 0;
    source += rowBytes;
    target += stride;
  }
  return 1;
}

/** A row of at most 16 colours: 16 pixels at a time, each channel looked up in a table of 16 bytes. */
function unpackFew(
  source: usize,
  target: usize,
  width: u32,
  bits: u32,
  palette: usize,
  colours: u32,
): bool {
  // Colours 0..15, four to a vector, to tables of their blue, green and red bytes. What stands behind the palette is not used.
  const c0 = v128.load(palette);
  const c1 = v128.load(palette, 16);
  const c2 = v128.load(palette, 32);
  const c3 = v128.load(palette, 48);
  const even01 = i8x16.shuffle(c0, c1, 0, 4, 8, 12, 16, 20, 24, 28, 2, 6, 10, 14, 18, 22, 26, 30);
  const even23 = i8x16.shuffle(c2, c3, 0, 4, 8, 12, 16, 20, 24, 28, 2, 6, 10, 14, 18, 22, 26, 30);
  const odd01 = i8x16.shuffle(c0, c1, 1, 5, 9, 13, 17, 21, 25, 29, 3, 7, 11, 15, 19, 23, 27, 31);
  const odd23 = i8x16.shuffle(c2, c3, 1, 5, 9, 13, 17, 21, 25, 29, 3, 7, 11, 15, 19, 23, 27, 31);
  const blues = i64x2.shuffle(even01, even23, 0, 2);
  const reds = i64x2.shuffle(even01, even23, 1, 3);
  const greens = i64x2.shuffle(odd01, odd23, 0, 2);
  const opaque = i8x16.splat(-1);
  const last = i8x16.splat(<i8>(colours - 1));

  let x: u32 = 0;
  for (; x + 16 <= width; x += 16) {
    const indexes = indexes16(source + ((x * bits) >>> 3), bits);
    if (v128.any_true(i8x16.gt_u(indexes, last))) return false;
    const blue = i8x16.swizzle(blues, indexes);
    const green = i8x16.swizzle(greens, indexes);
    const red = i8x16.swizzle(reds, indexes);
    const low0 = i8x16.shuffle(blue, green, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const low1 = i8x16.shuffle(
      blue,
      green,
      8,
      24,
      9,
      25,
      10,
      26,
      11,
      27,
      12,
      28,
      13,
      29,
      14,
      30,
      15,
      31,
    );
    const high0 = i8x16.shuffle(
      red,
      opaque,
      0,
      16,
      1,
      17,
      2,
      18,
      3,
      19,
      4,
      20,
      5,
      21,
      6,
      22,
      7,
      23,
    );
    const high1 = i8x16.shuffle(
      red,
      opaque,
      8,
      24,
      9,
      25,
      10,
      26,
      11,
      27,
      12,
      28,
      13,
      29,
      14,
      30,
      15,
      31,
    );
    const to = target + (x << 2);
    v128.store(to, i16x8.shuffle(low0, high0, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, i16x8.shuffle(low0, high0, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(to, i16x8.shuffle(low1, high1, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(to, i16x8.shuffle(low1, high1, 4, 12, 5, 13, 6, 14, 7, 15), 48);
  }
  for (; x < width; x++) {
    const at = x * bits;
    const byte: u32 = load<u8>(source + (at >>> 3));
    const index = (byte >>> (8 - bits - (at & 7))) & ((1 << bits) - 1);
    if (index >= colours) return false;
    store<u32>(target + (x << 2), load<u32>(palette + (index << 2)));
  }
  return true;
}

/** The next 16 indexes, a byte each. */
function indexes16(source: usize, bits: u32): v128 {
  if (bits == 8) return v128.load(source);
  if (bits == 4) {
    const bytes = v128.load64_zero(source);
    const high = i8x16.shr_u(bytes, 4);
    const low = v128.and(bytes, i8x16.splat(15));
    return i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  }
  if (bits == 2) {
    const bytes = v128.load32_zero(source);
    const spread = i8x16.swizzle(bytes, i8x16(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
    const high = isSet(spread, i32x4.splat(0x02082080));
    const low = isSet(spread, i32x4.splat(0x01041040));
    return v128.or(v128.and(high, i8x16.splat(2)), v128.and(low, i8x16.splat(1)));
  }
  const bytes = v128.load16_splat(source);
  const spread = i8x16.swizzle(bytes, i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  return v128.and(isSet(spread, i64x2.splat(0x0102040810204080)), i8x16.splat(1));
}

/** All bits of each byte that has a bit of `mask`. */
function isSet(bytes: v128, mask: v128): v128 {
  return i8x16.ne(v128.and(bytes, mask), i8x16.splat(0));
}

/** A row of more than 16 colours: indexes are bytes. */
function unpackMany(source: usize, target: usize, width: u32, palette: usize, colours: u32): bool {
  let x: u32 = 0;
  if (colours < 256) {
    const last = i8x16.splat(<i8>(colours - 1));
    let tooLarge = i8x16.splat(0);
    for (; x + 16 <= width; x += 16)
      tooLarge = v128.or(tooLarge, i8x16.gt_u(v128.load(source + x), last));
    if (v128.any_true(tooLarge)) return false;
    for (; x < width; x++) if (load<u8>(source + x) >= <u8>colours) return false;
  }
  x = 0;
  for (; x + 8 <= width; x += 8) {
    const indexes = load<u64>(source + x);
    const to = target + (x << 2);
    store<u32>(to, load<u32>(palette + ((<usize>indexes & 255) << 2)));
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 6) & 0x3fc)), 4);
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 14) & 0x3fc)), 8);
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 22) & 0x3fc)), 12);
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 30) & 0x3fc)), 16);
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 38) & 0x3fc)), 20);
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 46) & 0x3fc)), 24);
    store<u32>(to, load<u32>(palette + (<usize>(indexes >> 54) & 0x3fc)), 28);
  }
  for (; x < width; x++)
    store<u32>(target + (x << 2), load<u32>(palette + ((<usize>load<u8>(source + x)) << 2)));
  return true;
}

/**
 * Differences of red, green and blue bytes to what the pixels at the left, above, and above at the left let one expect
 * (Tight's gradient filter). The row before the target's first is the one above it.
 */
export function unpackGradient(
  source: usize,
  target: usize,
  stride: u32,
  width: u32,
  height: u32,
): void {
  const places = i8x16(2, 1, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  for (let y: u32 = 0; y < height; y++) {
    let above = target - stride;
    let to = target;
    // Four channels, 16 bits each, so that sums are exact; narrowing them limits to 0..255.
    let left = i16x8.splat(0);
    let upLeft = i16x8.splat(0);
    for (let x: u32 = 0; x < width; x++) {
      const up = i16x8.extend_low_i8x16_u(v128.load32_zero(above));
      const change = i16x8.sub(up, upLeft);
      const difference = i8x16.swizzle(v128.load32_zero(source), places);
      const sum = i16x8.add(left, change);
      const pixel = i8x16.add(i8x16.narrow_i16x8_u(sum, sum), difference);
      store<u32>(to, i32x4.extract_lane(pixel, 0) | OPAQUE);
      left = i16x8.extend_low_i8x16_u(pixel);
      upLeft = up;
      above += 4;
      source += 3;
      to += 4;
    }
    target += stride;
  }
}
