// Runs of equal values, and indexes as bits: the tiles of ZRLE and TRLE (RFB 7.7.5, 7.7.6); the readable twin is ../plain/runs.ts.

/** Indexes from `at` on that are as the first one. */
// @ts-ignore: decorator
@inline function byteRun(at: usize, end: usize): usize {
  const value = load<u8>(at);
  const all = i8x16.splat(<i8>value);
  let next = at + 1;
  // Most runs are short.
  for (let i = 0; i < 4; i++, next++) if (next == end || load<u8>(next) != value) return next - at;
  while (next + 16 <= end) {
    const others = <u32>i8x16.bitmask(i8x16.ne(v128.load(next), all));
    if (others != 0) return next + ctz(others) - at;
    next += 16;
  }
  while (next < end && load<u8>(next) == value) next++;
  return next - at;
}

/** Bytes of a run's length beyond the first. */
// @ts-ignore: decorator
@inline function longBytes(length: usize): u32 {
  return <u32>((length - 1) / 255);
}

// @ts-ignore: decorator
@inline function writeLength(length: usize, target: usize): usize {
  let left = length - 1;
  for (; left >= 255; left -= 255) store<u8>(target++, 255);
  store<u8>(target++, <u8>left);
  return target;
}

// What indexRunBytes has found besides: how many runs there are, and how many bytes of their lengths are 255.
export let indexRuns: u32 = 0;
export let longRunBytes: u32 = 0;

export function indexRunBytes(indexes: usize, count: u32): u32 {
  const end = indexes + count;
  // The first one begins a run, whatever stands before it.
  let runs: u32 = 0;
  let alone: u32 = 0;
  let long: u32 = 0;
  let length: usize = 0;
  let begun: u32 = 0;
  let begins: u32 = 1;
  for (let at = indexes; at < end; at += 16, begins = 0) {
    const left = min<u32>(16, <u32>(end - at));
    begins |= <u32>i8x16.bitmask(i8x16.ne(v128.load(at), v128.load(at - 1)));
    begins &= (1 << left) - 1;
    if (begins == 0) {
      length += left;
      begun = 0;
      continue;
    }
    // Where a run begins right behind another one's beginning, that other one is one index alone.
    alone += popcnt(begins & ((begins << 1) | begun));
    runs += popcnt(begins);
    length += ctz(begins);
    // The first beginning ends what may be a long run; those between are short.
    if (length > 255) long += longBytes(length);
    length = left - (31 - clz(begins));
    begun = begins >>> (left - 1);
  }
  alone += begun;
  if (length > 255) long += longBytes(length);
  indexRuns = runs;
  longRunBytes = long;
  return 2 * runs - alone + long;
}

export function writeIndexRuns(indexes: usize, count: u32, target: usize): u32 {
  const end = indexes + count;
  const start = target;
  for (let at = indexes; at < end; ) {
    const length = byteRun(at, end);
    const index = load<u8>(at);
    if (length == 1) {
      store<u8>(target++, index);
    } else {
      store<u8>(target++, index | 128);
      target = writeLength(length, target);
    }
    at += length;
  }
  return <u32>(target - start);
}

export function packIndexes(
  indexes: usize,
  width: u32,
  height: u32,
  bits: u32,
  target: usize,
): u32 {
  const start = target;
  for (let y: u32 = 0; y < height; y++) {
    const end = indexes + width;
    if (bits == 1) {
      // A byte's lowest bits are gathered by one multiplication.
      for (; indexes + 8 <= end; indexes += 8)
        store<u8>(target++, <u8>((load<u64>(indexes) * 0x8040201008040201) >>> 56));
    } else if (bits == 2) {
      for (; indexes + 4 <= end; indexes += 4) {
        const four = load<u32>(indexes);
        const byte =
          ((four & 3) << 6) | ((four >>> 4) & 0x30) | ((four >>> 14) & 0x0c) | (four >>> 24);
        store<u8>(target++, <u8>byte);
      }
    } else {
      for (; indexes + 2 <= end; indexes += 2) {
        const two = <u32>load<u16>(indexes);
        store<u8>(target++, <u8>((two << 4) | (two >>> 8)));
      }
    }
    if (indexes < end) {
      let byte: u32 = 0;
      let shift: u32 = 8;
      for (; indexes < end; indexes++) {
        shift -= bits;
        byte |= (<u32>load<u8>(indexes)) << shift;
      }
      store<u8>(target++, <u8>byte);
    }
  }
  return <u32>(target - start);
}

