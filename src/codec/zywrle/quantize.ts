/**
 * How coarse ZYWRLE's coefficients become: the encoder's choice alone, a viewer only sees fewer different ones. Large coefficients
 * are kept more exactly than small ones (they are counted by their squares), and colour less than brightness, as by others.
 */

/** A value for each signed byte, at the byte. */
export type Quantizer = Int8Array;

/** So many steps for squares from 0 to 1; steps of eight in the result. */
function squares(steps: number): Quantizer {
  const table = new Int8Array(256);
  for (let value = -127; value < 128; value++) {
    const step = Math.min(steps - 1, Math.round((value / 128) ** 2 * steps));
    const size = 8 * Math.min(15, Math.round(16 * Math.sqrt(step / steps)));
    table[value & 255] = Math.sign(value) * size;
  }
  return table;
}

const nothing: Quantizer = new Int8Array(256);
const fine = squares(16);
const medium = squares(8);
const coarse = squares(2);

interface Quantizers {
  readonly brightness: Quantizer;
  readonly colour: Quantizer;
}

const brightness = (quantizer: Quantizer): Quantizers => ({
  brightness: quantizer,
  colour: nothing,
});
const all = (quantizer: Quantizer): Quantizers => ({ brightness: quantizer, colour: quantizer });

/** By level, then by depth: the finest differences go first. */
const levels: readonly (readonly Quantizers[])[] = [
  [],
  [brightness(medium)],
  [brightness(coarse), all(fine)],
  [brightness(coarse), all(medium), all(fine)],
];

/** For a wavelet of `depths` 1..3, at one of them. */
export const quantizersOf = (depths: number, depth: number): Quantizers => levels[depths]![depth]!;
