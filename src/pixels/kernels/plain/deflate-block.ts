/** Blocks of deflate from tokens; the twin of ../assembly/deflate-block.ts and deflate-bits.ts, where each function is explained. */
import {
  DISTANCE_BITS,
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  DISTANCE_SLOTS,
  DISTANCES,
  END_SYMBOL,
  FIRST_LENGTH_SYMBOL,
  FIXED_BITS,
  FIXED_CODES,
  FIXED_DISTANCE_CODES,
  LENGTH_SLOTS,
  MAX_MATCH,
  MIN_MATCH,
  SYMBOL_BITS,
  SYMBOL_CODES,
  SYMBOL_COUNTS,
  SYMBOLS,
  TOKENS,
} from '../assembly/deflate-layout.ts';
import type { BitWriter } from './bit-writer.ts';
import { type Description, describeCodes, writeDescription } from './deflate-description.ts';
import { canonicalCodes, codeLengths } from './huffman.ts';
import { increment, type Views } from './views.ts';

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const LENGTH_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

const STORED = 0;
const FIXED = 1 << 1;
const DYNAMIC = 2 << 1;
const BLOCK_HEAD_BITS = 3;
const FIXED_END_BITS = 7;
const MAX_STORED_BYTES = 65535;
const MAX_BITS = 15;
const MAX_LITERAL_BITS = 14;
const FIXED_DISTANCE_BITS = 5;
const FEW_TOKENS = 12;

export function prepare(m: Views, work: number): void {
  clearCounts(m, work);
  for (const [slot, base] of LENGTH_BASE.entries()) {
    const last = Math.min(base + (1 << LENGTH_EXTRA[slot]!) - 1, MAX_MATCH);
    for (let length = base; length <= last; length++)
      m.bytes[work + LENGTH_SLOTS + length - MIN_MATCH] = slot;
  }
  for (const [slot, base] of DISTANCE_BASE.entries()) {
    const end = base - 1 + (1 << DISTANCE_EXTRA[slot]!);
    for (let distance = base - 1; distance < end; distance++)
      m.bytes[work + DISTANCE_SLOTS + slotIndex(distance)] = slot;
  }
  const bits = work + FIXED_BITS;
  m.bytes.fill(8, bits, bits + 144);
  m.bytes.fill(9, bits + 144, bits + 256);
  m.bytes.fill(7, bits + 256, bits + 280);
  m.bytes.fill(8, bits + 280, bits + 288);
  canonicalCodes(m, bits, 288, work + FIXED_CODES);
  m.bytes.fill(FIXED_DISTANCE_BITS, work + DISTANCE_BITS, work + DISTANCE_BITS + 32);
  canonicalCodes(m, work + DISTANCE_BITS, 32, work + FIXED_DISTANCE_CODES);
}

export const slotIndex = (distance: number): number =>
  distance < 256 ? distance : 256 + (distance >>> 7);

function clearCounts({ words }: Views, work: number): void {
  words.fill(0, (work + SYMBOL_COUNTS) >>> 2, ((work + SYMBOL_COUNTS) >>> 2) + SYMBOLS);
  words.fill(0, (work + DISTANCE_COUNTS) >>> 2, ((work + DISTANCE_COUNTS) >>> 2) + DISTANCES);
}

export function writeBlock(
  m: Views,
  writer: BitWriter,
  work: number,
  tokens: number,
  raw: number,
  rawSize: number,
): void {
  increment(m, work + SYMBOL_COUNTS, END_SYMBOL);
  const literalsOnly = tokens === 0;
  const extraBits = countExtraBits(m, work);
  const fixedCost = fixedBits(m, work) + extraBits;
  let dynamicCost = Number.POSITIVE_INFINITY;
  let description: Description | undefined;
  if (literalsOnly || tokens > FEW_TOKENS) {
    const limit = literalsOnly ? MAX_LITERAL_BITS : MAX_BITS;
    codeLengths(m, work + SYMBOL_COUNTS, SYMBOLS, limit, work + SYMBOL_BITS);
    codeLengths(m, work + DISTANCE_COUNTS, DISTANCES, MAX_BITS, work + DISTANCE_BITS);
    description = describeCodes(m, work);
    dynamicCost = description.bits + dynamicBits(m, work) + extraBits;
  }
  if (storedBits(writer, rawSize) <= Math.min(fixedCost, dynamicCost)) {
    writeStored(m, writer, raw, rawSize);
  } else if (description === undefined || fixedCost <= dynamicCost) {
    writer.put(FIXED, BLOCK_HEAD_BITS);
    writeData(m, writer, work, FIXED_CODES, FIXED_DISTANCE_CODES, tokens, raw, rawSize);
  } else {
    writer.put(DYNAMIC, BLOCK_HEAD_BITS);
    writeDescription(m, writer, work, description);
    canonicalCodes(m, work + SYMBOL_BITS, SYMBOLS, work + SYMBOL_CODES);
    canonicalCodes(m, work + DISTANCE_BITS, DISTANCES, work + DISTANCE_CODES);
    writeData(m, writer, work, SYMBOL_CODES, DISTANCE_CODES, tokens, raw, rawSize);
  }
  clearCounts(m, work);
}

