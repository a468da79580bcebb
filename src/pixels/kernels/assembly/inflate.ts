// INFLATE (RFC 1950, RFC 1951) that stops at any byte of its input or room and goes on there; the readable twin is
// ../plain/inflate.ts, the layout of the state in ../inflate-state.ts.
import { adler32 } from './adler';
import {
  buildTable,
  CODE_LENGTHS,
  DISTANCES,
  DISTANCE_ROOT_BITS,
  END,
  INVALID,
  LENGTH_ROOT_BITS,
  LINK,
  LITERAL,
  LITERALS_AND_LENGTHS,
  LITERAL_ROOT_BITS,
  SPECIAL,
} from './inflate-codes';

// Offsets in the state.
const BITS: usize = 0;
const BIT_COUNT: usize = 4;
const MODE: usize = 8;
const LAST_BLOCK: usize = 12;
const INDEX: usize = 16;
const LITERAL_CODES: usize = 20;
const DISTANCE_CODES: usize = 24;
const LENGTH_CODES: usize = 28;
const LENGTH: usize = 32;
const DISTANCE: usize = 36;
const EXTRA: usize = 40;
const FIXED_TABLES: usize = 44;
const CHECKSUM: usize = 48;
const INPUT: usize = 52;
const OUTPUT: usize = 56;
const FAULT: usize = 60;
const LENGTHS: usize = 64;
const LENGTH_LENGTHS: usize = 384;
const LITERAL_ROOT: usize = 404;
const DISTANCE_ROOT: usize = 408;
const LENGTH_ROOT: usize = 412;
const SCRATCH: usize = 416;
const LITERAL_TABLE: usize = 1088;
const DISTANCE_TABLE: usize = 10496;
const LENGTH_TABLE: usize = 12160;

// Modes: what comes next.
const HEADER: u32 = 0;
const BLOCK: u32 = 1;
const STORED_LENGTH: u32 = 2;
const STORED_COMPLEMENT: u32 = 3;
const STORED: u32 = 4;
const CODE_COUNTS: u32 = 5;
const LENGTH_LENGTH: u32 = 6;
const CODE_LENGTH: u32 = 7;
const SYMBOL: u32 = 8;
const LENGTH_BITS: u32 = 9;
const DISTANCE_SYMBOL: u32 = 10;
const DISTANCE_BITS: u32 = 11;
const MATCH: u32 = 12;
const TRAILER: u32 = 13;
const DONE: u32 = 14;
const BROKEN: u32 = 15;

// What is returned.
const WANTS_INPUT: u32 = 0;
const WANTS_ROOM: u32 = 1;
const ENDED: u32 = 2;
const FAILED: u32 = 3;

// Faults: indexes of the texts in ../inflate-state.ts.
const BAD_HEADER: u32 = 1;
const BAD_METHOD: u32 = 2;
const BAD_WINDOW: u32 = 3;
const DICTIONARY: u32 = 4;
const BAD_BLOCK: u32 = 5;
const BAD_STORED: u32 = 6;
const BAD_COUNTS: u32 = 7;
const BAD_LENGTH_CODE: u32 = 8;
const BAD_REPEAT: u32 = 9;
const NO_END: u32 = 10;
const BAD_LITERAL_CODE: u32 = 11;
const BAD_DISTANCE_CODE: u32 = 12;
const BAD_SYMBOL: u32 = 13;
const BAD_DISTANCE: u32 = 14;
const TOO_FAR: u32 = 15;
const BAD_CHECKSUM: u32 = 16;

/** The order in which the lengths of the code lengths' code are sent. */
const LENGTH_ORDER = memory.data<u8>([
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
]);

/** For a distance below 16: which of the bytes there come next, 16 of them, and how many of these repeat whole. */
const PATTERNS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 1,
  2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 0, 1, 2,
  3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 0, 1, 2, 3,
  4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4,
  5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4,
  5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
]);
const PATTERN_STEPS = memory.data<u8>([
  0, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15,
]);

/** The fast loop wants so much input: two loads of 8 bytes, the second up to 7 bytes further. */
const FAST_INPUT: usize = 16;
/** And so much room: a few literals, the longest match, and what the last 16 bytes of it write too much. */
const FAST_ROOM: usize = 320;

// The input while a call lasts: bits already taken from it, and where the next byte stands.
let bits: u64 = 0;
let bitCount: u32 = 0;
let next: usize = 0;
let end: usize = 0;

