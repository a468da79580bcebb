// What match finders share: the tokens of the block under way, hashes, comparing; the readable twin is
// ../plain/deflate-tokens.ts. The global belongs to one instance of the module and means nothing between two calls from outside.
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
import { writeBlock } from './deflate-block';
import { slotIndex } from './deflate-symbols';
import { increment } from './words';

/** 2^32 divided by the golden ratio. */
const MULTIPLIER: u32 = 0x9e3779b1;

/** Where what the block stands for begins. */
let blockStart: usize = 0;

/** Returns where the first token goes, as all of these do for the next one: finders keep it in a local variable. */
export function startTokens(work: usize, input: usize): usize {
  blockStart = input;
  return work + TOKENS;
}

export function addLiteral(work: usize, next: usize, at: usize): usize {
  const byte: u32 = load<u8>(at);
  store<u32>(next, byte);
  increment(work + SYMBOL_COUNTS, byte);
  return next + 4;
}

/** Literals from `at` on, of which the block must have room for one each. */
export function addLiterals(work: usize, next: usize, at: usize, count: u32): usize {
  for (const end = at + count; at < end; at++) next = addLiteral(work, next, at);
  return next;
}

/** How many more tokens the block takes. */
export function roomFor(work: usize, next: usize): u32 {
  return <u32>(work + TOKENS + 4 * MAX_TOKENS - next) >>> 2;
}

export function addMatch(work: usize, next: usize, length: u32, distance: u32): usize {
  store<u32>(next, MATCH | ((length - MIN_MATCH) << 16) | (distance - 1));
  increment(
    work + SYMBOL_COUNTS,
    FIRST_LENGTH_SYMBOL + load<u8>(work + LENGTH_SLOTS + length - MIN_MATCH),
  );
  increment(work + DISTANCE_COUNTS, load<u8>(work + DISTANCE_SLOTS + slotIndex(distance - 1)));
  return next + 4;
}

/** Writes the block when it is full. `at` is what the tokens reach to. */
export function endFullBlock(work: usize, next: usize, at: usize): usize {
  return next >= work + TOKENS + 4 * MAX_TOKENS ? endBlock(work, next, at) : next;
}

export function endBlock(work: usize, next: usize, at: usize): usize {
  const tokens = <u32>(next - work - TOKENS) >>> 2;
  if (tokens > 0) writeBlock(work, tokens, blockStart, <u32>(at - blockStart));
  blockStart = at;
  return work + TOKENS;
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
