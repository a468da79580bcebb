// Predictions of bytes from their neighbours; the readable twin is ../plain/filter.ts.

function clamped(left: u32, above: u32, aboveLeft: u32): u32 {
  return <u32>max<i32>(0, min<i32>(255, <i32>left + <i32>above - <i32>aboveLeft));
}

export function filterGradient(source: usize, rowBytes: u32, height: u32, target: usize): void {
  for (let y: u32 = 0; y < height; y++) {
    const above = source - rowBytes;
    let i: usize = 0;
    // The first pixel has none to its left, the first row none above it.
    for (; i < min<usize>(3, rowBytes); i++)
      store<u8>(target + i, <u8>(load<u8>(source + i) - (y > 0 ? load<u8>(above + i) : 0)));
    if (y > 0) {
      for (; i + 16 <= <usize>rowBytes; i += 16) {
        const left = v128.load(source + i - 3);
        const up = v128.load(above + i);
        const upLeft = v128.load(above + i - 3);
        const low = i16x8.sub(
          i16x8.add(i16x8.extend_low_i8x16_u(left), i16x8.extend_low_i8x16_u(up)),
          i16x8.extend_low_i8x16_u(upLeft),
        );
        const high = i16x8.sub(
          i16x8.add(i16x8.extend_high_i8x16_u(left), i16x8.extend_high_i8x16_u(up)),
          i16x8.extend_high_i8x16_u(upLeft),
        );
        const guess = i8x16.narrow_i16x8_u(low, high);
        v128.store(target + i, i8x16.sub(v128.load(source + i), guess));
      }
      for (; i < <usize>rowBytes; i++) {
        const guess = clamped(
          load<u8>(source + i - 3),
          load<u8>(above + i),
          load<u8>(above + i - 3),
        );
        store<u8>(target + i, <u8>(load<u8>(source + i) - guess));
      }
    } else {
      for (; i + 16 <= <usize>rowBytes; i += 16)
        v128.store(target + i, i8x16.sub(v128.load(source + i), v128.load(source + i - 3)));
      for (; i < <usize>rowBytes; i++)
        store<u8>(target + i, <u8>(load<u8>(source + i) - load<u8>(source + i - 3)));
    }
    source += rowBytes;
    target += rowBytes;
  }
}
