// The tokens of a block of deflate as codes; part of the twin of ../plain/deflate-block.ts.
import { output, pending, pendingBits, putBits, resumeBits } from './deflate-bits';
import {
  DISTANCE_SLOTS,
  END_SYMBOL,
  END_TOKEN,
  FIRST_LENGTH_SYMBOL,
  LENGTH_CODES,
  LENGTH_SLOTS,
  MIN_MATCH,
  SYMBOL_COUNTS,
  TOKENS,
} from './deflate-layout';
import { DISTANCE_BASE, DISTANCE_EXTRA, LENGTH_BASE, LENGTH_EXTRA, LENGTH_SYMBOLS, slotIndex } from './deflate-symbols';
import { word } from './words';

/** From here on it is quicker to go through the symbols of lengths than through the tokens. */
const MANY_TOKENS: u32 = 128;
const CODE_MASK: u32 = 0xffff;
const EXTENDED_CODE_MASK: u32 = 0xffffff;

/** Tokens or, without any, the bytes themselves, and the end of the block. */
export function writeData(
  work: usize,
  symbols: usize,
  distances: usize,
  tokens: u32,
  raw: usize,
  rawSize: u32,
): void {
  if (tokens == 0) {
    writeLiterals(symbols, raw, rawSize);
  } else {
    mergeLengthCodes(work, symbols, tokens);
    store<u32>(work + TOKENS + (tokens << 2), END_TOKEN);
    writeTokens(work, symbols, distances, tokens);
  }
  const end = load<u32>(symbols + 4 * END_SYMBOL);
  putBits(end & CODE_MASK, end >>> 24);
}

/** One table from a length to its code and extra bits: of the lengths that occur or, of many tokens, of their symbols. */
function mergeLengthCodes(work: usize, symbols: usize, tokens: u32): void {
  if (tokens > MANY_TOKENS) {
    for (let slot: u32 = 0; slot < LENGTH_SYMBOLS; slot++) {
      if (word(work + SYMBOL_COUNTS, FIRST_LENGTH_SYMBOL + slot) == 0) continue;
      const behind: u32 = load<u16>(LENGTH_BASE + (slot << 1), 2);
      for (let length: u32 = load<u16>(LENGTH_BASE + (slot << 1)); length < behind; length++)
        mergeLengthCode(work, symbols, length - MIN_MATCH);
    }
    return;
  }
  const end = work + TOKENS + (tokens << 2);
  for (let at = work + TOKENS; at < end; at += 4) {
    const token = load<u32>(at);
    if (token >= 256) mergeLengthCode(work, symbols, (token >>> 16) & 255);
  }
}

function mergeLengthCode(work: usize, symbols: usize, length: u32): void {
  const slot: u32 = load<u8>(work + LENGTH_SLOTS + length);
  const code = load<u32>(symbols + ((FIRST_LENGTH_SYMBOL + slot) << 2));
  const bits = code >>> 24;
  const extra = length + MIN_MATCH - load<u16>(LENGTH_BASE + (slot << 1));
  const all = bits + load<u8>(LENGTH_EXTRA + slot);
  store<u32>(
    work + LENGTH_CODES + (length << 2),
    (code & CODE_MASK) | (extra << bits) | (all << 24),
  );
}

/** Each turn writes up to three literals or a match, at most 15 + 5 + 15 + 13 bits, and with the 7 that wait below 64. */
function writeTokens(work: usize, symbols: usize, distances: usize, tokens: u32): void {
  let bits = pending;
  let count = pendingBits;
  let to = output;
  const end = work + TOKENS + (tokens << 2);
  for (let at = work + TOKENS; at < end; at += 4) {
    const token = load<u32>(at);
    if (token < 256) {
      const first = load<u32>(symbols + (token << 2));
      bits |= (<u64>(first & CODE_MASK)) << count;
      count += first >>> 24;
      const nextToken = load<u32>(at, 4);
      if (nextToken < 256) {
        const second = load<u32>(symbols + (nextToken << 2));
        bits |= (<u64>(second & CODE_MASK)) << count;
        count += second >>> 24;
        at += 4;
        const lastToken = load<u32>(at, 4);
        if (lastToken < 256) {
          const third = load<u32>(symbols + (lastToken << 2));
          bits |= (<u64>(third & CODE_MASK)) << count;
          count += third >>> 24;
          at += 4;
        }
      }
    } else {
      const length = load<u32>(work + LENGTH_CODES + (((token >>> 16) & 255) << 2));
      bits |= (<u64>(length & EXTENDED_CODE_MASK)) << count;
      count += length >>> 24;
      const distance = token & 0xffff;
      const slot: u32 = load<u8>(work + DISTANCE_SLOTS + slotIndex(distance));
      const code = load<u32>(distances + (slot << 2));
      const extra = distance + 1 - load<u16>(DISTANCE_BASE + (slot << 1));
      bits |= (<u64>(code & CODE_MASK) | ((<u64>extra) << (code >>> 24))) << count;
      count += (code >>> 24) + load<u8>(DISTANCE_EXTRA + slot);
    }
    store<u64>(to, bits);
    const bytes = count >> 3;
    to += <usize>bytes;
    bits >>= bytes << 3;
    count &= 7;
  }
  resumeBits(bits, count, to);
}

/** Four literals a turn: 4 * 14 + 7 bits. */
function writeLiterals(symbols: usize, raw: usize, rawSize: u32): void {
  let bits = pending;
  let count = pendingBits;
  let to = output;
  let from = raw;
  const end = raw + rawSize;
  const endOfFours = raw + (rawSize & ~3);
  for (; from < endOfFours; from += 4) {
    const four = load<u32>(from);
    const a = load<u32>(symbols + ((four & 255) << 2));
    const b = load<u32>(symbols + ((four >>> 6) & 0x3fc));
    const c = load<u32>(symbols + ((four >>> 14) & 0x3fc));
    const d = load<u32>(symbols + ((four >>> 24) << 2));
    const low = <u64>(a & CODE_MASK) | ((<u64>(b & CODE_MASK)) << (a >>> 24));
    const high = <u64>(c & CODE_MASK) | ((<u64>(d & CODE_MASK)) << (c >>> 24));
    const lowBits = (a >>> 24) + (b >>> 24);
    bits |= (low | (high << lowBits)) << count;
    count += lowBits + (c >>> 24) + (d >>> 24);
    store<u64>(to, bits);
    const bytes = count >> 3;
    to += <usize>bytes;
    bits >>= bytes << 3;
    count &= 7;
  }
  resumeBits(bits, count, to);
  for (; from < end; from++) {
    const code = load<u32>(symbols + ((<u32>load<u8>(from)) << 2));
    putBits(code & CODE_MASK, code >>> 24);
  }
}