function pullByte(): bool {
  if (next >= end) return false;
  bits |= (<u64>load<u8>(next)) << bitCount;
  next++;
  bitCount += 8;
  return true;
}

/** Whether there are `count` bits, at most 16. */
function has(count: u32): bool {
  while (bitCount < count) if (!pullByte()) return false;
  return true;
}

function take(count: u32): u32 {
  const value = <u32>bits & ((1 << count) - 1);
  bits >>= count;
  bitCount -= count;
  return value;
}

function mask(count: u32): u64 {
  return ((<u64>1) << count) - 1;
}

/** Bits that follow the code of an entry. */
function extraOf(entry: u32): u32 {
  return (entry & 255) - ((entry >>> 8) & 15);
}

function valueOf(entry: u32): u32 {
  return (entry >>> 16) & 0x7fff;
}

/** Looks the next code up, without taking it; 0 when bits are missing. `codeBits` tells its length. */
let codeBits: u32 = 0;
function peekCode(table: usize, rootBits: u32): u32 {
  do {
    let entry = load<u32>(table + ((<usize>(bits & mask(rootBits))) << 2));
    codeBits = (entry >>> 8) & 15;
    if ((entry & LINK) != 0 && (entry & LITERAL) == 0) {
      const index = <u32>(bits >> rootBits) & ((1 << codeBits) - 1);
      entry = load<u32>(table + ((<usize>(valueOf(entry) + index)) << 2));
      codeBits = rootBits + ((entry >>> 8) & 15);
    }
    if (codeBits <= bitCount) return entry;
  } while (pullByte());
  return 0;
}

/** Writes a match of at least one byte; up to 15 bytes behind it are overwritten. */
function copyMatch(output: usize, distance: usize, length: usize): void {
  const stop = output + length;
  let from = output - distance;
  if (distance >= 16) {
    do {
      v128.store(output, v128.load(from));
      output += 16;
      from += 16;
    } while (output < stop);
  } else {
    const pattern = i8x16.swizzle(v128.load(from), v128.load(PATTERNS + (distance << 4)));
    const step = <usize>load<u8>(PATTERN_STEPS + distance);
    do {
      v128.store(output, pattern);
      output += step;
    } while (output < stop);
  }
}

/**
 * Symbols as long as neither input nor room can run out: the loop in which nearly all time is spent. Returns where the output
 * ends; the state's mode says why it stopped.
 */
function inflateFast(state: usize, output: usize, outputEnd: usize, history: usize): usize {
  const literals = state + LITERAL_TABLE;
  const distances = state + DISTANCE_TABLE;
  const literalMask = mask(load<u32>(state, LITERAL_ROOT));
  const distanceMask = mask(load<u32>(state, DISTANCE_ROOT));
  const lastInput = end - FAST_INPUT;
  const lastOutput = outputEnd - FAST_ROOM;
  let buffer = bits;
  let count = bitCount;
  let input = next;
  do {
    // At least 56 bits; those above `count` are right, but are loaded again.
    buffer |= load<u64>(input) << count;
    input += (63 - count) >>> 3;
    count |= 56;
    let entry = load<u32>(literals + ((<usize>(buffer & literalMask)) << 2));
    if (<i32>entry < 0) {
      buffer >>= entry;
      count -= entry & 63;
      store<u8>(output++, entry >>> 16);
      entry = load<u32>(literals + ((<usize>(buffer & literalMask)) << 2));
      if (<i32>entry < 0) {
        buffer >>= entry;
        count -= entry & 63;
        store<u8>(output++, entry >>> 16);
        entry = load<u32>(literals + ((<usize>(buffer & literalMask)) << 2));
        if (<i32>entry < 0) {
          buffer >>= entry;
          count -= entry & 63;
          store<u8>(output++, entry >>> 16);
          continue;
        }
      }
    }
    if ((entry & SPECIAL) != 0) {
      if ((entry & LINK) != 0) {
        // There are second tables only where the first is as large as it may be.
        buffer >>= LITERAL_ROOT_BITS;
        count -= LITERAL_ROOT_BITS;
        const index = valueOf(entry) + <u32>(buffer & mask((entry >>> 8) & 15));
        entry = load<u32>(literals + ((<usize>index) << 2));
        if (<i32>entry < 0) {
          buffer >>= entry;
          count -= entry & 63;
          store<u8>(output++, entry >>> 16);
          continue;
        }
      }
      if ((entry & SPECIAL) != 0) {
        buffer >>= entry;
        count -= entry & 63;
        if ((entry & END) != 0) store<u32>(state, BLOCK, MODE);
        else fail(state, BAD_SYMBOL);
        break;
      }
    }
    let held = buffer & mask(entry & 63);
    const length = <usize>(entry >>> 16) + <usize>(held >> ((entry >>> 8) & 15));
    buffer >>= entry;
    count -= entry & 63;
    if (count < 28) {
      buffer |= load<u64>(input) << count;
      input += (63 - count) >>> 3;
      count |= 56;
    }
    entry = load<u32>(distances + ((<usize>(buffer & distanceMask)) << 2));
    if ((entry & SPECIAL) != 0) {
      if ((entry & LINK) != 0) {
        buffer >>= DISTANCE_ROOT_BITS;
        count -= DISTANCE_ROOT_BITS;
        const index = valueOf(entry) + <u32>(buffer & mask((entry >>> 8) & 15));
        entry = load<u32>(distances + ((<usize>index) << 2));
      }
      if ((entry & SPECIAL) != 0) {
        fail(state, BAD_DISTANCE);
        break;
      }
    }
    held = buffer & mask(entry & 63);
    const distance = <usize>(entry >>> 16) + <usize>(held >> ((entry >>> 8) & 15));
    buffer >>= entry;
    count -= entry & 63;
    if (distance > output - history) {
      fail(state, TOO_FAR);
      break;
    }
    copyMatch(output, distance, length);
    output += length;
  } while (input <= lastInput && output <= lastOutput);
  // Whole bytes go back.
  next = input - (count >>> 3);
  bitCount = count & 7;
  bits = buffer & mask(bitCount);
  return output;
}

