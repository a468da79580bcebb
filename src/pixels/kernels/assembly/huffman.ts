// Huffman codes from counts, for deflate; the readable twin is ../plain/huffman.ts.
import { SCRATCH } from './deflate-layout';
import { clearWords, increment, occupied16, occupiedWords, setWord, word } from './words';

const MAX_CODE_BITS: u32 = 15;
/** Symbols fit into 9 bits; counts into the rest. */
const SYMBOL_SHIFT: u32 = 9;
const SYMBOL_MASK: u32 = 511;
/** Parts of the scratch: count << 9 | symbol, sorted; the tree; how many codes of each length; the next code of each. */
const SORTED: usize = SCRATCH;
const TREE: usize = SCRATCH + 2048;
const PER_LENGTH: usize = SCRATCH + 4096;
const NEXT_CODE: usize = SCRATCH + 4096 + 128;
const KEYS: usize = SCRATCH + 4608;
const PER_BYTE: usize = SCRATCH + 6656;

/**
 * The lengths (u8) of the best prefix code for `symbols` counts (u32), none longer than `limit`: 0 for what does not occur.
 * A single symbol gets one bit. Behind both counts and lengths is room for zeros: up to 8 counts, up to 16 lengths in all.
 */
export function codeLengths(
  work: usize,
  counts: usize,
  symbols: u32,
  limit: u32,
  bits: usize,
): void {
  clearWords(bits, symbols);
  const used = collect(work, counts, symbols);
  if (used == 0) return;
  const sorted = work + SORTED;
  if (used == 1) {
    store<u8>(bits + (load<u32>(sorted) & SYMBOL_MASK), 1);
    return;
  }
  const tree = work + TREE;
  for (let i: u32 = 0; i < used; i++) setWord(tree, i, word(sorted, i) >>> SYMBOL_SHIFT);
  depthsOfLeaves(tree, used);
  const perLength = work + PER_LENGTH;
  countLengths(perLength, tree, used, limit);
  // The rarest symbols come first and get the longest codes.
  let next: u32 = 0;
  for (let length = limit; length > 0; length--) {
    for (let left = word(perLength, length); left > 0; left--) {
      store<u8>(bits + (word(sorted, next) & SYMBOL_MASK), <u8>length);
      next++;
    }
  }
}

/**
 * Canonical codes (RFC 1951, 3.2.2) for lengths, reversed as they are sent, u32: code | bits << 24. Nothing for what has none.
 * Lengths stand in sixteens.
 */
export function canonicalCodes(work: usize, bits: usize, symbols: u32, codes: usize): void {
  const perLength = work + PER_LENGTH;
  const nextCode = work + NEXT_CODE;
  clearWords(perLength, 4 * (MAX_CODE_BITS + 1));
  for (let first: u32 = 0; first < symbols; first += 16) {
    for (let used = occupied16(bits + first); used != 0; used &= used - 1)
      increment(perLength, load<u8>(bits + first + ctz(used)));
  }
  let code: u32 = 0;
  for (let length: u32 = 1; length <= MAX_CODE_BITS; length++) {
    code = (code + word(perLength, length - 1)) << 1;
    setWord(nextCode, length, code);
  }
  for (let first: u32 = 0; first < symbols; first += 16) {
    for (let used = occupied16(bits + first); used != 0; used &= used - 1) {
      const symbol = first + ctz(used);
      const length: u32 = load<u8>(bits + symbol);
      const next = word(nextCode, length);
      setWord(nextCode, length, next + 1);
      setWord(codes, symbol, reversed(next, length) | (length << 24));
    }
  }
}

/** Keys of the symbols that occur, by count and then by symbol; returns how many. */
function collect(work: usize, counts: usize, symbols: u32): u32 {
  let keys = work + KEYS;
  let used: u32 = 0;
  let largest: u32 = 0;
  for (let first: u32 = 0; first < symbols; first += 8) {
    for (let occurring = occupiedWords(counts + (first << 2)); occurring != 0; occurring &= occurring - 1) {
      const symbol = first + ctz(occurring);
      const count = word(counts, symbol);
      setWord(keys, used, (count << SYMBOL_SHIFT) | symbol);
      largest = max(largest, count);
      used++;
    }
  }
  // Radix sort, a byte of the count at a time: blocks of few tokens take one pass.
  let sorted = work + SORTED;
  for (let shift = SYMBOL_SHIFT; largest > 0; shift += 8) {
    sortByByte(work + PER_BYTE, keys, sorted, used, shift, min<u32>(largest, 255));
    const swapped = keys;
    keys = sorted;
    sorted = swapped;
    largest >>>= 8;
  }
  if (keys != work + SORTED) memory.copy(work + SORTED, keys, used << 2);
  return used;
}

