// What the symbols of deflate stand for, and the part of its work space that never changes; the readable twin is
// ../plain/deflate-block.ts.
import {
  DISTANCE_BITS,
  DISTANCE_SLOTS,
  DISTANCES,
  FIXED_BITS,
  FIXED_CODES,
  FIXED_DISTANCE_CODES,
  LENGTH_SLOTS,
  MAX_MATCH,
  MIN_MATCH,
  SYMBOL_BITS,
  SYMBOL_COUNTS,
} from './deflate-layout';
import { prepareLogarithms } from './deflate-least';
import { canonicalCodes } from './huffman';
import { clearWords } from './words';

/**
 * RFC 1951, 3.2.5: the lengths and distances that symbols stand for, and how many more bits choose among them.
 * Behind the last length stands where the next would begin; of more bits, 32 may be read.
 */
export const LENGTH_SYMBOLS: u32 = 29;
export const LENGTH_BASE = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258, 259,
]);
export const LENGTH_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0, 0, 0, 0,
]);
export const DISTANCE_BASE = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
]);
export const DISTANCE_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  0, 0,
]);
export const FIXED_DISTANCE_BITS: u32 = 5;

/** Fills in what never changes in a work space, and the counts, which every block leaves at zero. Once. */
export function deflatePrepare(work: usize): void {
  clearCounts(work);
  prepareLogarithms(work);
  for (let slot: u32 = 0; slot < LENGTH_SYMBOLS; slot++) {
    const first: u32 = load<u16>(LENGTH_BASE + (slot << 1));
    const last = min<u32>(first + (1 << load<u8>(LENGTH_EXTRA + slot)) - 1, MAX_MATCH);
    // 258 is in reach of the last symbol but one as well; its own comes last and wins.
    for (let length = first; length <= last; length++)
      store<u8>(work + LENGTH_SLOTS + length - MIN_MATCH, <u8>slot);
  }
  for (let slot: u32 = 0; slot < <u32>DISTANCES; slot++) {
    const first: u32 = load<u16>(DISTANCE_BASE + (slot << 1)) - 1;
    const end = first + (1 << load<u8>(DISTANCE_EXTRA + slot));
    for (let distance = first; distance < end; distance++)
      store<u8>(work + DISTANCE_SLOTS + slotIndex(distance), <u8>slot);
  }
  const bits = work + FIXED_BITS;
  memory.fill(bits, 8, 144);
  memory.fill(bits + 144, 9, 112);
  memory.fill(bits + 256, 7, 24);
  memory.fill(bits + 280, 8, 8);
  canonicalCodes(work, bits, 288, work + FIXED_CODES);
  memory.fill(work + DISTANCE_BITS, <u8>FIXED_DISTANCE_BITS, 32);
  canonicalCodes(work, work + DISTANCE_BITS, 32, work + FIXED_DISTANCE_CODES);
}

/** Where the slot of a distance - 1 stands. */
export function slotIndex(distance: u32): u32 {
  return distance < 256 ? distance : 256 + (distance >>> 7);
}

/** Forgets the counts, for the next block: those of symbols and of distances stand side by side, and zeros behind either. */
export function clearCounts(work: usize): void {
  clearWords(work + SYMBOL_COUNTS, SYMBOL_BITS - SYMBOL_COUNTS);
}
