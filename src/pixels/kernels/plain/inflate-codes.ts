/**
 * Huffman codes of INFLATE (RFC 1951 3.2) as tables to look the next bits up in; the twin of ../assembly/inflate-codes.ts,
 * which tells what an entry is.
 */

export const LITERAL = 0x80000000;
export const SPECIAL = 0x8000;
export const LINK = 0x4000;
export const END = 0x2000;
export const INVALID = 0x1000;

export const RootBits = { Literals: 11, Distances: 8, CodeLengths: 7 } as const;

/** What the symbols of a table mean. */
export type Kind = 'literals' | 'distances' | 'codeLengths';

const MAX_CODE_BITS = 15;

/** Least length of symbols 257..285, and how many more bits it takes. */
const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const LENGTH_EXTRA_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

/** The bits that follow the code of an entry, and what it stands for. */
export const extraOf = (entry: number): number => (entry & 255) - ((entry >>> 8) & 15);
export const valueOf = (entry: number): number => (entry >>> 16) & 0x7fff;

/** The entry of a symbol whose code has `bits` bits left to take. */
function entryOf(kind: Kind, symbol: number, bits: number): number {
  const literal = LITERAL | (symbol << 16) | (bits << 8) | bits;
  const value = (base: number, extra: number): number =>
    (base << 16) | (bits << 8) | (bits + extra);
  const special = (flag: number): number => SPECIAL | flag | (bits << 8) | bits;
  if (kind === 'codeLengths') return literal;
  if (kind === 'distances')
    return symbol > 29
      ? special(INVALID)
      : value(DISTANCE_BASES[symbol]!, DISTANCE_EXTRA_BITS[symbol]!);
  if (symbol < 256) return literal;
  if (symbol === 256) return special(END);
  return symbol > 285
    ? special(INVALID)
    : value(LENGTH_BASES[symbol - 257]!, LENGTH_EXTRA_BITS[symbol - 257]!);
}

/**
 * Builds the table of a code from the lengths of its symbols. Returns how many bits the table looks at, at most `rootBits`; 0
 * when these are no code: more symbols than its bits can tell apart, or fewer, but for no symbols at all, or a single one of
 * one bit (as zlib has it; what is missing is INVALID then).
 */
export function buildTable(
  table: Uint32Array,
  rootBits: number,
  lengths: Uint8Array,
  kind: Kind,
): number {
  const counts = new Uint16Array(MAX_CODE_BITS + 1);
  for (const bits of lengths) counts[bits]!++;
  counts[0] = 0;
  const longest = counts.findLastIndex((count) => count > 0);
  let free = 1;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
    free = 2 * free - counts[bits]!;
    if (free < 0) return 0;
  }
  const root = Math.min(rootBits, Math.max(1, longest));
  const rootSize = 1 << root;
  if (longest < 0 || free > 0) {
    if (longest > 1 || (longest === 1 && kind === 'codeLengths')) return 0;
    const missing = kind === 'codeLengths' ? entryOf(kind, 0, 1) : SPECIAL | INVALID | 0x101;
    table.fill(missing, 0, rootSize);
    if (longest < 0) return root;
  }

  // Codes are counted up with their first bit lowest, as they stand in the data.
  let code = 0;
  let secondEnd = rootSize;
  let second = { prefix: -1, start: 0, bits: 0 };
  for (let bits = 1; bits <= longest; bits++) {
    let left = counts[bits]!;
    for (let symbol = 0; left > 0; symbol++) {
      if (lengths[symbol] !== bits) continue;
      if (bits <= root) {
        const entry = entryOf(kind, symbol, bits);
        for (let i = code; i < rootSize; i += 1 << bits) table[i] = entry;
      } else {
        const prefix = code & (rootSize - 1);
        const rest = bits - root;
        if (prefix !== second.prefix) {
          second = {
            prefix,
            start: secondEnd,
            bits: secondTableBits(counts, root, rest, left),
          };
          secondEnd += 1 << second.bits;
          table[prefix] = SPECIAL | LINK | (second.start << 16) | (second.bits << 8) | root;
        }
        const entry = entryOf(kind, symbol, rest);
        for (let i = code >>> root; i < 1 << second.bits; i += 1 << rest)
          table[second.start + i] = entry;
      }
      code = nextCode(code, bits);
      left--;
    }
  }
  return root;
}

/** As many bits as it takes to hold all codes with one prefix, the first of which has `rest` bits after it. */
function secondTableBits(counts: Uint16Array, root: number, rest: number, left: number): number {
  let bits = rest;
  let room = (1 << bits) - left;
  while (room > 0) {
    bits++;
    room = 2 * room - counts[root + bits]!;
  }
  return bits;
}

/** Adds 1 at the last bit of a code, carrying towards the first. */
function nextCode(code: number, bits: number): number {
  let bit = 1 << (bits - 1);
  while ((code & bit) !== 0) bit >>>= 1;
  return bit === 0 ? 0 : (code & (bit - 1)) | bit;
}
