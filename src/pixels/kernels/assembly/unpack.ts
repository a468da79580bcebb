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
    if (bits == 1) unpackBits(source, target, width, palette);
    else if (bits == 8) {
      if (!unpackBytes(source, target, width, palette, colours)) return 0;
    } else if (!unpackPacked(source, target, width, bits, palette, colours)) return 0;
    source += rowBytes;
    target += stride;
  }
  return 1;
}

/** A row of two colours, eight pixels at a time. */
function unpackBits(source: usize, target: usize, width: u32, palette: usize): void {
  const zero = v128.load32_splat(palette);
  const change = v128.xor(zero, v128.load32_splat(palette, 4));
  const highBits = i32x4(128, 64, 32, 16);
  const lowBits = i32x4(8, 4, 2, 1);
  let left = width;
  for (; left >= 8; left -= 8, source++, target += 32) {
    const byte = i32x4.splat(load<u8>(source));
    const first = i32x4.eq(v128.and(byte, highBits), highBits);
    const second = i32x4.eq(v128.and(byte, lowBits), lowBits);
    v128.store(target, v128.xor(zero, v128.and(first, change)));
    v128.store(target, v128.xor(zero, v128.and(second, change)), 16);
  }
  const rest: u32 = load<u8>(source);
  for (let bit: u32 = 128; left > 0; left--, bit >>>= 1, target += 4)
    store<u32>(target, load<u32>(palette + ((rest & bit) != 0 ? 4 : 0)));
}

/** A row of indexes of 2 or 4 bits. */
function unpackPacked(
  source: usize,
  target: usize,
  width: u32,
  bits: u32,
  palette: usize,
  colours: u32,
): bool {
  // The sign bit of this tells of an index that is too large.
  let wrong: u32 = 0;
  const last = colours - 1;
  let left = width;
  if (bits == 4) {
    for (; left >= 2; left -= 2, source++, target += 8) {
      const byte: u32 = load<u8>(source);
      wrong |= (last - (byte >>> 4)) | (last - (byte & 15));
      store<u32>(target, load<u32>(palette + ((byte >>> 2) & 0x3c)));
      store<u32>(target, load<u32>(palette + ((byte << 2) & 0x3c)), 4);
    }
  } else {
    for (; left >= 4; left -= 4, source++, target += 16) {
      const byte: u32 = load<u8>(source);
      wrong |= last - (byte >>> 6);
      wrong |= last - ((byte >>> 4) & 3);
      wrong |= last - ((byte >>> 2) & 3);
      wrong |= last - (byte & 3);
      store<u32>(target, load<u32>(palette + ((byte >>> 4) & 12)));
      store<u32>(target, load<u32>(palette + ((byte >>> 2) & 12)), 4);
      store<u32>(target, load<u32>(palette + (byte & 12)), 8);
      store<u32>(target, load<u32>(palette + ((byte << 2) & 12)), 12);
    }
  }
  const rest: u32 = load<u8>(source);
  for (let shift = 8 - bits; left > 0; left--, shift -= bits, target += 4) {
    const index = (rest >>> shift) & ((1 << bits) - 1);
    wrong |= last - index;
    store<u32>(target, load<u32>(palette + (index << 2)));
  }
  return <i32>wrong >= 0;
}

/** A row of indexes that are bytes. */
function unpackBytes(source: usize, target: usize, width: u32, palette: usize, colours: u32): bool {
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
