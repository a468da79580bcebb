/** What the match finders of deflate share; the twin of ../assembly/deflate-tokens.ts, where each function is explained. */
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
} from '../assembly/deflate-layout.ts';
import type { BitWriter } from './bit-writer.ts';
import { slotIndex, writeBlock } from './deflate-block.ts';
import { fourBytes, increment, type Views } from './views.ts';

const MULTIPLIER = 0x9e3779b1;

export class Tokens {
  readonly #m: Views;
  readonly #writer: BitWriter;
  readonly #work: number;
  #count = 0;
  #blockStart: number;

  constructor(m: Views, writer: BitWriter, work: number, input: number) {
    this.#m = m;
    this.#writer = writer;
    this.#work = work;
    this.#blockStart = input;
  }

  addLiteral(at: number): void {
    const byte = this.#m.bytes[at]!;
    this.#add(byte);
    increment(this.#m, this.#work + SYMBOL_COUNTS, byte);
  }

  addLiterals(from: number, end: number): number {
    const stop = Math.min(end, from + MAX_TOKENS - this.#count);
    for (let at = from; at < stop; at++) this.addLiteral(at);
    return stop;
  }

  addMatch(length: number, distance: number): void {
    const { bytes } = this.#m;
    const work = this.#work;
    this.#add((MATCH | ((length - MIN_MATCH) << 16) | (distance - 1)) >>> 0);
    const lengthSlot = bytes[work + LENGTH_SLOTS + length - MIN_MATCH]!;
    increment(this.#m, work + SYMBOL_COUNTS, FIRST_LENGTH_SYMBOL + lengthSlot);
    increment(
      this.#m,
      work + DISTANCE_COUNTS,
      bytes[work + DISTANCE_SLOTS + slotIndex(distance - 1)]!,
    );
  }

  endFullBlock(at: number): void {
    if (this.#count >= MAX_TOKENS) this.endBlock(at);
  }

  endBlock(at: number): void {
    const start = this.#blockStart;
    if (this.#count > 0)
      writeBlock(this.#m, this.#writer, this.#work, this.#count, start, at - start);
    this.#count = 0;
    this.#blockStart = at;
  }

  #add(token: number): void {
    this.#m.words[((this.#work + TOKENS) >>> 2) + this.#count] = token;
    this.#count++;
  }
}

export function matchLength(bytes: Uint8Array, here: number, there: number, end: number): number {
  let length = 0;
  while (here + length < end && bytes[here + length] === bytes[there + length]) length++;
  return length;
}

/** Index in the heads, as words. */
export const headOf = (four: number): number => Math.imul(four, MULTIPLIER) >>> (32 - HEAD_BITS);

export const tripleOf = (four: number): number =>
  Math.imul(four << 8, MULTIPLIER) >>> (32 - TRIPLE_BITS);

export const equalThree = (bytes: Uint8Array, at: number, four: number): boolean =>
  (fourBytes(bytes, at) ^ four) << 8 === 0;