/** `most` is the largest of the bytes. */
function sortByByte(
  starts: usize,
  from: usize,
  to: usize,
  length: u32,
  shift: u32,
  most: u32,
): void {
  clearWords(starts, (most + 1) << 2);
  for (let i: u32 = 0; i < length; i++) increment(starts, (word(from, i) >>> shift) & 255);
  let sum: u32 = 0;
  for (let byte: u32 = 0; sum < length; byte++) {
    const count = word(starts, byte);
    setWord(starts, byte, sum);
    sum += count;
  }
  for (let i: u32 = 0; i < length; i++) {
    const key = word(from, i);
    const byte = (key >>> shift) & 255;
    const at = word(starts, byte);
    setWord(starts, byte, at + 1);
    setWord(to, at, key);
  }
}

/** Moffat and Katajainen (1995): ascending counts become, in their place, the depths of their leaves, descending. */
function depthsOfLeaves(tree: usize, leaves: u32): void {
  pairUp(tree, leaves);
  // The root is the last inner node: every inner node now holds its parent, and gets its depth.
  setWord(tree, leaves - 2, 0);
  for (let node = <i32>leaves - 3; node >= 0; node--)
    setWord(tree, node, word(tree, word(tree, node)) + 1);
  // From the root down: what inner nodes of a depth leave free are leaves.
  let available: u32 = 1;
  let depth: u32 = 0;
  let inner = <i32>leaves - 2;
  let leaf = <i32>leaves - 1;
  while (available > 0) {
    let used: u32 = 0;
    while (inner >= 0 && word(tree, inner) == depth) {
      used++;
      inner--;
    }
    for (; available > used; available--) {
      setWord(tree, leaf, depth);
      leaf--;
    }
    available = 2 * used;
    depth++;
  }
}

/** Joins the two smallest of leaves and inner nodes until one is left; an inner node that was joined holds its parent. */
function pairUp(tree: usize, leaves: u32): void {
  let leaf: u32 = 0;
  let root: u32 = 0;
  // What stands at both, too large to be taken when there is none.
  let leafCount = word(tree, 0);
  let rootCount = u32.MAX_VALUE;
  for (let node: u32 = 0; node < leaves - 1; node++) {
    let sum: u32 = 0;
    for (let child = 0; child < 2; child++) {
      if (rootCount < leafCount) {
        sum += rootCount;
        setWord(tree, root, node);
        root++;
        rootCount = root < node ? word(tree, root) : u32.MAX_VALUE;
      } else {
        sum += leafCount;
        leaf++;
        leafCount = leaf < leaves ? word(tree, leaf) : u32.MAX_VALUE;
      }
    }
    setWord(tree, node, sum);
    if (root == node) rootCount = sum;
  }
}

/** How many codes of each length there are when none is longer than the limit, as near to the best as simply can be. */
function countLengths(perLength: usize, depths: usize, leaves: u32, limit: u32): void {
  clearWords(perLength, 4 * (MAX_CODE_BITS + 1));
  // In units of the longest code; a complete code takes all of 1 << limit.
  let taken: u32 = 0;
  for (let i: u32 = 0; i < leaves; i++) {
    const length = min(word(depths, i), limit);
    increment(perLength, length);
    taken += 1 << (limit - length);
  }
  for (let over = taken - (1 << limit); over > 0; over--) {
    // A shorter code becomes an inner node: for itself and for one of the longest.
    let length = limit - 1;
    while (word(perLength, length) == 0) length--;
    setWord(perLength, length, word(perLength, length) - 1);
    setWord(perLength, length + 1, word(perLength, length + 1) + 2);
    setWord(perLength, limit, word(perLength, limit) - 1);
  }
}

/** The lowest `bits` bits in the other order, by swapping halves of 16, of 8, of 4 and of 2. */
function reversed(code: u32, bits: u32): u32 {
  let all = ((code & 0x5555) << 1) | ((code >>> 1) & 0x5555);
  all = ((all & 0x3333) << 2) | ((all >>> 2) & 0x3333);
  all = ((all & 0x0f0f) << 4) | ((all >>> 4) & 0x0f0f);
  all = ((all & 0x00ff) << 8) | (all >>> 8);
  return all >>> (16 - bits);
}
