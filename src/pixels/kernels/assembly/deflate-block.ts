// Blocks of deflate (RFC 1951, 3.2.3) from tokens; the readable twin is ../plain/deflate-block.ts.
import {
  alignBits,
  output,
  pending,
  pendingBits,
  putBits,
  putBytes,
  resumeBits,
} from './deflate-bits';
import {
  DESCRIPTION,
  DESCRIPTION_BITS,
  DESCRIPTION_CODES,
  DESCRIPTION_COUNTS,
  DISTANCE_BITS,
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  DISTANCE_SLOTS,
  DISTANCES,
  END_SYMBOL,
  END_TOKEN,
  FIRST_LENGTH_SYMBOL,
  FIXED_BITS,
  FIXED_CODES,
  FIXED_DISTANCE_CODES,
  LENGTH_CODES,
  LENGTH_SLOTS,
  MAX_MATCH,
  MIN_MATCH,
  SCRATCH,
  SYMBOL_BITS,
  SYMBOL_CODES,
  SYMBOL_COUNTS,
  SYMBOLS,
  TOKENS,
} from './deflate-layout';
import { canonicalCodes, codeLengths, increment } from './huffman';

/** RFC 1951, 3.2.5: the lengths and distances that symbols stand for, and how many more bits choose among them. */
const LENGTH_SYMBOLS: u32 = 29;
const LENGTH_BASE = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
]);
const LENGTH_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASE = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
]);
const DISTANCE_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);
/** RFC 1951, 3.2.7: the order in which the lengths of the description's own codes come. */
const DESCRIPTION_ORDER = memory.data<u8>([
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
]);
const DESCRIPTION_SYMBOLS: u32 = 19;
const REPEAT_LAST: u32 = 16;
const REPEAT_ZERO: u32 = 17;
const REPEAT_ZERO_LONG: u32 = 18;

/** The two bits after the final bit, which only the empty last block has set. */
const STORED: u32 = 0;
const FIXED: u32 = 1 << 1;
const DYNAMIC: u32 = 2 << 1;
const BLOCK_HEAD_BITS: u32 = 3;

/** The fixed code of a block's end, which is 0. */
const FIXED_END_BITS: u32 = 7;

const MAX_STORED_BYTES: u32 = 65535;
const MAX_BITS: u32 = 15;
/** Four literals and what waits go into 64 bits. */
const MAX_LITERAL_BITS: u32 = 14;
const FIXED_DISTANCE_BITS: u32 = 5;
/** The codes of so few tokens can never pay for their description. */
const FEW_TOKENS: u32 = 12;
/** From here on it is quicker to merge the codes of all lengths than of those that occur. */
const MANY_TOKENS: u32 = 512;
const CODE_MASK: u32 = 0xffff;
const EXTENDED_CODE_MASK: u32 = 0xffffff;