function fail(state: usize, fault: u32): void {
  store<u32>(state, BROKEN, MODE);
  store<u32>(state, fault, FAULT);
}

/** Builds the tables of literals and distances. Returns the fault, if any. */
function buildTables(state: usize, literals: u32, distances: u32): u32 {
  const lengths = state + LENGTHS;
  const scratch = state + SCRATCH;
  const literalRoot = buildTable(
    state + LITERAL_TABLE,
    LITERAL_ROOT_BITS,
    lengths,
    literals,
    LITERALS_AND_LENGTHS,
    scratch,
  );
  store<u32>(state, literalRoot, LITERAL_ROOT);
  if (literalRoot == 0) return BAD_LITERAL_CODE;
  const distanceRoot = buildTable(
    state + DISTANCE_TABLE,
    DISTANCE_ROOT_BITS,
    lengths + literals,
    distances,
    DISTANCES,
    scratch,
  );
  store<u32>(state, distanceRoot, DISTANCE_ROOT);
  return distanceRoot == 0 ? BAD_DISTANCE_CODE : 0;
}

/** Readies the tables that need not be sent (RFC 1951 3.2.6), unless they are there. */
function useFixedTables(state: usize): void {
  if (load<u32>(state, FIXED_TABLES) != 0) return;
  const lengths = state + LENGTHS;
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  memory.fill(lengths + 288, 5, 32);
  buildTables(state, 288, 32);
  store<u32>(state, 1, FIXED_TABLES);
}

/** Builds the tables of a block from the lengths it sent. Returns the fault, if any. */
function useSentTables(state: usize): u32 {
  store<u32>(state, 0, FIXED_TABLES);
  if (load<u8>(state + LENGTHS + 256) == 0) return NO_END;
  return buildTables(state, load<u32>(state, LITERAL_CODES), load<u32>(state, DISTANCE_CODES));
}

