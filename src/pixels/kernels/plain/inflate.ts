/**
 * INFLATE (RFC 1950, RFC 1951) that stops at any byte of its input or room and goes on there; the twin of
 * ../assembly/inflate.ts. One symbol at a time, as its slow path does.
 */
import { Area, Field, Inflated, Mode } from '../inflate-state.ts';
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';
import { adler32 } from './adler.ts';
import {
  buildTable,
  END,
  extraOf,
  LINK,
  LITERAL,
  RootBits,
  SPECIAL,
  valueOf,
} from './inflate-codes.ts';

/** Indexes of faultTexts. */
const Fault = {
  Header: 1,
  Method: 2,
  Window: 3,
  Dictionary: 4,
  BlockType: 5,
  Stored: 6,
  Counts: 7,
  LengthCode: 8,
  Repeat: 9,
  NoEnd: 10,
  LiteralCode: 11,
  DistanceCode: 12,
  Symbol: 13,
  Distance: 14,
  TooFar: 15,
  Checksum: 16,
} as const;

/** The order in which the lengths of the code lengths' code are sent. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The lengths of the codes that need not be sent (RFC 1951 3.2.6). */
const FIXED_LITERALS = Uint8Array.from({ length: 288 }, (_, i) =>
  i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8,
);
const FIXED_DISTANCES = new Uint8Array(32).fill(5);

export function inflateKernels(memory: KernelMemory): Pick<Kernels, 'inflate'> {
  return {
    inflate: (state, input, inputEnd, output, outputEnd, history) =>
      inflate(memory, state, { input, inputEnd, output, outputEnd, history }),
  };
}

interface Places {
  readonly input: number;
  readonly inputEnd: number;
  readonly output: number;
  readonly outputEnd: number;
  readonly history: number;
}

/** What a step returns when the call goes on. */
const GO_ON = -1;