export function writeStored({ bytes }: Views, writer: BitWriter, raw: number, size: number): void {
  let from = raw;
  let left = size;
  do {
    const part = Math.min(left, MAX_STORED_BYTES);
    writer.put(STORED, BLOCK_HEAD_BITS);
    writer.align();
    writer.put(part, 16);
    writer.put(~part & 0xffff, 16);
    writer.putBytes(bytes, from, part);
    from += part;
    left -= part;
  } while (left > 0);
}

export function writeEnd(writer: BitWriter): void {
  writer.put(1 | FIXED, BLOCK_HEAD_BITS + FIXED_END_BITS);
  writer.align();
}

function storedBits(writer: BitWriter, rawSize: number): number {
  const waiting = writer.waiting;
  const first = ((waiting + BLOCK_HEAD_BITS + 7) & ~7) - waiting + 32;
  const more = rawSize === 0 ? 0 : Math.floor((rawSize - 1) / MAX_STORED_BYTES);
  return first + 40 * more + 8 * rawSize;
}

function fixedBits({ bytes, words }: Views, work: number): number {
  let sum = BLOCK_HEAD_BITS;
  for (let symbol = 0; symbol < SYMBOLS; symbol++)
    sum += words[((work + SYMBOL_COUNTS) >>> 2) + symbol]! * bytes[work + FIXED_BITS + symbol]!;
  for (let symbol = 0; symbol < DISTANCES; symbol++)
    sum += words[((work + DISTANCE_COUNTS) >>> 2) + symbol]! * FIXED_DISTANCE_BITS;
  return sum;
}

function dynamicBits({ bytes, words }: Views, work: number): number {
  let sum = BLOCK_HEAD_BITS;
  for (let symbol = 0; symbol < SYMBOLS; symbol++)
    sum += words[((work + SYMBOL_COUNTS) >>> 2) + symbol]! * bytes[work + SYMBOL_BITS + symbol]!;
  for (let symbol = 0; symbol < DISTANCES; symbol++)
    sum +=
      words[((work + DISTANCE_COUNTS) >>> 2) + symbol]! * bytes[work + DISTANCE_BITS + symbol]!;
  return sum;
}

function countExtraBits({ words }: Views, work: number): number {
  let sum = 0;
  const lengths = ((work + SYMBOL_COUNTS) >>> 2) + FIRST_LENGTH_SYMBOL;
  for (const [slot, extra] of LENGTH_EXTRA.entries()) sum += words[lengths + slot]! * extra;
  const distances = (work + DISTANCE_COUNTS) >>> 2;
  for (const [slot, extra] of DISTANCE_EXTRA.entries()) sum += words[distances + slot]! * extra;
  return sum;
}

/** One code, as the tables have it: code | bits << 24. */
const putCode = (writer: BitWriter, code: number): void => writer.put(code & 0xffff, code >>> 24);

/** Tokens or, without any, the bytes themselves, and the end of the block. */
function writeData(
  { bytes, words }: Views,
  writer: BitWriter,
  work: number,
  symbolCodes: number,
  distanceCodes: number,
  tokens: number,
  raw: number,
  rawSize: number,
): void {
  const symbols = (work + symbolCodes) >>> 2;
  const distances = (work + distanceCodes) >>> 2;
  if (tokens === 0)
    for (let i = 0; i < rawSize; i++) putCode(writer, words[symbols + bytes[raw + i]!]!);
  for (let i = 0; i < tokens; i++) {
    const token = words[((work + TOKENS) >>> 2) + i]!;
    if (token < 256) {
      putCode(writer, words[symbols + token]!);
      continue;
    }
    const length = (token >>> 16) & 255;
    const lengthSlot = bytes[work + LENGTH_SLOTS + length]!;
    putCode(writer, words[symbols + FIRST_LENGTH_SYMBOL + lengthSlot]!);
    writer.put(length + MIN_MATCH - LENGTH_BASE[lengthSlot]!, LENGTH_EXTRA[lengthSlot]!);
    const distance = token & 0xffff;
    const slot = bytes[work + DISTANCE_SLOTS + slotIndex(distance)]!;
    putCode(writer, words[distances + slot]!);
    writer.put(distance + 1 - DISTANCE_BASE[slot]!, DISTANCE_EXTRA[slot]!);
  }
  putCode(writer, words[symbols + END_SYMBOL]!);
}
