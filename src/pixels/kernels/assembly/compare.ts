// Comparing pictures; the readable twin is ../plain/compare.ts.

/** 1 when two blocks of pixels differ anywhere, else 0. */
export function differ(
  a: usize,
  aStride: u32,
  b: usize,
  bStride: u32,
  width: u32,
  height: u32,
): u32 {
  const bytes = (<usize>width) << 2;
  for (let y: u32 = 0; y < height; y++) {
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16)
      if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return 1;
    for (; i < bytes; i += 4) if (load<u32>(a + i) != load<u32>(b + i)) return 1;
    a += aStride;
    b += bStride;
  }
  return 0;
}
