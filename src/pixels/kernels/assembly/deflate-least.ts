// What a dynamic block of deflate takes at least: of few tokens, most are not worth the trees that would tell exactly. It never
// changes what is chosen, so that the readable twin has none of it.
import {
  DISTANCE_COUNTS,
  DISTANCES,
  LOGARITHMS,
  MAX_LOGARITHM,
  SYMBOL_COUNTS,
  SYMBOLS,
} from './deflate-layout';
import { occupiedWords, word } from './words';

/** Logarithms to base 2 have so many bits behind the point. */
const FRACTION_BITS: u32 = 8;
/** How many lengths of each code are sent, and how many of the codes that describe them. */
const COUNT_BITS: u32 = 5 + 5 + 4;
/** Where in the order of the description (3.2.7) a length of 1 stands; each longer one stands 2 earlier, up to 8. */
const ORDER_OF_ONE: u32 = 18;

// What is known of the description before there are lengths: how many are not 0, and the three ways to send zeros.
let lengths: u32 = 0;
let zeros: u32 = 0;
let shortRuns: u32 = 0;
let longRuns: u32 = 0;
/** How many before here are not 0 in a row: from the third on they may be sent as repetitions. */
let inRow: u32 = 0;
/** How many are not 0 in all. */
let used: u32 = 0;

/**
 * With more tokens, codes of their own mostly win. So few have every logarithm: at most 49 symbols and 30 distances are not 0,
 * and what is between takes 3 each, or once 4.
 */
export const MAX_LEAST_TOKENS: u32 = 48;

/** Fills in the logarithms, each a little too large. Once. */
export function prepareLogarithms(work: usize): void {
  for (let number: u32 = 1; number <= <u32>MAX_LOGARITHM; number++) {
    const whole: u32 = 31 - clz(number);
    let result = whole;
    // Between 1 and 2, with 31 bits behind the point: whether its square is more than 2 is the next bit.
    let rest: u64 = <u64>number << <u64>(31 - whole);
    for (let bit: u32 = 0; bit < FRACTION_BITS; bit++) {
      rest = (rest * rest) >> 31;
      const next = <u32>(rest >> 32);
      result = (result << 1) | next;
      rest >>= <u64>next;
    }
    store<u16>(work + LOGARITHMS + (number << 1), <u16>(result + 1));
  }
}

/** Bits of a block of at most MAX_LEAST_TOKENS, without its head and the bits behind codes. */
export function leastDynamicBits(work: usize): u32 {
  lengths = 0;
  zeros = 0;
  shortRuns = 0;
  longRuns = 0;
  inRow = 0;
  used = 0;
  const symbols = dataBits(work, work + SYMBOL_COUNTS, SYMBOLS);
  const order = orderBits(used);
  const distances = dataBits(work, work + DISTANCE_COUNTS, DISTANCES);
  return COUNT_BITS + order + descriptionBits(work) + ((symbols + distances) >>> FRACTION_BITS);
}

/** Of what a code stands for, with fraction: no prefix code has fewer bits than the entropy. Notes what is described. */
function dataBits(work: usize, counts: usize, symbols: u32): u32 {
  let total: u32 = 0;
  let saved: u32 = 0;
  let next: u32 = 0;
  for (let first: u32 = 0; first < symbols; first += 8) {
    for (let left = occupiedWords(counts + (first << 2)); left != 0; left &= left - 1) {
      const symbol = first + ctz(left);
      const count = word(counts, symbol);
      total += count;
      saved += count * logarithm(work, count);
      if (symbol > next) noteZeros(symbol - next);
      if (inRow < 2) lengths++;
      inRow++;
      used++;
      next = symbol + 1;
    }
  }
  return entropy(work, total, saved);
}

/** As describeRun of deflate-description.ts sends them. */
function noteZeros(run: u32): void {
  inRow = 0;
  let left = run;
  for (; left >= 11; left -= min<u32>(left, 138)) longRuns++;
  if (left >= 3) shortRuns++;
  else zeros += left;
}

/** Of u symbols, one at least has a length of at most log2 u: in the order, those come the later the shorter they are. */
function orderBits(used: u32): u32 {
  return 3 * (ORDER_OF_ONE - 2 * (30 - clz(used)));
}

function descriptionBits(work: usize): u32 {
  const total = lengths + zeros + shortRuns + longRuns;
  const saved =
    lengths * logarithm(work, lengths) +
    zeros * logarithm(work, zeros) +
    shortRuns * logarithm(work, shortRuns) +
    longRuns * logarithm(work, longRuns);
  return max(total, entropy(work, total, saved) >>> FRACTION_BITS) + 3 * shortRuns + 7 * longRuns;
}

/** Of `total` symbols, with fraction: `saved` is the sum of the logarithms of how many there are of each. */
function entropy(work: usize, total: u32, saved: u32): u32 {
  const all = total * (logarithm(work, total) - 1);
  return total > 0 && all > saved ? all - saved : 0;
}

function logarithm(work: usize, number: u32): u32 {
  return load<u16>(work + LOGARITHMS + (number << 1));
}
