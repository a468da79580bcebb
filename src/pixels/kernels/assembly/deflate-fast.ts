// The fast match finders of deflate, Greedy and Lazy: a pixel and a row before, and the last place with the same hash. The
// readable twin is ../plain/deflate-fast.ts.
import { HEADS, MAX_MATCH, TRIPLES, WINDOW_BYTES } from './deflate-layout';
import {
  addLiteral,
  addLiterals,
  addMatch,
  roomFor,
  startTokens,
  endBlock,
  endFullBlock,
  equalThree,
  headOf,
  matchLength,
  tripleOf,
} from './deflate-tokens';

/** What a hash covers. */
const HASHED: u32 = 4;
/** Who has found so much looks no further. */
const LONG_ENOUGH: u32 = 32;
/** Below this it pays to see whether a match one byte later is longer. */
const LAZY_BELOW: u32 = 24;
/** A pixel further away costs as much as its three literals. */
const MAX_TRIPLE_DISTANCE: u32 = 8192;
/** Of a match longer than this not every position is entered, but this part of its length apart. */
const ENTER_ALL: u32 = 16;
const ENTER_SHIFT: u32 = 3;
/** After so many literals in a row, data is taken for noise, and more and more of it is not looked at. */
const GREEDY_MISSES: u32 = 64;
const LAZY_MISSES: u32 = 160;
const MISS_SHIFT: u32 = 5;
const MAX_SKIP: u32 = 16;

export function fastTokens(
  work: usize,
  tables: usize,
  history: usize,
  input: usize,
  size: u32,
  position: u32,
  bytesPerPixel: u32,
  rowBytes: u32,
  lazy: bool,
): void {
  const heads = tables + HEADS;
  const triples = tables + TRIPLES;
  const withTriples = lazy && bytesPerPixel == 3;
  const misses = lazy ? LAZY_MISSES : GREEDY_MISSES;
  const row = rowBytes == 0 ? u32.MAX_VALUE : rowBytes;
  const end = input + size;
  /** Position of an address, less the address. */
  const offset = position - <u32>input;
  let missed: u32 = 0;
  let next = startTokens(work, input);
  let at = input;
  while (at + HASHED <= end) {
    const four = load<u32>(at);
    const here = <u32>at + offset;
    const reach = min<u32>(<u32>(at - history), WINDOW_BYTES);
    const matchEnd = min(end, at + MAX_MATCH);
    let length: u32 = 0;
    let distance: u32 = 0;
    const head = heads + headOf(four);
    const hashed = here - load<u32>(head);
    store<u32>(head, here);
    if (row <= reach && load<u32>(at - row) == four) {
      length = HASHED + matchLength(at + HASHED, at + HASHED - row, matchEnd);
      distance = row;
    }
    if (length < LONG_ENOUGH && bytesPerPixel <= reach && load<u32>(at - bytesPerPixel) == four) {
      const found = HASHED + matchLength(at + HASHED, at + HASHED - bytesPerPixel, matchEnd);
      if (found >= length) {
        length = found;
        distance = bytesPerPixel;
      }
    }
    if (length < LONG_ENOUGH && hashed - 1 < reach && load<u32>(at - hashed) == four) {
      const found = HASHED + matchLength(at + HASHED, at + HASHED - hashed, matchEnd);
      if (found > length) {
        length = found;
        distance = hashed;
      }
    }
    if (withTriples) {
      const triple = triples + tripleOf(four);
      const before = here - load<u32>(triple);
      store<u32>(triple, here);
      if (
        length == 0 &&
        before - 1 < min(reach, MAX_TRIPLE_DISTANCE) &&
        equalThree(at - before, four)
      ) {
        length = 3;
        distance = before;
      }
    }
    if (lazy && length > 0 && length < LAZY_BELOW && at + 1 + HASHED <= end) {
      // One step further, if only by the row and the hash.
      const nextFour = load<u32>(at, 1);
      const nextEnd = min(end, at + 1 + MAX_MATCH);
      const nextHashed = here + 1 - load<u32>(heads + headOf(nextFour));
      let better: u32 = 0;
      if (row <= reach && load<u32>(at + 1 - row) == nextFour)
        better = HASHED + matchLength(at + 1 + HASHED, at + 1 + HASHED - row, nextEnd);
      if (nextHashed - 1 < reach && load<u32>(at + 1 - nextHashed) == nextFour) {
        const found = HASHED + matchLength(at + 1 + HASHED, at + 1 + HASHED - nextHashed, nextEnd);
        if (found > better) better = found;
      }
      if (better > length + 1) length = 0;
    }
    if (length == 0) {
      next = addLiteral(work, next, at);
      at++;
      if (++missed > misses) {
        const skipped = skipLength(work, next, missed, <u32>(end - at));
        next = addLiterals(work, next, at, skipped);
        at += skipped;
      }
    } else {
      next = addMatch(work, next, length, distance);
      missed = 0;
      const matched = at + length;
      // Four bytes of every entry must be there.
      const last = end - HASHED;
      if (lazy) {
        const step = length > ENTER_ALL ? length >>> ENTER_SHIFT : 1;
        const stop = min(matched, last + 1);
        for (let entry = at + 1; entry < stop; entry += step)
          store<u32>(heads + headOf(load<u32>(entry)), <u32>entry + offset);
      } else if (matched - 1 <= last) {
        store<u32>(heads + headOf(load<u32>(matched - 1)), <u32>matched - 1 + offset);
      }
      at = matched;
    }
    next = endFullBlock(work, next, at);
  }
  while (at < end) {
    next = addLiteral(work, next, at);
    at++;
    next = endFullBlock(work, next, at);
  }
  endBlock(work, next, end);
}

/** How many bytes of noise go by unseen. */
function skipLength(work: usize, next: usize, missed: u32, left: u32): u32 {
  return min(min(missed >>> MISS_SHIFT, MAX_SKIP), min(left, roomFor(work, next)));
}
