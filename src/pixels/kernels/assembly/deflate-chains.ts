// The thorough match finders of deflate, Chains, Deep and Best: of all places with the same hash, the one whose match saves
// most. The readable twin is ../plain/deflate-chains.ts.
import { CHAINS, HEAD_BITS, HEADS, MAX_MATCH, TRIPLES, WINDOW_BYTES } from './deflate-layout';
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

const HASHED: u32 = 4;
const LONG_ENOUGH: u32 = 128;
/** Nobody looks for better than this a byte later. */
const LAZY_BELOW: u32 = 64;
const MAX_TRIPLE_DISTANCE: u32 = 8192;
/** Of a longer match only so many positions at its start and at its end are entered. */
const ENTER_ALL: u32 = 64;
const ENTER_FIRST: u32 = 8;
const ENTER_LAST: u32 = 16;
const MISSES: u32 = 256;
const MISS_SHIFT: u32 = 6;
const MAX_SKIP: u32 = 12;
/** What a byte more is worth, in doublings of the distance; and what the literal before a later match costs. */
const LENGTH_WORTH: i32 = 4;
const LATER_COST: i32 = 2;

/** A distance at which nothing is found. */
const OUT_OF_REACH: u32 = WINDOW_BYTES + 1;

// What stays the same during a call.
let heads: usize = 0;
let chains: usize = 0;
let triples: usize = 0;
let history: usize = 0;
let end: usize = 0;
/** Position of an address, less the address. */
let offset: u32 = 0;
let bytesPerPixel: u32 = 0;
let row: u32 = 0;
let depth: u32 = 0;

// What `find` has found.
let length: u32 = 0;
let distance: u32 = 0;

export function chainTokens(
  work: usize,
  tables: usize,
  historyStart: usize,
  input: usize,
  size: u32,
  position: u32,
  pixelBytes: u32,
  rowBytes: u32,
  places: u32,
): void {
  heads = tables + HEADS;
  chains = tables + CHAINS;
  triples = pixelBytes == 3 ? tables + TRIPLES : 0;
  history = historyStart;
  end = input + size;
  offset = position - <u32>input;
  bytesPerPixel = pixelBytes;
  row = rowBytes == 0 ? u32.MAX_VALUE : rowBytes;
  depth = places;

  const lastHashed = end - HASHED;
  // The next address to enter: the last bytes of the input before could not be hashed without this one.
  let entered = max(history, input - (HASHED - 1));
  let pendingLength: u32 = 0;
  let pendingDistance: u32 = 0;
  let missed: u32 = 0;
  let next = startTokens(work, input);
  let at = input;
  while (at < end) {
    length = 0;
    if (at <= lastHashed) {
      entered = enterAll(entered, at);
      const four = load<u32>(at);
      const before = enter(at, four);
      entered++;
      if (pendingLength < LAZY_BELOW) find(at, four, before);
    }
    if (pendingLength > 0) {
      if (
        length > 0 &&
        worth(length, distance) > worth(pendingLength, pendingDistance) + LATER_COST
      ) {
        next = addLiteral(work, next, at - 1);
        pendingLength = length;
        pendingDistance = distance;
        at++;
      } else {
        next = addMatch(work, next, pendingLength, pendingDistance);
        const start = at - 1;
        at = start + pendingLength;
        if (pendingLength > ENTER_ALL) {
          entered = enterAll(entered, min(start + ENTER_FIRST, lastHashed + 1));
          entered = max(entered, at - ENTER_LAST);
        }
        pendingLength = 0;
      }
    } else if (length > 0) {
      pendingLength = length;
      pendingDistance = distance;
      missed = 0;
      at++;
    } else {
      next = addLiteral(work, next, at);
      at++;
      if (++missed > MISSES) {
        const skipped = skipLength(work, next, missed, <u32>(end - at));
        next = addLiterals(work, next, at, skipped);
        at += skipped;
        entered = max(entered, at - HASHED);
      }
    }
    next = endFullBlock(work, next, pendingLength > 0 ? at - 1 : at);
  }
  if (pendingLength > 0) next = addMatch(work, next, pendingLength, pendingDistance);
  enterAll(entered, lastHashed + 1);
  endBlock(work, next, end);
}

/** Enters what lies between two addresses, the four bytes of each of which are there. Returns what to enter next. */
function enterAll(from: usize, to: usize): usize {
  for (; from < to; from++) enter(from, load<u32>(from));
  return from;
}