export function inflate(
  state: usize,
  input: usize,
  inputEnd: usize,
  output: usize,
  outputEnd: usize,
  history: usize,
): u32 {
  bits = load<u32>(state, BITS);
  bitCount = load<u32>(state, BIT_COUNT);
  next = input;
  end = inputEnd;
  // Up to here the output is in the checksum.
  let summed = output;
  let result = WANTS_INPUT;

  while (true) {
    const mode = load<u32>(state, MODE);
    if (mode == SYMBOL) {
      if (next + FAST_INPUT <= end && output + FAST_ROOM <= outputEnd) {
        output = inflateFast(state, output, outputEnd, history);
        if (load<u32>(state, MODE) != SYMBOL) {
          if (load<u32>(state, MODE) == BLOCK && load<u32>(state, LAST_BLOCK) != 0)
            store<u32>(state, TRAILER, MODE);
          store<u32>(state, 0, INDEX);
          store<u32>(state, 0, LENGTH);
          continue;
        }
      }
      const entry = peekCode(state + LITERAL_TABLE, load<u32>(state, LITERAL_ROOT));
      if (entry == 0) break;
      if ((entry & LITERAL) != 0) {
        if (output >= outputEnd) {
          result = WANTS_ROOM;
          break;
        }
        take(codeBits);
        store<u8>(output++, entry >>> 16);
        continue;
      }
      take(codeBits);
      if ((entry & END) != 0) {
        store<u32>(state, load<u32>(state, LAST_BLOCK) != 0 ? TRAILER : BLOCK, MODE);
        store<u32>(state, 0, INDEX);
        store<u32>(state, 0, LENGTH);
      } else if ((entry & INVALID) != 0 && (entry & SPECIAL) != 0) {
        fail(state, BAD_SYMBOL);
      } else {
        store<u32>(state, valueOf(entry), LENGTH);
        store<u32>(state, extraOf(entry), EXTRA);
        store<u32>(state, LENGTH_BITS, MODE);
      }
    } else if (mode == LENGTH_BITS) {
      const extra = load<u32>(state, EXTRA);
      if (!has(extra)) break;
      store<u32>(state, load<u32>(state, LENGTH) + take(extra), LENGTH);
      store<u32>(state, DISTANCE_SYMBOL, MODE);
    } else if (mode == DISTANCE_SYMBOL) {
      const entry = peekCode(state + DISTANCE_TABLE, load<u32>(state, DISTANCE_ROOT));
      if (entry == 0) break;
      take(codeBits);
      if ((entry & SPECIAL) != 0) {
        fail(state, BAD_DISTANCE);
        continue;
      }
      store<u32>(state, valueOf(entry), DISTANCE);
      store<u32>(state, extraOf(entry), EXTRA);
      store<u32>(state, DISTANCE_BITS, MODE);
    } else if (mode == DISTANCE_BITS) {
      const extra = load<u32>(state, EXTRA);
      if (!has(extra)) break;
      const distance = load<u32>(state, DISTANCE) + take(extra);
      store<u32>(state, distance, DISTANCE);
      if (distance > output - history) fail(state, TOO_FAR);
      else store<u32>(state, MATCH, MODE);
    } else if (mode == MATCH) {
      const length = load<u32>(state, LENGTH);
      const distance = load<u32>(state, DISTANCE);
      const part = min(length, <u32>(outputEnd - output));
      if (part + 16 <= outputEnd - output && part > 0) {
        copyMatch(output, distance, part);
        output += part;
      } else {
        for (const stop = output + part; output < stop; output++)
          store<u8>(output, load<u8>(output - distance));
      }
      store<u32>(state, length - part, LENGTH);
      if (part < length) {
        result = WANTS_ROOM;
        break;
      }
      store<u32>(state, SYMBOL, MODE);
    } else if (mode == BLOCK) {
      if (!has(3)) break;
      store<u32>(state, take(1), LAST_BLOCK);
      const type = take(2);
      if (type == 0) {
        take(bitCount & 7);
        store<u32>(state, STORED_LENGTH, MODE);
      } else if (type == 1) {
        useFixedTables(state);
        store<u32>(state, SYMBOL, MODE);
      } else if (type == 2) {
        store<u32>(state, CODE_COUNTS, MODE);
      } else fail(state, BAD_BLOCK);
    } else if (mode == STORED_LENGTH) {
      if (!has(16)) break;
      store<u32>(state, take(16), LENGTH);
      store<u32>(state, STORED_COMPLEMENT, MODE);
    } else if (mode == STORED_COMPLEMENT) {
      if (!has(16)) break;
      if ((load<u32>(state, LENGTH) ^ take(16)) != 0xffff) fail(state, BAD_STORED);
      else store<u32>(state, STORED, MODE);
    } else if (mode == STORED) {
      const length = load<u32>(state, LENGTH);
      if (length == 0) {
        store<u32>(state, load<u32>(state, LAST_BLOCK) != 0 ? TRAILER : BLOCK, MODE);
        store<u32>(state, 0, INDEX);
        continue;
      }
      // There are no bits left: the length ended on a whole byte.
      const part = min(length, min(<u32>(end - next), <u32>(outputEnd - output)));
      if (part == 0) {
        if (next < end) result = WANTS_ROOM;
        break;
      }
      memory.copy(output, next, part);
      output += part;
      next += part;
      store<u32>(state, length - part, LENGTH);
    } else if (mode == CODE_COUNTS) {
      if (!has(14)) break;
      const literals = 257 + take(5);
      const distances = 1 + take(5);
      store<u32>(state, literals, LITERAL_CODES);
      store<u32>(state, distances, DISTANCE_CODES);
      store<u32>(state, 4 + take(4), LENGTH_CODES);
      store<u32>(state, 0, INDEX);
      memory.fill(state + LENGTH_LENGTHS, 0, 19);
      if (literals > 286 || distances > 30) fail(state, BAD_COUNTS);
      else store<u32>(state, LENGTH_LENGTH, MODE);
    } else if (mode == LENGTH_LENGTH) {
      let index = load<u32>(state, INDEX);
      const count = load<u32>(state, LENGTH_CODES);
      for (; index < count && has(3); index++)
        store<u8>(state + LENGTH_LENGTHS + load<u8>(LENGTH_ORDER + index), <u8>take(3));
      store<u32>(state, index, INDEX);
      if (index < count) break;
      store<u32>(state, 0, INDEX);
      const root = buildTable(
        state + LENGTH_TABLE,
        LENGTH_ROOT_BITS,
        state + LENGTH_LENGTHS,
        19,
        CODE_LENGTHS,
        state + SCRATCH,
      );
      store<u32>(state, root, LENGTH_ROOT);
      if (root == 0) fail(state, BAD_LENGTH_CODE);
      else store<u32>(state, CODE_LENGTH, MODE);
    } else if (mode == CODE_LENGTH) {
      const lengths = state + LENGTHS;
      const total = load<u32>(state, LITERAL_CODES) + load<u32>(state, DISTANCE_CODES);
      let index = load<u32>(state, INDEX);
      const root = load<u32>(state, LENGTH_ROOT);
      let fault: u32 = 0;
      while (index < total) {
        const entry = peekCode(state + LENGTH_TABLE, root);
        if (entry == 0) break;
        const symbol = valueOf(entry);
        if (symbol < 16) {
          take(codeBits);
          store<u8>(lengths + index++, <u8>symbol);
          continue;
        }
        const extra: u32 = symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
        const code = codeBits;
        if (!has(code + extra)) break;
        take(code);
        const repeat = (symbol == 18 ? 11 : 3) + take(extra);
        if (index + repeat > total || (symbol == 16 && index == 0)) {
          fault = BAD_REPEAT;
          break;
        }
        memory.fill(lengths + index, symbol == 16 ? load<u8>(lengths + index - 1) : 0, repeat);
        index += repeat;
      }
      store<u32>(state, index, INDEX);
      if (fault == 0) {
        if (index < total) break;
        fault = useSentTables(state);
      }
      if (fault != 0) fail(state, fault);
      else store<u32>(state, SYMBOL, MODE);
    } else if (mode == HEADER) {
      if (!has(16)) break;
      const method = take(8);
      const flags = take(8);
      if (((method << 8) | flags) % 31 != 0) fail(state, BAD_HEADER);
      else if ((method & 15) != 8) fail(state, BAD_METHOD);
      else if (method >>> 4 > 7) fail(state, BAD_WINDOW);
      else if ((flags & 0x20) != 0) fail(state, DICTIONARY);
      else store<u32>(state, BLOCK, MODE);
    } else if (mode == TRAILER) {
      // The checksum, most significant byte first, behind the rest of the last block's byte.
      if (load<u32>(state, INDEX) == 0) take(bitCount & 7);
      while (load<u32>(state, INDEX) < 4 && has(8)) {
        store<u32>(state, (load<u32>(state, LENGTH) << 8) | take(8), LENGTH);
        store<u32>(state, load<u32>(state, INDEX) + 1, INDEX);
      }
      if (load<u32>(state, INDEX) < 4) break;
      const checksum = adler32(load<u32>(state, CHECKSUM), summed, <u32>(output - summed));
      store<u32>(state, checksum, CHECKSUM);
      summed = output;
      if (checksum != load<u32>(state, LENGTH)) fail(state, BAD_CHECKSUM);
      else store<u32>(state, DONE, MODE);
    } else {
      result = mode == DONE ? ENDED : FAILED;
      break;
    }
  }

  const sum = adler32(load<u32>(state, CHECKSUM), summed, <u32>(output - summed));
  store<u32>(state, sum, CHECKSUM);
  store<u32>(state, <u32>bits, BITS);
  store<u32>(state, bitCount, BIT_COUNT);
  store<u32>(state, <u32>next, INPUT);
  store<u32>(state, <u32>output, OUTPUT);
  return result;
}
