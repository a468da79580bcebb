// What match finders share: the tokens of the block under way, hashes, comparing; the readable twin is
// ../plain/deflate-tokens.ts. Globals belong to one instance of the module and mean nothing between two calls from outside.
import {
  DISTANCE_COUNTS,
  DISTANCE_SLOTS,
  FIRST_LENGTH_SYMBOL,
  HEAD_BITS,
  LENGTH_SLOTS,
  MATCH,
  MAX_TOKENS,
  MIN_MATCH,
  SYMBOL_COUNTS,
  TOKENS,
  TRIPLE_BITS,
} from './deflate-layout';
import { slotIndex, writeBlock } from './deflate-block';
import { increment } from './huffman';

/** 2^32 divided by the golden ratio. */
const MULTIPLIER: u32 = 0x9e3779b1;

let work: usize = 0;
/** Where the next token goes. */
let next: usize = 0;
let endOfTokens: usize = 0;
/** Where what the block stands for begins. */
let blockStart: usize = 0;

export function startTokens(workSpace: usize, input: usize): void {
  work = workSpace;
  next = work + TOKENS;
  endOfTokens = next + 4 * MAX_TOKENS;
  blockStart = input;
}

export function addLiteral(at: usize): void {
  const byte: u32 = load<u8>(at);
  store<u32>(next, byte);
  next += 4;
  increment(work + SYMBOL_COUNTS, byte);
}

/** Literals up to `end`, as many as the block takes. Returns where they end. */
export function addLiterals(from: usize, end: usize): usize {
  const stop = min(end, from + ((endOfTokens - next) >>> 2));
  let at = from;
  for (; at < stop; at++) addLiteral(at);
  return at;
}

export function addMatch(length: u32, distance: u32): void {
  store<u32>(next, MATCH | ((length - MIN_MATCH) << 16) | (distance - 1));
  next += 4;
  increment(
    work + SYMBOL_COUNTS,
    FIRST_LENGTH_SYMBOL + load<u8>(work + LENGTH_SLOTS + length - MIN_MATCH),
  );
  increment(work + DISTANCE_COUNTS, load<u8>(work + DISTANCE_SLOTS + slotIndex(distance - 1)));
}

/** Writes the block when it is full. `at` is what the tokens reach to. */
export function endFullBlock(at: usize): void {
  if (next >= endOfTokens) endBlock(at);
}

export function endBlock(at: usize): void {
  const tokens = <u32>((next - work - TOKENS) >>> 2);
  if (tokens > 0) writeBlock(work, tokens, blockStart, <u32>(at - blockStart));
  next = work + TOKENS;
  blockStart = at;
}

/** How many bytes are equal from here and there on; none at or behind `end` of the first. */
export function matchLength(here: usize, there: usize, end: usize): u32 {
  const start = here;
  while (here + 8 <= end) {
    const difference = load<u64>(here) ^ load<u64>(there);
    if (difference != 0) return <u32>(here - start) + (<u32>ctz(difference) >>> 3);
    here += 8;
    there += 8;
  }
  while (here < end && load<u8>(here) == load<u8>(there)) {
    here++;
    there++;
  }
  return <u32>(here - start);
}

/** Offset of a hash's entry in the heads. */
export function headOf(four: u32): usize {
  return <usize>(((four * MULTIPLIER) >>> (32 - HEAD_BITS)) << 2);
}

/** Offset in the triples, for the first three of four bytes. */
export function tripleOf(four: u32): usize {
  return <usize>((((four << 8) * MULTIPLIER) >>> (32 - TRIPLE_BITS)) << 2);
}

/** Whether three of the four bytes there are these. */
export function equalThree(at: usize, four: u32): bool {
  return (load<u32>(at) ^ four) << 8 == 0;
}