/** Returns how far back the last place with the same hash is, if it is in reach: else anything. */
function enter(at: usize, four: u32): u32 {
  const here = <u32>at + offset;
  const head = heads + headOf(four);
  const before = here - load<u32>(head);
  store<u16>(chainOf(here), before <= <u32>WINDOW_BYTES ? <u16>before : 0);
  store<u32>(head, here);
  return before;
}

/** Takes out of the heads what was entered for an input: each place's chain tells what was there before. */
export function deflateUndo(
  tables: usize,
  historyStart: usize,
  input: usize,
  size: u32,
  position: u32,
): void {
  heads = tables + HEADS;
  chains = tables + CHAINS;
  offset = position - <u32>input;
  const first = max(historyStart, input - (HASHED - 1));
  // What follows cannot be hashed, and was not entered.
  const behind = input + size - (HASHED - 1);
  if (behind <= first) return;
  const entered = <u32>(behind - first);
  // What lies more than a window before the end has lost its place in the chains.
  for (let at = behind - 1, left = min<u32>(entered, WINDOW_BYTES); left > 0; left--, at--) {
    const here = <u32>at + offset;
    const head = heads + headOf(load<u32>(at));
    if (load<u32>(head) == here) {
      const before: u32 = load<u16>(chainOf(here));
      store<u32>(head, here - (before == 0 ? OUT_OF_REACH : before));
    }
  }
  if (entered > <u32>WINDOW_BYTES) forgetFrom(<u32>first + offset, entered);
}

/** Takes positions out of the heads. What came before so many of them was out of reach at their end. */
function forgetFrom(first: u32, count: u32): void {
  for (let head = heads, end = heads + (4 << HEAD_BITS); head < end; head += 4)
    if (load<u32>(head) - first < count) store<u32>(head, first - OUT_OF_REACH);
}

function chainOf(position: u32): usize {
  return chains + ((position & (WINDOW_BYTES - 1)) << 1);
}

/** What a match saves, in bits or so: longer is better, nearer is better. */
function worth(length: u32, distance: u32): i32 {
  return LENGTH_WORTH * <i32>length + <i32>clz(distance);
}

/** Sets `length` and `distance` to the best match at an address, length 0 when there is none. Enters it in the triples. */
function find(at: usize, four: u32, nearest: u32): void {
  const here = <u32>at + offset;
  const reach = min<u32>(<u32>(at - history), WINDOW_BYTES);
  const matchEnd = min(end, at + MAX_MATCH);
  const most = <u32>(matchEnd - at);
  let best: i32 = 0;
  if (row <= reach && load<u32>(at - row) == four) {
    length = HASHED + matchLength(at + HASHED, at + HASHED - row, matchEnd);
    distance = row;
    best = worth(length, distance);
  }
  if (bytesPerPixel <= reach && load<u32>(at - bytesPerPixel) == four) {
    const found = HASHED + matchLength(at + HASHED, at + HASHED - bytesPerPixel, matchEnd);
    const saved = worth(found, bytesPerPixel);
    if (saved > best) {
      length = found;
      distance = bytesPerPixel;
      best = saved;
    }
  }
  let before = nearest;
  for (
    let left = depth;
    left > 0 && before - 1 < reach && length < LONG_ENOUGH && length < most;
    left--
  ) {
    const there = at - before;
    if (
      load<u32>(there) == four &&
      (length < HASHED || load<u8>(there + length) == load<u8>(at + length))
    ) {
      const found = HASHED + matchLength(at + HASHED, there + HASHED, matchEnd);
      const saved = worth(found, before);
      if (saved > best) {
        length = found;
        distance = before;
        best = saved;
      }
    }
    const further: u32 = load<u16>(chainOf(here - before));
    if (further == 0) break;
    before += further;
  }
  if (triples != 0) {
    const triple = triples + tripleOf(four);
    const near = here - load<u32>(triple);
    store<u32>(triple, here);
    if (length == 0 && near - 1 < min(reach, MAX_TRIPLE_DISTANCE) && equalThree(at - near, four)) {
      length = 3;
      distance = near;
    }
  } else if (length == 0 && row <= reach && equalThree(at - row, four)) {
    length = 3;
    distance = row;
  }
}

/** How many bytes of noise go by unseen. */
function skipLength(work: usize, next: usize, missed: u32, left: u32): u32 {
  return min(min(missed >>> MISS_SHIFT, MAX_SKIP), min(left, roomFor(work, next)));
}
