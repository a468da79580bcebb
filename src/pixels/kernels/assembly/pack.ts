// From values to bytes and between formats of values; the readable twin is ../plain/pack.ts.

/** Lanes of a swizzle that take byte `shift / 8` of each value, for pixels of `size` bytes. Others become zero. */
function packingLanes(size: u32, shift0: u32, shift1: u32, shift2: u32, shift3: u32): v128 {
  let low: u64 = -1;
  let high: u64 = -1;
  for (let i: u32 = 0; i < 4 * size; i++) {
    const value = i / size;
    const byte = i % size;
    const shift = byte == 0 ? shift0 : byte == 1 ? shift1 : byte == 2 ? shift2 : shift3;
    const lane = <u64>(4 * value + (shift >>> 3));
    const at = <u64>((i & 7) << 3);
    if (i < 8) low = (low & ~((<u64>255) << at)) | (lane << at);
    else high = (high & ~((<u64>255) << at)) | (lane << at);
  }
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

/** Four values with the wanted bytes moved to the places that packingLanes takes them from with shifts 0, 8, 16, 24. */
function gatherBytes(values: v128, shift0: u32, shift1: u32, shift2: u32, shift3: u32): v128 {
  const byte = i32x4.splat(255);
  const first = v128.and(i32x4.shr_u(values, shift0), byte);
  const second = i32x4.shl(v128.and(i32x4.shr_u(values, shift1), byte), 8);
  const third = i32x4.shl(v128.and(i32x4.shr_u(values, shift2), byte), 16);
  const fourth = i32x4.shl(i32x4.shr_u(values, shift3), 24);
  return v128.or(v128.or(first, second), v128.or(third, fourth));
}

export function packPixels(
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
): void {
  const whole = ((shift0 | shift1 | shift2 | shift3) & 7) == 0;
  const lanes = whole
    ? packingLanes(size, shift0, shift1, shift2, shift3)
    : packingLanes(size, 0, 8, 16, 24);
  const step = <usize>(4 * size);
  const stop = target + <usize>width * height * size;
  for (let y: u32 = 0; y < height; y++) {
    let at = pixels;
    const end = pixels + ((<usize>width) << 2);
    // Each store is 16 bytes wide; what it writes too much is written again by the next.
    if (whole) {
      for (; at + 64 <= end && target + 3 * step + 16 <= stop; at += 64, target += 4 * step) {
        v128.store(target, i8x16.swizzle(v128.load(at), lanes));
        v128.store(target + step, i8x16.swizzle(v128.load(at, 16), lanes));
        v128.store(target + 2 * step, i8x16.swizzle(v128.load(at, 32), lanes));
        v128.store(target + 3 * step, i8x16.swizzle(v128.load(at, 48), lanes));
      }
    }
    for (; at + 16 <= end && target + 16 <= stop; at += 16, target += step) {
      const values = v128.load(at);
      const ready = whole ? values : gatherBytes(values, shift0, shift1, shift2, shift3);
      v128.store(target, i8x16.swizzle(ready, lanes));
    }
    for (; at < end; at += 4, target += size) {
      const value = load<u32>(at);
      store<u8>(target, <u8>(value >>> shift0));
      if (size > 1) store<u8>(target, <u8>(value >>> shift1), 1);
      if (size > 2) store<u8>(target, <u8>(value >>> shift2), 2);
      if (size > 3) store<u8>(target, <u8>(value >>> shift3), 3);
    }
    pixels += stride;
  }
}

export function moveChannels(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  target: usize,
  targetStride: u32,
  redShift: u32,
  greenShift: u32,
  blueShift: u32,
  filler: u32,
): void {
  const byte = i32x4.splat(255);
  const filling = i32x4.splat(filler);
  for (let y: u32 = 0; y < height; y++) {
    let x: usize = 0;
    const end = (<usize>width) << 2;
    for (; x + 16 <= end; x += 16) {
      const values = v128.load(pixels + x);
      const red = i32x4.shl(v128.and(i32x4.shr_u(values, 16), byte), redShift);
      const green = i32x4.shl(v128.and(i32x4.shr_u(values, 8), byte), greenShift);
      const blue = i32x4.shl(v128.and(values, byte), blueShift);
      v128.store(target + x, v128.or(v128.or(red, green), v128.or(blue, filling)));
    }
    for (; x < end; x += 4) {
      const value = load<u32>(pixels + x);
      const red = ((value >>> 16) & 255) << redShift;
      const green = ((value >>> 8) & 255) << greenShift;
      const blue = (value & 255) << blueShift;
      store<u32>(target + x, red | green | blue | filler);
    }
    pixels += stride;
    target += targetStride;
  }
}

export function translatePixels(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  target: usize,
  targetStride: u32,
  tables: usize,
): void {
  // Text and areas: the same pixel again and again.
  let last = load<u32>(pixels);
  let value = translated(last, tables);
  for (let y: u32 = 0; y < height; y++) {
    const end = (<usize>width) << 2;
    for (let x: usize = 0; x < end; x += 4) {
      const pixel = load<u32>(pixels + x);
      if (pixel != last) {
        last = pixel;
        value = translated(pixel, tables);
      }
      store<u32>(target + x, value);
    }
    pixels += stride;
    target += targetStride;
  }
}

function translated(pixel: u32, tables: usize): u32 {
  const red = load<u32>(tables + ((<usize>(pixel >>> 16) & 255) << 2));
  const green = load<u32>(tables + ((<usize>(pixel >>> 8) & 255) << 2), 1024);
  const blue = load<u32>(tables + ((<usize>pixel & 255) << 2), 2048);
  return red | green | blue;
}