/** A bit for each of `count` (1..16) pixels that differs from the one before it, which for the first is `before`. */
// @ts-ignore: decorator
@inline function changes(pixels: usize, count: u32, before: u32): u32 {
  const asNext =
    i32x4.bitmask(i32x4.eq(v128.load(pixels), v128.load(pixels, 4))) |
    (i32x4.bitmask(i32x4.eq(v128.load(pixels, 16), v128.load(pixels, 20))) << 4) |
    (i32x4.bitmask(i32x4.eq(v128.load(pixels, 32), v128.load(pixels, 36))) << 8) |
    (i32x4.bitmask(i32x4.eq(v128.load(pixels, 48), v128.load(pixels, 52))) << 12);
  const later: u32 = <u32>~asNext << 1;
  return (later | u32(load<u32>(pixels) != before)) & ((1 << count) - 1);
}

export function pixelRunBytes(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  size: u32,
): u32 {
  let bytes: u32 = 0;
  let length: usize = 0;
  let value = load<u32>(pixels);
  for (let y: u32 = 0; y < height; y++) {
    for (let x: u32 = 0; x < width; x += 16) {
      const at = pixels + ((<usize>x) << 2);
      const count: u32 = min(16, width - x);
      const found = changes(at, count, value);
      value = load<u32>(at + ((<usize>count - 1) << 2));
      if (found == 0) {
        length += count;
        continue;
      }
      // The first change ends what may be a long run; those between are short.
      bytes += longBytes(length + ctz(found)) + <u32>popcnt(found) * (size + 1);
      length = count - (31 - clz(found));
    }
    pixels += stride;
  }
  return bytes + size + 1 + longBytes(length);
}

// @ts-ignore: decorator
@inline function writeRun(
  value: u32,
  length: usize,
  target: usize,
  size: u32,
  shift0: u32,
  shift1: u32,
  shift2: u32,
  shift3: u32,
): usize {
  if (size == 3 && length <= 255) {
    const low = ((value >>> shift0) & 255) | (((value >>> shift1) & 255) << 8);
    store<u32>(target, low | (((value >>> shift2) & 255) << 16) | (<u32>(length - 1) << 24));
    return target + 4;
  }
  store<u8>(target, <u8>(value >>> shift0));
  if (size > 1) store<u8>(target, <u8>(value >>> shift1), 1);
  if (size > 2) store<u8>(target, <u8>(value >>> shift2), 2);
  if (size > 3) store<u8>(target, <u8>(value >>> shift3), 3);
  return writeLength(length, target + size);
}

export function writePixelRuns(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  target: usize,
  size: u32,
  shift0: u32,
  shift1: u32,
  shift2: u32,
  shift3: u32,
): u32 {
  const start = target;
  let length: usize = 0;
  let value = load<u32>(pixels);
  for (let y: u32 = 0; y < height; y++) {
    for (let x: u32 = 0; x < width; x += 16) {
      const at = pixels + ((<usize>x) << 2);
      const count: u32 = min(16, width - x);
      let found = changes(at, count, value);
      let from: u32 = 0;
      while (found != 0) {
        const next: u32 = ctz(found);
        length += next - from;
        target = writeRun(value, length, target, size, shift0, shift1, shift2, shift3);
        value = load<u32>(at + ((<usize>next) << 2));
        length = 0;
        from = next;
        found &= found - 1;
      }
      length += count - from;
    }
    pixels += stride;
  }
  target = writeRun(value, length, target, size, shift0, shift1, shift2, shift3);
  return <u32>(target - start);
}