/** Fills in what never changes in a work space. Once. */
export function deflatePrepare(work: usize): void {
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

/** Forgets the counts, for the next block. */
export function clearCounts(work: usize): void {
  memory.fill(work + SYMBOL_COUNTS, 0, 4 * SYMBOLS);
  memory.fill(work + DISTANCE_COUNTS, 0, 4 * DISTANCES);
}

/**
 * Writes one block in the shortest of the three ways and clears the counts. `raw` is what the tokens, which were counted,
 * stand for; without tokens it is all literals.
 */
export function writeBlock(work: usize, tokens: u32, raw: usize, rawSize: u32): void {
  increment(work + SYMBOL_COUNTS, END_SYMBOL);
  const literalsOnly = tokens == 0;
  const extraBits = countExtraBits(work);
  const fixedCost = fixedBits(work) + extraBits;
  let dynamicCost: u32 = u32.MAX_VALUE;
  let described: u32 = 0;
  if (literalsOnly || tokens > FEW_TOKENS) {
    codeLengths(
      work,
      work + SYMBOL_COUNTS,
      SYMBOLS,
      literalsOnly ? MAX_LITERAL_BITS : MAX_BITS,
      work + SYMBOL_BITS,
    );
    codeLengths(work, work + DISTANCE_COUNTS, DISTANCES, MAX_BITS, work + DISTANCE_BITS);
    described = describe(work);
    dynamicCost = descriptionBits(work) + dynamicBits(work) + extraBits;
  }
  if (storedBits(rawSize) <= min(fixedCost, dynamicCost)) {
    writeStored(raw, rawSize);
  } else if (fixedCost <= dynamicCost) {
    putBits(FIXED, BLOCK_HEAD_BITS);
    writeData(work, work + FIXED_CODES, work + FIXED_DISTANCE_CODES, tokens, raw, rawSize);
  } else {
    putBits(DYNAMIC, BLOCK_HEAD_BITS);
    writeDescription(work, described);
    canonicalCodes(work, work + SYMBOL_BITS, SYMBOLS, work + SYMBOL_CODES);
    canonicalCodes(work, work + DISTANCE_BITS, DISTANCES, work + DISTANCE_CODES);
    writeData(work, work + SYMBOL_CODES, work + DISTANCE_CODES, tokens, raw, rawSize);
  }
  clearCounts(work);
}

/** Blocks of bytes as they are. */
export function writeStored(raw: usize, rawSize: u32): void {
  let from = raw;
  let left = rawSize;
  do {
    const size = min(left, MAX_STORED_BYTES);
    putBits(STORED, BLOCK_HEAD_BITS);
    alignBits();
    putBits(size | (~size << 16), 32);
    putBytes(from, size);
    from += size;
    left -= size;
  } while (left > 0);
}

/** An empty last block, with fixed codes, and the rest of its last byte. */
export function writeEnd(): void {
  putBits(1 | FIXED, BLOCK_HEAD_BITS + FIXED_END_BITS);
  alignBits();
}

function storedBits(rawSize: u32): u32 {
  const first = ((<u32>pendingBits + BLOCK_HEAD_BITS + 7) & ~7) - <u32>pendingBits + 32;
  const more = rawSize == 0 ? 0 : (rawSize - 1) / MAX_STORED_BYTES;
  return first + 40 * more + 8 * rawSize;
}

function fixedBits(work: usize): u32 {
  let sum = BLOCK_HEAD_BITS;
  for (let symbol: u32 = 0; symbol < <u32>SYMBOLS; symbol++)
    sum += load<u32>(work + SYMBOL_COUNTS + (symbol << 2)) * load<u8>(work + FIXED_BITS + symbol);
  for (let symbol: u32 = 0; symbol < <u32>DISTANCES; symbol++)
    sum += load<u32>(work + DISTANCE_COUNTS + (symbol << 2)) * FIXED_DISTANCE_BITS;
  return sum;
}

function dynamicBits(work: usize): u32 {
  let sum = BLOCK_HEAD_BITS;
  for (let symbol: u32 = 0; symbol < <u32>SYMBOLS; symbol++)
    sum += load<u32>(work + SYMBOL_COUNTS + (symbol << 2)) * load<u8>(work + SYMBOL_BITS + symbol);
  for (let symbol: u32 = 0; symbol < <u32>DISTANCES; symbol++)
    sum +=
      load<u32>(work + DISTANCE_COUNTS + (symbol << 2)) * load<u8>(work + DISTANCE_BITS + symbol);
  return sum;
}

/** The bits behind codes, the same in either code. */
function countExtraBits(work: usize): u32 {
  let sum: u32 = 0;
  const lengths = work + SYMBOL_COUNTS + 4 * FIRST_LENGTH_SYMBOL;
  for (let slot: u32 = 0; slot < LENGTH_SYMBOLS; slot++)
    sum += load<u32>(lengths + (slot << 2)) * load<u8>(LENGTH_EXTRA + slot);
  for (let slot: u32 = 0; slot < <u32>DISTANCES; slot++)
    sum += load<u32>(work + DISTANCE_COUNTS + (slot << 2)) * load<u8>(DISTANCE_EXTRA + slot);
  return sum;
}

// How many code lengths of symbols, distances and description are sent: what follows them is 0. Set by `describe`.
let symbolsSent: u32 = 0;
let distancesSent: u32 = 0;
let orderSent: u32 = 0;

/** Puts the lengths of both codes in few symbols (3.2.7), finds codes for those, and returns how many they are. */
function describe(work: usize): u32 {
  symbolsSent = SYMBOLS;
  while (
    symbolsSent > <u32>FIRST_LENGTH_SYMBOL &&
    load<u8>(work + SYMBOL_BITS + symbolsSent - 1) == 0
  )
    symbolsSent--;
  distancesSent = DISTANCES;
  while (distancesSent > 1 && load<u8>(work + DISTANCE_BITS + distancesSent - 1) == 0)
    distancesSent--;
  const lengths = work + SCRATCH;
  memory.copy(lengths, work + SYMBOL_BITS, symbolsSent);
  memory.copy(lengths + symbolsSent, work + DISTANCE_BITS, distancesSent);
  memory.fill(work + DESCRIPTION_COUNTS, 0, 4 * DESCRIPTION_SYMBOLS);
  const all = symbolsSent + distancesSent;
  let described: u32 = 0;
  for (let at: u32 = 0; at < all; ) {
    const value = load<u8>(lengths + at);
    let run: u32 = 1;
    while (at + run < all && load<u8>(lengths + at + run) == value) run++;
    at += run;
    described = describeRun(work, described, value, run);
  }
  codeLengths(work, work + DESCRIPTION_COUNTS, DESCRIPTION_SYMBOLS, 7, work + DESCRIPTION_BITS);
  orderSent = DESCRIPTION_SYMBOLS;
  while (
    orderSent > 4 &&
    load<u8>(work + DESCRIPTION_BITS + load<u8>(DESCRIPTION_ORDER + orderSent - 1)) == 0
  )
    orderSent--;
  return described;
}

function describeRun(work: usize, from: u32, value: u32, run: u32): u32 {
  let at = from;
  let left = run;
  if (value == 0) {
    while (left >= 11) {
      const size = min<u32>(left, 138);
      at = describeOne(work, at, REPEAT_ZERO_LONG, size - 11);
      left -= size;
    }
    if (left >= 3) {
      at = describeOne(work, at, REPEAT_ZERO, left - 3);
      left = 0;
    }
  } else {
    at = describeOne(work, at, value, 0);
    left--;
    while (left >= 3) {
      const size = min<u32>(left, 6);
      at = describeOne(work, at, REPEAT_LAST, size - 3);
      left -= size;
    }
  }
  for (; left > 0; left--) at = describeOne(work, at, value, 0);
  return at;
}

function describeOne(work: usize, at: u32, symbol: u32, extra: u32): u32 {
  store<u16>(work + DESCRIPTION + (at << 1), <u16>(symbol | (extra << 8)));
  increment(work + DESCRIPTION_COUNTS, symbol);
  return at + 1;
}

function repeatBits(symbol: u32): u32 {
  return symbol == REPEAT_LAST ? 2 : symbol == REPEAT_ZERO ? 3 : symbol == REPEAT_ZERO_LONG ? 7 : 0;
}

function descriptionBits(work: usize): u32 {
  let sum = 5 + 5 + 4 + 3 * orderSent;
  for (let symbol: u32 = 0; symbol < DESCRIPTION_SYMBOLS; symbol++) {
    const bits: u32 = load<u8>(work + DESCRIPTION_BITS + symbol) + repeatBits(symbol);
    sum += load<u32>(work + DESCRIPTION_COUNTS + (symbol << 2)) * bits;
  }
  return sum;
}

function writeDescription(work: usize, described: u32): void {
  putBits(symbolsSent - FIRST_LENGTH_SYMBOL, 5);
  putBits(distancesSent - 1, 5);
  putBits(orderSent - 4, 4);
  for (let i: u32 = 0; i < orderSent; i++)
    putBits(load<u8>(work + DESCRIPTION_BITS + load<u8>(DESCRIPTION_ORDER + i)), 3);
  canonicalCodes(work, work + DESCRIPTION_BITS, DESCRIPTION_SYMBOLS, work + DESCRIPTION_CODES);
  for (let i: u32 = 0; i < described; i++) {
    const one: u32 = load<u16>(work + DESCRIPTION + (i << 1));
    const code = load<u32>(work + DESCRIPTION_CODES + ((one & 255) << 2));
    const bits = code >>> 24;
    putBits((code & CODE_MASK) | ((one >>> 8) << bits), bits + repeatBits(one & 255));
  }
}

function writeData(
  work: usize,
  symbols: usize,
  distances: usize,
  tokens: u32,
  raw: usize,
  rawSize: u32,
): void {
  if (tokens == 0) {
    writeLiterals(symbols, raw, rawSize);
  } else {
    mergeLengthCodes(work, symbols, tokens);
    store<u32>(work + TOKENS + (tokens << 2), END_TOKEN);
    writeTokens(work, symbols, distances, tokens);
  }
  const end = load<u32>(symbols + 4 * END_SYMBOL);
  putBits(end & CODE_MASK, end >>> 24);
}

/** One table from a length to its code and extra bits; of few tokens only the lengths that occur. */
function mergeLengthCodes(work: usize, symbols: usize, tokens: u32): void {
  if (tokens > MANY_TOKENS) {
    for (let length: u32 = 0; length <= <u32>(MAX_MATCH - MIN_MATCH); length++)
      mergeLengthCode(work, symbols, length);
    return;
  }
  const end = work + TOKENS + (tokens << 2);
  for (let at = work + TOKENS; at < end; at += 4) {
    const token = load<u32>(at);
    if (token >= 256) mergeLengthCode(work, symbols, (token >>> 16) & 255);
  }
}

function mergeLengthCode(work: usize, symbols: usize, length: u32): void {
  const slot: u32 = load<u8>(work + LENGTH_SLOTS + length);
  const code = load<u32>(symbols + ((FIRST_LENGTH_SYMBOL + slot) << 2));
  const bits = code >>> 24;
  const extra = length + MIN_MATCH - load<u16>(LENGTH_BASE + (slot << 1));
  const all = bits + load<u8>(LENGTH_EXTRA + slot);
  store<u32>(
    work + LENGTH_CODES + (length << 2),
    (code & CODE_MASK) | (extra << bits) | (all << 24),
  );
}

/** Each turn writes up to three literals or a match, at most 15 + 5 + 15 + 13 bits, and with the 7 that wait below 64. */
function writeTokens(work: usize, symbols: usize, distances: usize, tokens: u32): void {
  let bits = pending;
  let count = pendingBits;
  let to = output;
  const end = work + TOKENS + (tokens << 2);
  for (let at = work + TOKENS; at < end; at += 4) {
    const token = load<u32>(at);
    if (token < 256) {
      const first = load<u32>(symbols + (token << 2));
      bits |= (<u64>(first & CODE_MASK)) << count;
      count += first >>> 24;
      const nextToken = load<u32>(at, 4);
      if (nextToken < 256) {
        const second = load<u32>(symbols + (nextToken << 2));
        bits |= (<u64>(second & CODE_MASK)) << count;
        count += second >>> 24;
        at += 4;
        const lastToken = load<u32>(at, 4);
        if (lastToken < 256) {
          const third = load<u32>(symbols + (lastToken << 2));
          bits |= (<u64>(third & CODE_MASK)) << count;
          count += third >>> 24;
          at += 4;
        }
      }
    } else {
      const length = load<u32>(work + LENGTH_CODES + (((token >>> 16) & 255) << 2));
      bits |= (<u64>(length & EXTENDED_CODE_MASK)) << count;
      count += length >>> 24;
      const distance = token & 0xffff;
      const slot: u32 = load<u8>(work + DISTANCE_SLOTS + slotIndex(distance));
      const code = load<u32>(distances + (slot << 2));
      const extra = distance + 1 - load<u16>(DISTANCE_BASE + (slot << 1));
      bits |= (<u64>(code & CODE_MASK) | ((<u64>extra) << (code >>> 24))) << count;
      count += (code >>> 24) + load<u8>(DISTANCE_EXTRA + slot);
    }
    store<u64>(to, bits);
    const bytes = count >> 3;
    to += <usize>bytes;
    bits >>= bytes << 3;
    count &= 7;
  }
  resumeBits(bits, count, to);
}

/** Four literals a turn: 4 * 14 + 7 bits. */
function writeLiterals(symbols: usize, raw: usize, rawSize: u32): void {
  let bits = pending;
  let count = pendingBits;
  let to = output;
  let from = raw;
  const end = raw + rawSize;
  const endOfFours = raw + (rawSize & ~3);
  for (; from < endOfFours; from += 4) {
    const four = load<u32>(from);
    const a = load<u32>(symbols + ((four & 255) << 2));
    const b = load<u32>(symbols + ((four >>> 6) & 0x3fc));
    const c = load<u32>(symbols + ((four >>> 14) & 0x3fc));
    const d = load<u32>(symbols + ((four >>> 24) << 2));
    const low = <u64>(a & CODE_MASK) | ((<u64>(b & CODE_MASK)) << (a >>> 24));
    const high = <u64>(c & CODE_MASK) | ((<u64>(d & CODE_MASK)) << (c >>> 24));
    const lowBits = (a >>> 24) + (b >>> 24);
    bits |= (low | (high << lowBits)) << count;
    count += lowBits + (c >>> 24) + (d >>> 24);
    store<u64>(to, bits);
    const bytes = count >> 3;
    to += <usize>bytes;
    bits >>= bytes << 3;
    count &= 7;
  }
  resumeBits(bits, count, to);
  for (; from < end; from++) {
    const code = load<u32>(symbols + ((<u32>load<u8>(from)) << 2));
    putBits(code & CODE_MASK, code >>> 24);
  }
}
