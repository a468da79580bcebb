/**
 * DES, one block at a time, encryption only (FIPS 46-3). VNC authentication needs it (RFB 7.2.2), and neither WebCrypto
 * nor OpenSSL 3 without its legacy provider has it. Not for anything new.
 */
import { assertInvariant } from '../core/errors.ts';

/** DES works on blocks, and takes keys, of this many bytes. */
export const desBlockBytes = 8;

// The standard's tables. Bits are numbered from 1, the most significant first, as the standard does.
// biome-ignore format: laid out as the standard prints them
const initialPermutation = [
  58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
  62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
  57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
  61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
];
const finalPermutation = initialPermutation.map((_, i) => initialPermutation.indexOf(i + 1) + 1);
// biome-ignore format: laid out as the standard prints them
const roundPermutation = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
  2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];
// biome-ignore format: laid out as the standard prints them
const permutedChoice1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
  10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
  14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
// biome-ignore format: laid out as the standard prints them
const permutedChoice2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
  41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const shifts = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** S1..S8, one hexadecimal digit an entry: row (bits 1 and 6 of the input) times 16, plus column (bits 2..5). */
// biome-ignore format: laid out as the standard prints them
const substitutions = [
  'e4d12fb83a6c5907' + '0f74e2d1a6cb9538' + '41e8d62bfc973a50' + 'fc8249175b3ea06d',
  'f18e6b34972dc05a' + '3d47f28ec01a69b5' + '0e7ba4d158c6932f' + 'd8a13f42b67c05e9',
  'a09e63f51dc7b428' + 'd709346a285ecbf1' + 'd6498f30b12c5ae7' + '1ad069874fe3b52c',
  '7de3069a1285bc4f' + 'd8b56f03472c1ae9' + 'a690cb7df13e5284' + '3f06a1d8945bc72e',
  '2c417ab6853fd0e9' + 'eb2c47d150fa3986' + '421bad78f9c5630e' + 'b8c71e2d6f09a453',
  'c1af92680d34e75b' + 'af427c9561de0b38' + '9ef528c3704a1db6' + '432c95fabe17608d',
  '4b2ef08d3c975a61' + 'd0b7491ae35c2f86' + '14bdc37eaf680592' + '6bd814a7950fe23c',
  'd2846fb1a93e50c7' + '1fd8a374c56b0e92' + '7b419ce206adf358' + '21e74a8dfc90356b',
];

// Cut once into the words and groups that they make: a login encrypts four blocks under two keys.
const [initialLeft, initialRight] = halves(initialPermutation);
const [finalHigh, finalLow] = halves(finalPermutation);
const [choice1C, choice1D] = halves(permutedChoice1);
const choice2Groups = Array.from({ length: 8 }, (_, group) =>
  permutedChoice2.slice(6 * group, 6 * group + 6),
);

function halves(table: readonly number[]): [readonly number[], readonly number[]] {
  return [table.slice(0, table.length / 2), table.slice(table.length / 2)];
}

/** The bits of `high`, then `low` (each `width` bits wide) that `table` names, as one number of up to 32 bits. */
function pick(high: number, low: number, width: number, table: readonly number[]): number {
  let bits = 0;
  for (const bit of table) {
    const picked = bit <= width ? high >>> (width - bit) : low >>> (2 * width - bit);
    bits = (bits << 1) | (picked & 1);
  }
  return bits >>> 0;
}

/** Substitution and the permutation after it in one table: entry 64 * box + input. */
const rounds = Uint32Array.from({ length: 8 * 64 }, (_, i) => {
  const box = i >> 6;
  const row = ((i >> 4) & 2) | (i & 1);
  const column = (i >> 1) & 15;
  const digit = Number.parseInt(substitutions[box]?.[16 * row + column] ?? '', 16);
  return pick(digit << (28 - 4 * box), 0, 32, roundPermutation);
});

/** Sixteen round keys of eight six-bit groups. The parity bits of `key` (the lowest of each byte) do not count. */
export function desKeySchedule(key: Uint8Array): Uint8Array {
  assertInvariant(key.length === desBlockBytes, 'a DES key has 8 bytes');
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  let c = pick(high, low, 32, choice1C);
  let d = pick(high, low, 32, choice1D);
  const schedule = new Uint8Array(16 * 8);
  let at = 0;
  for (const shift of shifts) {
    c = ((c << shift) | (c >>> (28 - shift))) & 0xfffffff;
    d = ((d << shift) | (d >>> (28 - shift))) & 0xfffffff;
    for (const group of choice2Groups) schedule[at++] = pick(c, d, 28, group);
  }
  return schedule;
}

/** Encrypts the eight bytes of `block`, and returns eight new ones. */
export function desEncryptBlock(schedule: Uint8Array, block: Uint8Array): Uint8Array {
  assertInvariant(block.length === desBlockBytes, 'a DES block has 8 bytes');
  const input = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const [high, low] = [input.getUint32(0), input.getUint32(4)];
  let left = pick(high, low, 32, initialLeft);
  let right = pick(high, low, 32, initialRight);
  for (let at = 0; at < schedule.length; at += 8) {
    let mixed = 0;
    for (let box = 0; box < 8; box++) {
      // The expansion: six bits for each box, the outer two shared with its neighbours.
      const turn = (5 + 4 * box) & 31;
      const six = ((right << turn) | (right >>> (32 - turn))) & 63;
      mixed |= rounds[64 * box + (six ^ schedule[at + box]!)]!;
    }
    [left, right] = [right, (left ^ mixed) >>> 0];
  }
  const output = new DataView(new ArrayBuffer(desBlockBytes));
  output.setUint32(0, pick(right, left, 32, finalHigh));
  output.setUint32(4, pick(right, left, 32, finalLow));
  return new Uint8Array(output.buffer);
}
