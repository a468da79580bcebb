// Blocks of deflate (RFC 1951, 3.2.3) from tokens; the readable twin is ../plain/deflate-block.ts.
import { alignBits, pendingBits, putBits, putBytes } from './deflate-bits';
import { writeData } from './deflate-data';
import { describe, descriptionBits, writeDescription } from './deflate-description';
import {
  DISTANCE_BITS,
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  DISTANCES,
  END_SYMBOL,
  FIRST_LENGTH_SYMBOL,
  FIXED_BITS,
  FIXED_CODES,
  FIXED_DISTANCE_CODES,
  SYMBOL_BITS,
  SYMBOL_CODES,
  SYMBOL_COUNTS,
  SYMBOLS,
} from './deflate-layout';
import { leastDynamicBits, MAX_LEAST_TOKENS } from './deflate-least';
import { sumOfLanes } from './lanes';
import { clearCounts, DISTANCE_EXTRA, FIXED_DISTANCE_BITS, LENGTH_EXTRA, LENGTH_SYMBOLS } from './deflate-symbols';
import { canonicalCodes, codeLengths } from './huffman';
import { increment } from './words';

/** The two bits after the final bit, which only the empty last block has set. */
const STORED: u32 = 0;
const FIXED: u32 = 1 << 1;
const DYNAMIC: u32 = 2 << 1;
const BLOCK_HEAD_BITS: u32 = 3;

/** The fixed code of a block's end, which is 0. */
const FIXED_END_BITS: u32 = 7;

const MAX_STORED_BYTES: u32 = 65535;
const MAX_BITS: u32 = 15;
/** Four literals and what waits go into 64 bits. */
const MAX_LITERAL_BITS: u32 = 14;
/** The codes of so few tokens can never pay for their description. */
const FEW_TOKENS: u32 = 12;

/**
 * Writes one block in the shortest of the three ways and clears the counts. `raw` is what the tokens, which were counted,
 * stand for; without tokens it is all literals.
 */
export function writeBlock(work: usize, tokens: u32, raw: usize, rawSize: u32): void {
  increment(work + SYMBOL_COUNTS, END_SYMBOL);
  const literalsOnly = tokens == 0;
  const extraBits = countExtraBits(work);
  const fixedCost = fixedBits(work) + extraBits;
  let dynamicCost: u32 = u32.MAX_VALUE;
  let described: u32 = 0;
  if (worthCodes(work, tokens, fixedCost - extraBits)) {
    codeLengths(
      work,
      work + SYMBOL_COUNTS,
      SYMBOLS,
      literalsOnly ? MAX_LITERAL_BITS : MAX_BITS,
      work + SYMBOL_BITS,
    );
    codeLengths(work, work + DISTANCE_COUNTS, DISTANCES, MAX_BITS, work + DISTANCE_BITS);
    described = describe(work);
    dynamicCost = descriptionBits(work) + dynamicBits(work) + extraBits;
  }
  if (storedBits(rawSize) <= min(fixedCost, dynamicCost)) {
    writeStored(raw, rawSize);
  } else if (fixedCost <= dynamicCost) {
    putBits(FIXED, BLOCK_HEAD_BITS);
    writeData(work, work + FIXED_CODES, work + FIXED_DISTANCE_CODES, tokens, raw, rawSize);
  } else {
    putBits(DYNAMIC, BLOCK_HEAD_BITS);
    writeDescription(work, described);
    canonicalCodes(work, work + SYMBOL_BITS, SYMBOLS, work + SYMBOL_CODES);
    canonicalCodes(work, work + DISTANCE_BITS, DISTANCES, work + DISTANCE_CODES);
    writeData(work, work + SYMBOL_CODES, work + DISTANCE_CODES, tokens, raw, rawSize);
  }
  clearCounts(work);
}

/** Whether codes of its own may make a block shorter than that without extra bits. */
function worthCodes(work: usize, tokens: u32, fixed: u32): bool {
  if (tokens == 0 || tokens > MAX_LEAST_TOKENS) return true;
  return tokens > FEW_TOKENS && BLOCK_HEAD_BITS + leastDynamicBits(work) < fixed;
}

/** Blocks of bytes as they are. */
export function writeStored(raw: usize, rawSize: u32): void {
  let from = raw;
  let left = rawSize;
  do {
    const size = min(left, MAX_STORED_BYTES);
    putBits(STORED, BLOCK_HEAD_BITS);
    alignBits();
    putBits(size | (~size << 16), 32);
    putBytes(from, size);
    from += size;
    left -= size;
  } while (left > 0);
}

/** An empty last block, with fixed codes, and the rest of its last byte. */
export function writeEnd(): void {
  putBits(1 | FIXED, BLOCK_HEAD_BITS + FIXED_END_BITS);
  alignBits();
}

function storedBits(rawSize: u32): u32 {
  const first = ((<u32>pendingBits + BLOCK_HEAD_BITS + 7) & ~7) - <u32>pendingBits + 32;
  const more = rawSize == 0 ? 0 : (rawSize - 1) / MAX_STORED_BYTES;
  return first + 40 * more + 8 * rawSize;
}

function fixedBits(work: usize): u32 {
  return (
    BLOCK_HEAD_BITS +
    bitsOf(work + SYMBOL_COUNTS, work + FIXED_BITS, SYMBOLS) +
    FIXED_DISTANCE_BITS * sumOf(work + DISTANCE_COUNTS, DISTANCES)
  );
}

function dynamicBits(work: usize): u32 {
  return (
    BLOCK_HEAD_BITS +
    bitsOf(work + SYMBOL_COUNTS, work + SYMBOL_BITS, SYMBOLS) +
    bitsOf(work + DISTANCE_COUNTS, work + DISTANCE_BITS, DISTANCES)
  );
}

/** The bits behind codes, the same in either code. */
function countExtraBits(work: usize): u32 {
  return (
    bitsOf(work + SYMBOL_COUNTS + 4 * FIRST_LENGTH_SYMBOL, LENGTH_EXTRA, LENGTH_SYMBOLS) +
    bitsOf(work + DISTANCE_COUNTS, DISTANCE_EXTRA, DISTANCES)
  );
}

/** What `symbols` counts (u32) of so many bits (u8) come to. Both stand in eights, of which the last ends in zeros of either. */
function bitsOf(counts: usize, bits: usize, symbols: usize): u32 {
  let sums = i32x4.splat(0);
  for (let at: usize = 0; at < symbols; at += 8) {
    const eight = v128.load_ext<u8>(bits + at);
    const here = counts + (at << 2);
    const low = i32x4.mul(i32x4.extend_low_i16x8_u(eight), v128.load(here));
    const high = i32x4.mul(i32x4.extend_high_i16x8_u(eight), v128.load(here, 16));
    sums = i32x4.add(sums, i32x4.add(low, high));
  }
  return sumOfLanes(sums);
}

function sumOf(counts: usize, symbols: usize): u32 {
  let sums = i32x4.splat(0);
  for (let at: usize = 0; at < symbols; at += 4)
    sums = i32x4.add(sums, v128.load(counts + (at << 2)));
  return sumOfLanes(sums);
}
