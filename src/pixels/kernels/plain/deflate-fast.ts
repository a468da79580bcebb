/** The fast match finders of deflate, Greedy and Lazy; the twin of ../assembly/deflate-fast.ts, where each step is explained. */
import { HEADS, MAX_MATCH, TRIPLES, WINDOW_BYTES } from '../assembly/deflate-layout.ts';
import type { Search } from './deflate-search.ts';
import { equalThree, headOf, matchLength, type Tokens, tripleOf } from './deflate-tokens.ts';
import { fourBytes, type Views } from './views.ts';

const HASHED = 4;
const LONG_ENOUGH = 32;
const LAZY_BELOW = 24;
const MAX_TRIPLE_DISTANCE = 8192;
const ENTER_ALL = 16;
const ENTER_SHIFT = 3;
const GREEDY_MISSES = 64;
const LAZY_MISSES = 160;
const MISS_SHIFT = 5;
const MAX_SKIP = 16;

export function fastTokens(
  { bytes, words }: Views,
  tokens: Tokens,
  search: Search,
  lazy: boolean,
): void {
  const { tables, history, input, size, position, bytesPerPixel, rowBytes } = search;
  const heads = (tables + HEADS) >>> 2;
  const triples = (tables + TRIPLES) >>> 2;
  const withTriples = lazy && bytesPerPixel === 3;
  const misses = lazy ? LAZY_MISSES : GREEDY_MISSES;
  const row = rowBytes === 0 ? Number.POSITIVE_INFINITY : rowBytes;
  const end = input + size;
  const offset = position - input;
  const sameFour = (at: number, distance: number, four: number): boolean =>
    fourBytes(bytes, at - distance) === four;
  const lengthAt = (at: number, distance: number, matchEnd: number): number =>
    HASHED + matchLength(bytes, at + HASHED, at + HASHED - distance, matchEnd);

  let missed = 0;
  let at = input;
  while (at + HASHED <= end) {
    const four = fourBytes(bytes, at);
    const here = (at + offset) >>> 0;
    const reach = Math.min(at - history, WINDOW_BYTES);
    const matchEnd = Math.min(end, at + MAX_MATCH);
    let length = 0;
    let distance = 0;
    const head = heads + headOf(four);
    const hashed = (here - words[head]!) >>> 0;
    words[head] = here;
    if (row <= reach && sameFour(at, row, four)) {
      length = lengthAt(at, row, matchEnd);
      distance = row;
    }
    if (length < LONG_ENOUGH && bytesPerPixel <= reach && sameFour(at, bytesPerPixel, four)) {
      const found = lengthAt(at, bytesPerPixel, matchEnd);
      if (found >= length) {
        length = found;
        distance = bytesPerPixel;
      }
    }
    if (length < LONG_ENOUGH && hashed > 0 && hashed <= reach && sameFour(at, hashed, four)) {
      const found = lengthAt(at, hashed, matchEnd);
      if (found > length) {
        length = found;
        distance = hashed;
      }
    }
    if (withTriples) {
      const triple = triples + tripleOf(four);
      const before = (here - words[triple]!) >>> 0;
      words[triple] = here;
      const inReach = before > 0 && before <= Math.min(reach, MAX_TRIPLE_DISTANCE);
      if (length === 0 && inReach && equalThree(bytes, at - before, four)) {
        length = 3;
        distance = before;
      }
    }
    if (lazy && length > 0 && length < LAZY_BELOW && at + 1 + HASHED <= end) {
      const nextFour = fourBytes(bytes, at + 1);
      const nextEnd = Math.min(end, at + 1 + MAX_MATCH);
      const nextHashed = (here + 1 - words[heads + headOf(nextFour)]!) >>> 0;
      let better = 0;
      if (row <= reach && sameFour(at + 1, row, nextFour)) better = lengthAt(at + 1, row, nextEnd);
      if (nextHashed > 0 && nextHashed <= reach && sameFour(at + 1, nextHashed, nextFour))
        better = Math.max(better, lengthAt(at + 1, nextHashed, nextEnd));
      if (better > length + 1) length = 0;
    }
    if (length === 0) {
      tokens.addLiteral(at);
      at++;
      if (++missed > misses)
        at = tokens.addLiterals(at, Math.min(end, at + Math.min(missed >>> MISS_SHIFT, MAX_SKIP)));
    } else {
      tokens.addMatch(length, distance);
      missed = 0;
      const matched = at + length;
      const last = end - HASHED;
      const enter = (entry: number): void => {
        words[heads + headOf(fourBytes(bytes, entry))] = entry + offset;
      };
      if (lazy) {
        const step = length > ENTER_ALL ? length >>> ENTER_SHIFT : 1;
        const stop = Math.min(matched, last + 1);
        for (let entry = at + 1; entry < stop; entry += step) enter(entry);
      } else if (matched - 1 <= last) {
        enter(matched - 1);
      }
      at = matched;
    }
    tokens.endFullBlock(at);
  }
  while (at < end) {
    at = tokens.addLiterals(at, end);
    tokens.endFullBlock(at);
  }
  tokens.endBlock(end);
}
