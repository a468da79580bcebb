// The checksum of zlib streams (RFC 1950), 16 bytes at a time; the readable twin is ../plain/adler.ts.

import { sumOfLanes } from './lanes';

const MODULUS: u32 = 65521;
/** So many bytes can be summed up before 32 bits overflow; a multiple of 16. */
const MAX_SUMMED: u32 = 5552;

/** Goes on with an Adler-32 checksum (1 at the start) over `length` bytes. */
export function adler32(checksum: u32, address: usize, length: u32): u32 {
  let a = checksum & 0xffff;
  let b = checksum >>> 16;
  // How often each of 16 bytes counts in b.
  const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  while (length > 0) {
    const part = min(length, MAX_SUMMED);
    length -= part;
    let left = part;
    let sums = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    // The sums before each 16 bytes, which count 16 times in b.
    let before = i32x4.splat(0);
    for (; left >= 16; left -= 16, address += 16) {
      const bytes = v128.load(address);
      before = i32x4.add(before, sums);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(low, weightsLow));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(high, weightsHigh));
    }
    b += a * (part - left) + sumOfLanes(weighted) + 16 * sumOfLanes(before);
    a += sumOfLanes(sums);
    for (; left > 0; left--, address++) {
      a += load<u8>(address);
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b << 16) | a;
}
