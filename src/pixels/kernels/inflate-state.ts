/**
 * What an INFLATE stream keeps between calls (RFC 1950, RFC 1951): where its numbers stand in the memory of the kernels, and
 * what they mean. Both twins of the kernel use this layout; assembly/inflate.ts repeats it.
 */

/** Offsets of 32-bit words in the state. */
export const Field = {
  /** Bits that were taken from the input and not used yet; fewer than 16, the next one lowest. */
  Bits: 0,
  BitCount: 4,
  /** A Mode. */
  Mode: 8,
  /** Not 0: no block follows this one. */
  LastBlock: 12,
  /** How many lengths, or bytes of the checksum, were read. */
  Index: 16,
  /** Codes of literals and lengths, of distances and of code lengths that the block has. */
  LiteralCodes: 20,
  DistanceCodes: 24,
  LengthCodes: 28,
  /** Of the match or of what is left of a stored block; in the trailer, the checksum as far as it was read. */
  Length: 32,
  Distance: 36,
  /** Bits that follow the code that was read. */
  Extra: 40,
  /** Not 0: the tables are those that need not be sent. */
  FixedTables: 44,
  /** Adler-32 of all output. */
  Checksum: 48,
  /** Results of a call: where the next byte of input and of output stands, and what is wrong. */
  Input: 52,
  Output: 56,
  Fault: 60,
} as const;

/** Offsets of blocks in the state. */
export const Area = {
  /** Code lengths that a block sends, a byte each: of its literals and lengths, then of its distances. */
  Lengths: 64,
  /** The same of the code that these lengths are written in. */
  LengthLengths: 384,
  /** Words: how many bits each of the tables below looks at. */
  LiteralRoot: 404,
  DistanceRoot: 408,
  LengthRoot: 412,
  /** To build tables in. */
  Scratch: 416,
  /** Tables of 32-bit entries, whose most are known: `enough` of zlib's examples says 2342 and 402. */
  LiteralTable: 1088,
  DistanceTable: 10496,
  LengthTable: 12160,
} as const;

export const STATE_BYTES = 12672;

/** What comes next in the input. */
export const Mode = {
  Header: 0,
  Block: 1,
  StoredLength: 2,
  StoredComplement: 3,
  Stored: 4,
  CodeCounts: 5,
  LengthLength: 6,
  CodeLength: 7,
  Symbol: 8,
  LengthBits: 9,
  DistanceSymbol: 10,
  DistanceBits: 11,
  Match: 12,
  Trailer: 13,
  Done: 14,
  Broken: 15,
} as const;

/** Why a call returned. */
export const Inflated = { WantsInput: 0, WantsRoom: 1, Ended: 2, Failed: 3 } as const;

/** By the number in Field.Fault. */
export const faultTexts: readonly string[] = [
  'no fault',
  'the header is none of zlib',
  'the compression method is unknown',
  'the window is too large',
  'it wants a preset dictionary',
  'a block has an unknown type',
  'the length of a stored block and its complement differ',
  'a block has too many codes',
  'the lengths of the code lengths make no code',
  'a repeated code length has nothing to repeat, or too much',
  'a block has no code for its end',
  'the lengths of literals make no code',
  'the lengths of distances make no code',
  'a literal or length has no such code',
  'a distance has no such code',
  'a distance reaches too far back',
  'the checksum is wrong',
];

/** What is true of a stream before its first byte. */
export function beginState(words: Uint32Array, state: number): void {
  words.fill(0, state >>> 2, (state + Area.Lengths) >>> 2);
  words[(state + Field.Checksum) >>> 2] = 1;
}
