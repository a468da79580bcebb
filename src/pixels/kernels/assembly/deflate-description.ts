// How a dynamic block of deflate describes its codes (RFC 1951, 3.2.7); the readable twin is ../plain/deflate-description.ts.
import { putBits } from './deflate-bits';
import {
  DESCRIPTION,
  DESCRIPTION_BITS,
  DESCRIPTION_CODES,
  DESCRIPTION_COUNTS,
  DISTANCE_BITS,
  END_SYMBOL,
  FIRST_LENGTH_SYMBOL,
  SCRATCH,
  SYMBOL_BITS,
} from './deflate-layout';
import { canonicalCodes, codeLengths } from './huffman';
import { clearWords, increment, occupied32 } from './words';

/** The order in which the lengths of the description's own codes come. */
const DESCRIPTION_ORDER = memory.data<u8>([
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
]);
const DESCRIPTION_SYMBOLS: u32 = 19;
const REPEAT_LAST: u32 = 16;
const REPEAT_ZERO: u32 = 17;
const REPEAT_ZERO_LONG: u32 = 18;

const CODE_MASK: u32 = 0xffff;

// How many code lengths of symbols, distances and description are sent: what follows them is 0. Set by `describe`.
let symbolsSent: u32 = 0;
let distancesSent: u32 = 0;
let orderSent: u32 = 0;

/** Puts the lengths of both codes in few symbols (3.2.7), finds codes for those, and returns how many they are. */
export function describe(work: usize): u32 {
  symbolsSent = usedSymbols(work);
  distancesSent = max<u32>(32 - clz(occupied32(work + DISTANCE_BITS)), 1);
  // One after the other, with what is not sent of the distances behind them.
  const lengths = work + SCRATCH;
  for (let at: usize = 0; at < symbolsSent; at += 16)
    v128.store(lengths + at, v128.load(work + SYMBOL_BITS + at));
  v128.store(lengths + symbolsSent, v128.load(work + DISTANCE_BITS));
  v128.store(lengths + symbolsSent, v128.load(work + DISTANCE_BITS, 16), 16);
  clearWords(work + DESCRIPTION_COUNTS, DESCRIPTION_BITS - DESCRIPTION_COUNTS);
  const end = lengths + symbolsSent + distancesSent;
  let described: u32 = 0;
  for (let at = lengths; at < end; ) {
    const value: u32 = load<u8>(at);
    const run = runLength(at, end, value);
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

/** How many symbols there are up to the last that occurs, which is the end of the block or a length. */
function usedSymbols(work: usize): u32 {
  const lengths = occupied32(work + SYMBOL_BITS + END_SYMBOL);
  return <u32>END_SYMBOL + 32 - clz(lengths);
}

/** How many bytes from one on are equal. */
function runLength(from: usize, end: usize, value: u32): u32 {
  const eight = <u64>value * 0x0101010101010101;
  let at = from;
  for (; at < end; at += 8) {
    const difference = load<u64>(at) ^ eight;
    if (difference != 0) {
      at += <usize>ctz(difference) >>> 3;
      break;
    }
  }
  return <u32>(min(at, end) - from);
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

/** What it takes to write what `describe` has found. */
export function descriptionBits(work: usize): u32 {
  let sum = 5 + 5 + 4 + 3 * orderSent;
  for (let symbol: u32 = 0; symbol < DESCRIPTION_SYMBOLS; symbol++) {
    const bits: u32 = load<u8>(work + DESCRIPTION_BITS + symbol) + repeatBits(symbol);
    sum += load<u32>(work + DESCRIPTION_COUNTS + (symbol << 2)) * bits;
  }
  return sum;
}

export function writeDescription(work: usize, described: u32): void {
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
