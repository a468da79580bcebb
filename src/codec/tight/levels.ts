/** What the compression levels 0..9 of Tight mean: how hard each kind of data is worked on. */
import { DeflateEffort } from '../zlib-stream.ts';

export interface Tuning {
  /** Bits, and indexes of 16 colours or fewer: consoles and dialogs, of which little is left. Worth most time. */
  readonly plain: DeflateEffort;
  /** Indexes of more colours. */
  readonly indexes: DeflateEffort;
  /** Pixels, of screens rather than of photos. */
  readonly pixels: DeflateEffort;
  /** What the gradient filter leaves of photos. */
  readonly gradient: DeflateEffort;
  /** Pixels up to this area are tried both with the gradient filter and without, and go out as what is smaller. */
  readonly trialArea: number;
}

const { Stored, Huffman, Greedy, Lazy, Chains, Deep, Best } = DeflateEffort;
const NEVER = 0;
const ALWAYS: number = Number.POSITIVE_INFINITY;

const stored: Tuning = {
  plain: Stored,
  indexes: Stored,
  pixels: Stored,
  gradient: Stored,
  trialArea: NEVER,
};
const fast: Tuning = {
  plain: Lazy,
  indexes: Greedy,
  pixels: Greedy,
  gradient: Huffman,
  trialArea: NEVER,
};
const usual: Tuning = { ...fast, indexes: Lazy };
const thorough: Tuning = {
  ...usual,
  plain: Chains,
  indexes: Chains,
  pixels: Lazy,
  trialArea: 8192,
};
const small: Tuning = {
  plain: Deep,
  indexes: Deep,
  pixels: Chains,
  gradient: Lazy,
  trialArea: ALWAYS,
};
const smaller: Tuning = { ...small, pixels: Deep };
const smallest: Tuning = {
  plain: Best,
  indexes: Best,
  pixels: Best,
  gradient: Deep,
  trialArea: ALWAYS,
};

const tunings: readonly Tuning[] = [
  stored,
  fast,
  usual,
  thorough,
  small,
  small,
  smaller,
  smaller,
  smaller,
  smallest,
];

/** RangeError for a level that does not exist. */
export function tuningOf(level: number): Tuning {
  const tuning = tunings[level];
  if (tuning === undefined) throw new RangeError(`compression level ${level} is not 0..9`);
  return tuning;
}
