// What kernels do alike with the lanes of vectors.

export function sumOfLanes(sums: v128): u32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

/** All bits of the bytes of which the pixels, of 16, are of a colour. */
// @ts-ignore: decorator
@inline
export function equalBytes(pixels: usize, colour: v128): v128 {
  const low = i16x8.narrow_i32x4_s(
    i32x4.eq(v128.load(pixels), colour),
    i32x4.eq(v128.load(pixels, 16), colour),
  );
  const high = i16x8.narrow_i32x4_s(
    i32x4.eq(v128.load(pixels, 32), colour),
    i32x4.eq(v128.load(pixels, 48), colour),
  );
  return i8x16.narrow_i16x8_s(low, high);
}
