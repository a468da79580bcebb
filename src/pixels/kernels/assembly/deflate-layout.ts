// Where the parts of deflate's work space and of a stream's tables stand, in bytes. Read by both twins, so it is TypeScript
// and AssemblyScript at once: constants only.

/** Tokens of a block, u32: a literal's byte, or a match as MATCH | (length - 3) << 16 | (distance - 1). */
export const TOKENS = 0;
/** Larger blocks describe their codes less often, smaller ones fit them better; measured on screens of all kinds. */
export const MAX_TOKENS = 16384;
/** Sets matches apart, and ends the tokens so that three literals can be looked for without counting. */
export const MATCH = 0x80000000;
export const END_TOKEN = 0xffffffff;

/** How often each literal, end or length symbol (286) and each distance symbol (30) occurs in the block, u32. */
export const SYMBOL_COUNTS = 65600;
export const DISTANCE_COUNTS = 66752;
/** Lengths of the codes, u8. */
export const SYMBOL_BITS = 66880;
export const DISTANCE_BITS = 67168;
/** Codes with the first bit lowest, u32: code | bits << 24. */
export const SYMBOL_CODES = 67200;
export const DISTANCE_CODES = 68352;
/** For each length - 3: its code with the extra bits on top, u32: code | all bits << 24. */
export const LENGTH_CODES = 68480;
/** Of the fixed codes (RFC 1951, 3.2.6): lengths u8, codes u32 as above. */
export const FIXED_BITS = 69504;
export const FIXED_CODES = 69792;
export const FIXED_DISTANCE_CODES = 70944;
/** The symbol of a length - 3, less 257, u8. */
export const LENGTH_SLOTS = 71072;
/** The symbol of a distance - 1 below 256, u8; of larger ones at 256 + (distance - 1) / 128. */
export const DISTANCE_SLOTS = 71328;
/** Code lengths as a block describes them, u16: symbol | extra << 8. */
export const DESCRIPTION = 71840;
export const DESCRIPTION_COUNTS = 72512;
export const DESCRIPTION_BITS = 72608;
export const DESCRIPTION_CODES = 72640;
/** What counts, sorts and makes codes while it runs. */
export const SCRATCH = 72768;
/** Logarithms of 1 .. MAX_LOGARITHM, u16, that only deflate-least.ts looks at. */
export const LOGARITHMS = 80960;
export const MAX_LOGARITHM = 319;
export const WORK_BYTES = 81600;

/** A stream's tables: the last position of each hash of 4 bytes, u32. */
export const HEADS = 0;
export const HEAD_BITS = 14;
/** The same of 3 bytes, which are looked for only where pixels have so many. */
export const TRIPLES = 65536;
export const TRIPLE_BITS = 13;
/** For a position modulo 32768: how far before it the last one with the same hash is, u16; 0 when there is none in reach. */
export const CHAINS = 98304;
/** What Greedy and Lazy need, and what the others do. */
export const FAST_TABLE_BYTES = 98304;
export const TABLE_BYTES = 163840;

/** How far back a match may start. */
export const WINDOW_BYTES = 32768;
export const MIN_MATCH = 3;
export const MAX_MATCH = 258;
export const SYMBOLS = 286;
export const DISTANCES = 30;
export const END_SYMBOL = 256;
export const FIRST_LENGTH_SYMBOL = 257;
