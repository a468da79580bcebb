// Huffman codes of INFLATE (RFC 1951 3.2) as tables to look the next bits up in; the readable twin is ../plain/inflate-codes.ts.
//
// A table has one entry for each value of the next bits, as many as the longest code has, but no more than its root bits; codes
// that are longer go on in a second table behind it.
// An entry, 32 bits:
//   0..7    bits to take: of the code (in a second table: of the rest of it) and of what follows it
//   8..11   of those, the code's; for LINK: the number of bits that the second table looks at
//   12..15  SPECIAL and one of END, INVALID, LINK; else 0
//   16..30  the literal, or the least length or distance; for LINK: where the second table begins
//   31      LITERAL

export const LITERAL: u32 = 0x80000000;
export const SPECIAL: u32 = 0x8000;
export const LINK: u32 = 0x4000;
export const END: u32 = 0x2000;
export const INVALID: u32 = 0x1000;

export const LITERAL_ROOT_BITS: u32 = 11;
export const DISTANCE_ROOT_BITS: u32 = 8;
export const LENGTH_ROOT_BITS: u32 = 7;

/** What a table's symbols mean. */
export const LITERALS_AND_LENGTHS: u32 = 0;
export const DISTANCES: u32 = 1;
export const CODE_LENGTHS: u32 = 2;

const MAX_CODE_BITS: u32 = 15;

/** Least length of symbols 257..285, and how many more bits it takes. */
const LENGTH_BASES = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
]);
const LENGTH_EXTRA_BITS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASES = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
]);
const DISTANCE_EXTRA_BITS = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);

/** Bytes that `buildTable` works in: counts and offsets by length, then the symbols in order of their codes. */
const OFFSETS: usize = 32;
const SORTED: usize = 64;
export const SCRATCH_BYTES: usize = 64 + 2 * 288;

/** The entry of a symbol whose code has `bits` bits left to take. */
function entryOf(kind: u32, symbol: u32, bits: u32): u32 {
  if (kind == CODE_LENGTHS) return LITERAL | (symbol << 16) | (bits << 8) | bits;
  if (kind == DISTANCES) {
    if (symbol > 29) return SPECIAL | INVALID | (bits << 8) | bits;
    const extra: u32 = load<u8>(DISTANCE_EXTRA_BITS + symbol);
    const base: u32 = load<u16>(DISTANCE_BASES + (symbol << 1));
    return (base << 16) | (bits << 8) | (bits + extra);
  }
  if (symbol < 256) return LITERAL | (symbol << 16) | (bits << 8) | bits;
  if (symbol == 256) return SPECIAL | END | (bits << 8) | bits;
  if (symbol > 285) return SPECIAL | INVALID | (bits << 8) | bits;
  const extra: u32 = load<u8>(LENGTH_EXTRA_BITS + symbol - 257);
  const base: u32 = load<u16>(LENGTH_BASES + ((symbol - 257) << 1));
  return (base << 16) | (bits << 8) | (bits + extra);
}

/**
 * Builds the table of a code from the lengths of its `count` symbols. Returns how many bits the table looks at, at most
 * `rootBits`; 0 when these are no code: more symbols than its bits can tell apart, or fewer, but for no symbols at all, or a
 * single one of one bit (as zlib has it; what is missing is INVALID then).
 */
export function buildTable(
  table: usize,
  rootBits: u32,
  lengths: usize,
  count: u32,
  kind: u32,
  scratch: usize,
): u32 {
  memory.fill(scratch, 0, OFFSETS);
  for (let i: u32 = 0; i < count; i++) {
    const at = scratch + ((<usize>load<u8>(lengths + i)) << 1);
    store<u16>(at, load<u16>(at) + 1);
  }
  store<u16>(scratch, 0);

  let longest: u32 = 0;
  let free: i32 = 1;
  let offset: u32 = 0;
  for (let bits: u32 = 1; bits <= MAX_CODE_BITS; bits++) {
    const withBits: u32 = load<u16>(scratch + (bits << 1));
    free = (free << 1) - withBits;
    if (free < 0) return 0;
    if (withBits != 0) longest = bits;
    store<u16>(scratch + OFFSETS + (bits << 1), <u16>offset);
    offset += withBits;
  }
  if (longest == 0 || free > 0) {
    if (longest > 1 || (longest == 1 && kind == CODE_LENGTHS)) return 0;
    const missing = kind == CODE_LENGTHS ? entryOf(kind, 0, 1) : SPECIAL | INVALID | 0x101;
    store<u32>(table, missing);
    store<u32>(table, missing, 4);
    if (longest == 0) return 1;
  }
  for (let i: u32 = 0; i < count; i++) {
    const bits: u32 = load<u8>(lengths + i);
    if (bits == 0) continue;
    const at = scratch + OFFSETS + (bits << 1);
    const place: u32 = load<u16>(at);
    store<u16>(scratch + SORTED + (place << 1), <u16>i);
    store<u16>(at, <u16>(place + 1));
  }

  // Codes are counted up with their first bit lowest, as they stand in the data.
  let code: u32 = 0;
  let symbolAt = scratch + SORTED;
  const root = min(longest, rootBits);
  const rootSize: u32 = 1 << root;
  for (let bits: u32 = 1; bits <= root; bits++) {
    // What shorter codes have repeats for either value of the next bit.
    repeatEntries(table, 1 << (bits - 1));
    for (let left: u32 = load<u16>(scratch + (bits << 1)); left > 0; left--) {
      store<u32>(table + (code << 2), entryOf(kind, load<u16>(symbolAt), bits));
      symbolAt += 2;
      code = nextCode(code, bits);
    }
  }

  let secondEnd = rootSize;
  let secondStart: u32 = 0;
  let secondBits: u32 = 0;
  let secondPrefix: u32 = 0xffffffff;
  for (let bits = root + 1; bits <= longest; bits++) {
    for (let left: u32 = load<u16>(scratch + (bits << 1)); left > 0; left--) {
      const prefix = code & (rootSize - 1);
      const rest = bits - root;
      if (prefix != secondPrefix) {
        // A new second table: as many bits as it takes to hold all codes with this prefix.
        secondPrefix = prefix;
        secondBits = rest;
        let room: i32 = (1 << secondBits) - left;
        while (room > 0) {
          secondBits++;
          room = (room << 1) - load<u16>(scratch + ((root + secondBits) << 1));
        }
        secondStart = secondEnd;
        secondEnd += 1 << secondBits;
        const link = SPECIAL | LINK | (secondStart << 16) | (secondBits << 8) | root;
        store<u32>(table + (prefix << 2), link);
      }
      const entry = entryOf(kind, load<u16>(symbolAt), rest);
      symbolAt += 2;
      for (let i = code >>> root; i < <u32>(1 << secondBits); i += 1 << rest)
        store<u32>(table + ((secondStart + i) << 2), entry);
      code = nextCode(code, bits);
    }
  }
  return root;
}

/** Writes the first `count` entries, a power of 2, a second time behind themselves. */
function repeatEntries(table: usize, count: u32): void {
  let from = table;
  const stop = table + (count << 2);
  let to = stop;
  if (count < 4) {
    for (; from < stop; from += 4, to += 4) store<u32>(to, load<u32>(from));
    return;
  }
  for (; from < stop; from += 16, to += 16) v128.store(to, v128.load(from));
}

/** Adds 1 at the last bit of a code, carrying towards the first. */
function nextCode(code: u32, bits: u32): u32 {
  let bit: u32 = 1 << (bits - 1);
  while ((code & bit) != 0) bit >>>= 1;
  return bit == 0 ? 0 : (code & (bit - 1)) | bit;
}