function inflate(memory: KernelMemory, state: number, places: Places): number {
  const { bytes, words } = memory;
  const { inputEnd, outputEnd, history } = places;
  const fields = words.subarray(state >>> 2, (state + Area.Scratch) >>> 2);
  const lengths = bytes.subarray(state + Area.Lengths, state + Area.LengthLengths);
  const lengthLengths = bytes.subarray(
    state + Area.LengthLengths,
    state + Area.LengthLengths + LENGTH_ORDER.length,
  );
  const literals = words.subarray((state + Area.LiteralTable) >>> 2);
  const distances = words.subarray((state + Area.DistanceTable) >>> 2);
  const codeLengths = words.subarray((state + Area.LengthTable) >>> 2);

  let next = places.input;
  let output = places.output;
  // Up to here the output is in the checksum.
  let summed = output;
  let bits = get(Field.Bits);
  let bitCount = get(Field.BitCount);
  // Of the code that was looked up last.
  let codeBits = 0;

  function get(field: number): number {
    return fields[field >>> 2]!;
  }
  function set(field: number, value: number): void {
    fields[field >>> 2] = value;
  }
  function goTo(mode: number): number {
    set(Field.Mode, mode);
    return GO_ON;
  }
  function fail(fault: number): number {
    set(Field.Fault, fault);
    return goTo(Mode.Broken);
  }

  function pullByte(): boolean {
    if (next >= inputEnd) return false;
    bits |= bytes[next++]! << bitCount;
    bitCount += 8;
    return true;
  }
  /** Whether there are `count` bits, at most 16. */
  function has(count: number): boolean {
    while (bitCount < count) if (!pullByte()) return false;
    return true;
  }
  function take(count: number): number {
    const value = bits & ((1 << count) - 1);
    bits >>>= count;
    bitCount -= count;
    return value;
  }
  /** Looks the next code up, without taking it; 0 when bits are missing. */
  function peekCode(table: Uint32Array, rootBits: number): number {
    do {
      let entry = table[bits & ((1 << rootBits) - 1)]!;
      codeBits = (entry >>> 8) & 15;
      if ((entry & LITERAL) === 0 && (entry & LINK) !== 0) {
        entry = table[valueOf(entry) + ((bits >>> rootBits) & ((1 << codeBits) - 1))]!;
        codeBits = rootBits + ((entry >>> 8) & 15);
      }
      if (codeBits <= bitCount) return entry;
    } while (pullByte());
    return 0;
  }

  function sum(): number {
    const checksum = adler32(get(Field.Checksum), bytes, summed, output);
    summed = output;
    set(Field.Checksum, checksum);
    return checksum;
  }

  function header(): number {
    if (!has(16)) return Inflated.WantsInput;
    const method = take(8);
    const flags = take(8);
    if (((method << 8) | flags) % 31 !== 0) return fail(Fault.Header);
    if ((method & 15) !== 8) return fail(Fault.Method);
    if (method >>> 4 > 7) return fail(Fault.Window);
    if ((flags & 0x20) !== 0) return fail(Fault.Dictionary);
    return goTo(Mode.Block);
  }

  function block(): number {
    if (!has(3)) return Inflated.WantsInput;
    set(Field.LastBlock, take(1));
    switch (take(2)) {
      case 0:
        // The rest of the byte is not used.
        take(bitCount & 7);
        return goTo(Mode.StoredLength);
      case 1:
        if (get(Field.FixedTables) === 0) {
          buildTables(FIXED_LITERALS, FIXED_DISTANCES);
          set(Field.FixedTables, 1);
        }
        return goTo(Mode.Symbol);
      case 2:
        return goTo(Mode.CodeCounts);
      default:
        return fail(Fault.BlockType);
    }
  }

  function endBlock(): number {
    set(Field.Index, 0);
    set(Field.Length, 0);
    return goTo(get(Field.LastBlock) === 0 ? Mode.Block : Mode.Trailer);
  }

  function storedLength(): number {
    if (!has(16)) return Inflated.WantsInput;
    set(Field.Length, take(16));
    return goTo(Mode.StoredComplement);
  }

  function storedComplement(): number {
    if (!has(16)) return Inflated.WantsInput;
    return (get(Field.Length) ^ take(16)) === 0xffff ? goTo(Mode.Stored) : fail(Fault.Stored);
  }

  function stored(): number {
    const length = get(Field.Length);
    if (length === 0) return endBlock();
    // There are no bits left: the length ended on a whole byte.
    const part = Math.min(length, inputEnd - next, outputEnd - output);
    if (part === 0) return next < inputEnd ? Inflated.WantsRoom : Inflated.WantsInput;
    bytes.copyWithin(output, next, next + part);
    output += part;
    next += part;
    set(Field.Length, length - part);
    return GO_ON;
  }

  function codeCounts(): number {
    if (!has(14)) return Inflated.WantsInput;
    set(Field.LiteralCodes, 257 + take(5));
    set(Field.DistanceCodes, 1 + take(5));
    set(Field.LengthCodes, 4 + take(4));
    set(Field.Index, 0);
    lengthLengths.fill(0);
    if (get(Field.LiteralCodes) > 286 || get(Field.DistanceCodes) > 30) return fail(Fault.Counts);
    return goTo(Mode.LengthLength);
  }

  function lengthLength(): number {
    const index = get(Field.Index);
    if (index < get(Field.LengthCodes)) {
      if (!has(3)) return Inflated.WantsInput;
      lengthLengths[LENGTH_ORDER[index]!] = take(3);
      set(Field.Index, index + 1);
      return GO_ON;
    }
    set(Field.Index, 0);
    const root = buildTable(codeLengths, RootBits.CodeLengths, lengthLengths, 'codeLengths');
    set(Area.LengthRoot, root);
    return root === 0 ? fail(Fault.LengthCode) : goTo(Mode.CodeLength);
  }

  function codeLength(): number {
    const index = get(Field.Index);
    const total = get(Field.LiteralCodes) + get(Field.DistanceCodes);
    if (index === total) return useSentTables();
    const entry = peekCode(codeLengths, get(Area.LengthRoot));
    if (entry === 0) return Inflated.WantsInput;
    const symbol = valueOf(entry);
    if (symbol < 16) {
      take(codeBits);
      lengths[index] = symbol;
      set(Field.Index, index + 1);
      return GO_ON;
    }
    const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    const code = codeBits;
    if (!has(code + extra)) return Inflated.WantsInput;
    take(code);
    const repeat = (symbol === 18 ? 11 : 3) + take(extra);
    if (index + repeat > total || (symbol === 16 && index === 0)) return fail(Fault.Repeat);
    lengths.fill(symbol === 16 ? lengths[index - 1]! : 0, index, index + repeat);
    set(Field.Index, index + repeat);
    return GO_ON;
  }

  function useSentTables(): number {
    const sent = get(Field.LiteralCodes);
    const total = sent + get(Field.DistanceCodes);
    set(Field.FixedTables, 0);
    if (lengths[256] === 0) return fail(Fault.NoEnd);
    const fault = buildTables(lengths.subarray(0, sent), lengths.subarray(sent, total));
    return fault === undefined ? goTo(Mode.Symbol) : fail(fault);
  }

  /** Builds the tables of literals and distances. Returns the fault, if any. */
  function buildTables(
    literalLengths: Uint8Array,
    distanceLengths: Uint8Array,
  ): number | undefined {
    const literalRoot = buildTable(literals, RootBits.Literals, literalLengths, 'literals');
    set(Area.LiteralRoot, literalRoot);
    if (literalRoot === 0) return Fault.LiteralCode;
    const distanceRoot = buildTable(distances, RootBits.Distances, distanceLengths, 'distances');
    set(Area.DistanceRoot, distanceRoot);
    return distanceRoot === 0 ? Fault.DistanceCode : undefined;
  }

  function symbol(): number {
    const entry = peekCode(literals, get(Area.LiteralRoot));
    if (entry === 0) return Inflated.WantsInput;
    if ((entry & LITERAL) !== 0) {
      if (output >= outputEnd) return Inflated.WantsRoom;
      take(codeBits);
      bytes[output++] = valueOf(entry);
      return GO_ON;
    }
    take(codeBits);
    if ((entry & SPECIAL) === 0) {
      set(Field.Length, valueOf(entry));
      set(Field.Extra, extraOf(entry));
      return goTo(Mode.LengthBits);
    }
    return (entry & END) !== 0 ? endBlock() : fail(Fault.Symbol);
  }

  function lengthBits(): number {
    const extra = get(Field.Extra);
    if (!has(extra)) return Inflated.WantsInput;
    set(Field.Length, get(Field.Length) + take(extra));
    return goTo(Mode.DistanceSymbol);
  }

  function distanceSymbol(): number {
    const entry = peekCode(distances, get(Area.DistanceRoot));
    if (entry === 0) return Inflated.WantsInput;
    take(codeBits);
    if ((entry & SPECIAL) !== 0) return fail(Fault.Distance);
    set(Field.Distance, valueOf(entry));
    set(Field.Extra, extraOf(entry));
    return goTo(Mode.DistanceBits);
  }

  function distanceBits(): number {
    const extra = get(Field.Extra);
    if (!has(extra)) return Inflated.WantsInput;
    const distance = get(Field.Distance) + take(extra);
    set(Field.Distance, distance);
    return distance > output - history ? fail(Fault.TooFar) : goTo(Mode.Match);
  }

  function match(): number {
    const distance = get(Field.Distance);
    let length = get(Field.Length);
    // What a match writes may be what it reads next.
    for (; length > 0 && output < outputEnd; length--, output++)
      bytes[output] = bytes[output - distance]!;
    set(Field.Length, length);
    return length > 0 ? Inflated.WantsRoom : goTo(Mode.Symbol);
  }

  function trailer(): number {
    // The checksum, most significant byte first, behind the rest of the last block's byte.
    const index = get(Field.Index);
    if (index === 0) take(bitCount & 7);
    if (index === 4) return sum() === get(Field.Length) ? goTo(Mode.Done) : fail(Fault.Checksum);
    if (!has(8)) return Inflated.WantsInput;
    set(Field.Length, (get(Field.Length) << 8) | take(8));
    set(Field.Index, index + 1);
    return GO_ON;
  }

  const steps: Readonly<Record<number, () => number>> = {
    [Mode.Header]: header,
    [Mode.Block]: block,
    [Mode.StoredLength]: storedLength,
    [Mode.StoredComplement]: storedComplement,
    [Mode.Stored]: stored,
    [Mode.CodeCounts]: codeCounts,
    [Mode.LengthLength]: lengthLength,
    [Mode.CodeLength]: codeLength,
    [Mode.Symbol]: symbol,
    [Mode.LengthBits]: lengthBits,
    [Mode.DistanceSymbol]: distanceSymbol,
    [Mode.DistanceBits]: distanceBits,
    [Mode.Match]: match,
    [Mode.Trailer]: trailer,
    [Mode.Done]: () => Inflated.Ended,
    [Mode.Broken]: () => Inflated.Failed,
  };
  let result = GO_ON;
  while (result === GO_ON) result = steps[get(Field.Mode)]!();

  sum();
  set(Field.Bits, bits);
  set(Field.BitCount, bitCount);
  set(Field.Input, next);
  set(Field.Output, output);
  return result;
}
