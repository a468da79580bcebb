/** The thorough match finders of deflate; the twin of ../assembly/deflate-chains.ts, where each step is explained. */
import {
  CHAINS,
  HEAD_BITS,
  HEADS,
  MAX_MATCH,
  TRIPLES,
  WINDOW_BYTES,
} from '../assembly/deflate-layout.ts';
import type { Search } from './deflate-search.ts';
import { equalThree, headOf, matchLength, type Tokens, tripleOf } from './deflate-tokens.ts';
import { fourBytes, twoBytes, type Views } from './views.ts';

const HASHED = 4;
const LONG_ENOUGH = 128;
const LAZY_BELOW = 64;
const MAX_TRIPLE_DISTANCE = 8192;
const ENTER_ALL = 64;
const ENTER_FIRST = 8;
const ENTER_LAST = 16;
const MISSES = 256;
const MISS_SHIFT = 6;
const MAX_SKIP = 12;
const LENGTH_WORTH = 4;
const LATER_COST = 2;
const OUT_OF_REACH = WINDOW_BYTES + 1;

interface Match {
  length: number;
  distance: number;
}

export function chainTokens(m: Views, tokens: Tokens, search: Search, depth: number): void {
  const { history, input, size } = search;
  const end = input + size;
  const lastHashed = end - HASHED;
  const finder = new Finder(m, search, depth);
  finder.entered = Math.max(history, input - (HASHED - 1));
  let pending: Match = { length: 0, distance: 0 };
  let missed = 0;
  let at = input;
  while (at < end) {
    let found: Match = { length: 0, distance: 0 };
    if (at <= lastHashed) {
      finder.enterUpTo(at);
      const before = finder.enter();
      if (pending.length < LAZY_BELOW) found = finder.find(at, before);
    }
    if (pending.length > 0) {
      if (found.length > 0 && worth(found) > worth(pending) + LATER_COST) {
        tokens.addLiteral(at - 1);
        pending = found;
        at++;
      } else {
        tokens.addMatch(pending.length, pending.distance);
        const start = at - 1;
        at = start + pending.length;
        if (pending.length > ENTER_ALL) {
          finder.enterUpTo(Math.min(start + ENTER_FIRST, lastHashed + 1));
          finder.entered = Math.max(finder.entered, at - ENTER_LAST);
        }
        pending = { length: 0, distance: 0 };
      }
    } else if (found.length > 0) {
      pending = found;
      missed = 0;
      at++;
    } else {
      tokens.addLiteral(at);
      at++;
      if (++missed > MISSES) {
        at = tokens.addLiterals(at, Math.min(end, at + Math.min(missed >>> MISS_SHIFT, MAX_SKIP)));
        finder.entered = Math.max(finder.entered, at - HASHED);
      }
    }
    tokens.endFullBlock(pending.length > 0 ? at - 1 : at);
  }
  if (pending.length > 0) tokens.addMatch(pending.length, pending.distance);
  finder.enterUpTo(lastHashed + 1);
  tokens.endBlock(end);
}

export function undo(
  { bytes, words }: Views,
  search: Omit<Search, 'bytesPerPixel' | 'rowBytes'>,
): void {
  const { tables, history, input, size, position } = search;
  const first = Math.max(history, input - (HASHED - 1));
  const behind = input + size - (HASHED - 1);
  const entered = behind - first;
  const heads = (tables + HEADS) >>> 2;
  for (let at = behind - 1; at >= Math.max(first, behind - WINDOW_BYTES); at--) {
    const here = (position + at - input) >>> 0;
    const head = heads + headOf(fourBytes(bytes, at));
    if (words[head] === here)
      words[head] = here - (twoBytes(bytes, chainOf(tables, here)) || OUT_OF_REACH);
  }
  if (entered > WINDOW_BYTES) {
    const start = (position + first - input) >>> 0;
    for (let head = heads; head < heads + (1 << HEAD_BITS); head++)
      if ((words[head]! - start) >>> 0 < entered) words[head] = start - OUT_OF_REACH;
  }
}

const chainOf = (tables: number, position: number): number =>
  tables + CHAINS + ((position & (WINDOW_BYTES - 1)) << 1);

const worth = ({ length, distance }: Match): number => LENGTH_WORTH * length + Math.clz32(distance);

class Finder {
  readonly #m: Views;
  readonly #search: Search;
  readonly #depth: number;
  readonly #heads: number;
  readonly #offset: number;
  entered = 0;

  constructor(m: Views, search: Search, depth: number) {
    this.#m = m;
    this.#search = search;
    this.#depth = depth;
    this.#heads = (search.tables + HEADS) >>> 2;
    this.#offset = search.position - search.input;
  }

  enterUpTo(end: number): void {
    while (this.entered < end) this.enter();
  }

  enter(): number {
    const { bytes, words } = this.#m;
    const here = (this.entered + this.#offset) >>> 0;
    const head = this.#heads + headOf(fourBytes(bytes, this.entered));
    const before = (here - words[head]!) >>> 0;
    const link = before <= WINDOW_BYTES ? before : 0;
    const chain = chainOf(this.#search.tables, here);
    bytes[chain] = link;
    bytes[chain + 1] = link >>> 8;
    words[head] = here;
    this.entered++;
    return before;
  }

  find(at: number, nearest: number): Match {
    const { bytes, words } = this.#m;
    const { tables, history, input, size, bytesPerPixel, rowBytes } = this.#search;
    const four = fourBytes(bytes, at);
    const here = (at + this.#offset) >>> 0;
    const reach = Math.min(at - history, WINDOW_BYTES);
    const matchEnd = Math.min(input + size, at + MAX_MATCH);
    const row = rowBytes === 0 ? Number.POSITIVE_INFINITY : rowBytes;
    let best: Match = { length: 0, distance: 0 };
    let bestWorth = 0;
    const consider = (distance: number): void => {
      if (distance === 0 || distance > reach || fourBytes(bytes, at - distance) !== four) return;
      const rest = matchLength(bytes, at + HASHED, at + HASHED - distance, matchEnd);
      const match = { length: HASHED + rest, distance };
      if (worth(match) <= bestWorth) return;
      best = match;
      bestWorth = worth(match);
    };
    consider(row);
    consider(bytesPerPixel);

    let before = nearest;
    for (let left = this.#depth; left > 0 && before > 0 && before <= reach; left--) {
      if (best.length >= LONG_ENOUGH || best.length >= matchEnd - at) break;
      // Whoever differs where the best one ends is not longer, and further away.
      if (best.length < HASHED || bytes[at - before + best.length] === bytes[at + best.length])
        consider(before);
      const further = twoBytes(bytes, chainOf(this.#search.tables, (here - before) >>> 0));
      if (further === 0) break;
      before += further;
    }

    if (bytesPerPixel === 3) {
      const triple = ((tables + TRIPLES) >>> 2) + tripleOf(four);
      const near = (here - words[triple]!) >>> 0;
      words[triple] = here;
      const inReach = near > 0 && near <= Math.min(reach, MAX_TRIPLE_DISTANCE);
      if (best.length === 0 && inReach && equalThree(bytes, at - near, four))
        best = { length: 3, distance: near };
    } else if (best.length === 0 && row <= reach && equalThree(bytes, at - row, four)) {
      best = { length: 3, distance: row };
    }
    return best;
  }
}
