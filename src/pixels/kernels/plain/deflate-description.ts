/** How a dynamic block of deflate describes its codes (RFC 1951, 3.2.7); part of the twin of ../assembly/deflate-block.ts. */
import {
  DESCRIPTION_BITS,
  DESCRIPTION_CODES,
  DESCRIPTION_COUNTS,
  DISTANCE_BITS,
  DISTANCES,
  FIRST_LENGTH_SYMBOL,
  SYMBOL_BITS,
  SYMBOLS,
} from '../assembly/deflate-layout.ts';
import type { BitWriter } from './bit-writer.ts';
import { canonicalCodes, codeLengths } from './huffman.ts';
import type { Views } from './views.ts';

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const DESCRIPTION_SYMBOLS = 19;
const REPEAT_LAST = 16;
const REPEAT_ZERO = 17;
const REPEAT_ZERO_LONG = 18;

export interface Description {
  /** How many lengths are sent: of symbols, of distances, and of the codes of these. */
  readonly symbols: number;
  readonly distances: number;
  readonly order: number;
  /** The lengths, as symbol | extra << 8. */
  readonly lengths: readonly number[];
  /** What it takes to write. */
  readonly bits: number;
}

export function describeCodes(m: Views, work: number): Description {
  const { bytes, words } = m;
  const symbols = usedLengths(bytes, work + SYMBOL_BITS, SYMBOLS, FIRST_LENGTH_SYMBOL);
  const distances = usedLengths(bytes, work + DISTANCE_BITS, DISTANCES, 1);
  const lengths = describeLengths([
    ...bytes.subarray(work + SYMBOL_BITS, work + SYMBOL_BITS + symbols),
    ...bytes.subarray(work + DISTANCE_BITS, work + DISTANCE_BITS + distances),
  ]);
  const counts = (work + DESCRIPTION_COUNTS) >>> 2;
  words.fill(0, counts, counts + DESCRIPTION_SYMBOLS);
  for (const one of lengths) words[counts + (one & 255)]!++;
  codeLengths(m, work + DESCRIPTION_COUNTS, DESCRIPTION_SYMBOLS, 7, work + DESCRIPTION_BITS);
  let order = DESCRIPTION_SYMBOLS;
  while (order > 4 && bytes[work + DESCRIPTION_BITS + ORDER[order - 1]!] === 0) order--;
  let bits = 5 + 5 + 4 + 3 * order;
  for (const one of lengths)
    bits += bytes[work + DESCRIPTION_BITS + (one & 255)]! + repeatBits(one & 255);
  return { symbols, distances, order, lengths, bits };
}

export function writeDescription(
  m: Views,
  writer: BitWriter,
  work: number,
  description: Description,
): void {
  writer.put(description.symbols - FIRST_LENGTH_SYMBOL, 5);
  writer.put(description.distances - 1, 5);
  writer.put(description.order - 4, 4);
  for (let i = 0; i < description.order; i++)
    writer.put(m.bytes[work + DESCRIPTION_BITS + ORDER[i]!]!, 3);
  canonicalCodes(m, work + DESCRIPTION_BITS, DESCRIPTION_SYMBOLS, work + DESCRIPTION_CODES);
  for (const one of description.lengths) {
    const code = m.words[((work + DESCRIPTION_CODES) >>> 2) + (one & 255)]!;
    writer.put(code & 0xffff, code >>> 24);
    writer.put(one >>> 8, repeatBits(one & 255));
  }
}

/** How many of `count` lengths stand before the zeros at the end, at least `least`. */
function usedLengths(bytes: Uint8Array, lengths: number, count: number, least: number): number {
  let used = count;
  while (used > least && bytes[lengths + used - 1] === 0) used--;
  return used;
}

function describeLengths(lengths: readonly number[]): number[] {
  const all: number[] = [];
  for (let at = 0; at < lengths.length; ) {
    const value = lengths[at]!;
    let run = 1;
    while (lengths[at + run] === value) run++;
    at += run;
    describeRun(all, value, run);
  }
  return all;
}

function describeRun(all: number[], value: number, run: number): void {
  let left = run;
  if (value === 0) {
    while (left >= 11) {
      const size = Math.min(left, 138);
      all.push(REPEAT_ZERO_LONG | ((size - 11) << 8));
      left -= size;
    }
    if (left >= 3) {
      all.push(REPEAT_ZERO | ((left - 3) << 8));
      left = 0;
    }
  } else {
    all.push(value);
    left--;
    while (left >= 3) {
      const size = Math.min(left, 6);
      all.push(REPEAT_LAST | ((size - 3) << 8));
      left -= size;
    }
  }
  for (; left > 0; left--) all.push(value);
}

const repeatBits = (symbol: number): number =>
  symbol === REPEAT_LAST ? 2 : symbol === REPEAT_ZERO ? 3 : symbol === REPEAT_ZERO_LONG ? 7 : 0;
