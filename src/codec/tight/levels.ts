/** What the compression levels 0..9 of Tight mean: how hard each kind of data is worked on. */
import { DeflateEffort } from '../zlib-stream.ts';

export interface Tuning {
  /** Bits and indexes: few bytes, worth more time than pixels. */
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

const fast: Tuning = { indexes: Lazy, pixels: Greedy, gradient: Huffman, trialArea: NEVER };
const usual: Tuning = { indexes: Chains, pixels: Lazy, gradient: Huffman, trialArea: 8192 };
const small: Tuning = { indexes: Deep, pixels: Chains, gradient: Lazy, trialArea: ALWAYS };
const smaller: Tuning = { ...small, pixels: Deep };
const smallest: Tuning = { indexes: Best, pixels: Best, gradient: Deep, trialArea: ALWAYS };

const tunings: readonly Tuning[] = [
  { indexes: Stored, pixels: Stored, gradient: Stored, trialArea: NEVER },
  fast,
  usual,
  { ...usual, pixels: Chains },
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
