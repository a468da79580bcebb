/** Pictures for terminals with sixels (foot, xterm, mlterm, Windows Terminal): bands of six rows, one colour after the other. */
import type { Picture } from '../../client/automation/screenshot.ts';

/** What terminals have at least. */
const REGISTERS = 256;

/** The cursor must be where the picture's top left should be. */
export function sixelPicture(picture: Picture): string {
  const { width, height } = picture;
  const { indexes, palette } = indexed(picture);
  // P0;1;0: what is not drawn stays as it is. 1;1: pixels are square.
  let text = `\u001bP0;1;0q"1;1;${width};${height}`;
  for (const [i, colour] of palette.entries()) text += `#${i};2;${percents(colour)}`;
  for (let top = 0; top < height; top += 6) {
    const band = bandColours(indexes, width, top, Math.min(6, height - top));
    text += Array.from(band, ([index, bits]) => `#${index}${runs(bits)}`).join('$');
    text += '-';
  }
  return `${text}\u001b\\`;
}

/** RGB in hundredths, as sixels have it. */
const percents = (colour: number): string =>
  [16, 8, 0].map((shift) => Math.round((((colour >>> shift) & 0xff) * 100) / 255)).join(';');

/** Exactly the picture's colours where there are few; else 6 of red, 7 of green and 6 of blue. */
function indexed({ pixels }: Picture): { indexes: Uint8Array; palette: number[] } {
  const exact = new Map<number, number>();
  const indexes = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    const colour = pixels[i]! & 0xffffff;
    let index = exact.get(colour);
    if (index === undefined) {
      if (exact.size === REGISTERS) return reduced(pixels);
      index = exact.size;
      exact.set(colour, index);
    }
    indexes[i] = index;
  }
  return { indexes, palette: Array.from(exact.keys()) };
}

function reduced(pixels: Uint32Array): { indexes: Uint8Array; palette: number[] } {
  const level = (value: number, steps: number): number => Math.round((value * (steps - 1)) / 255);
  const value = (step: number, steps: number): number => Math.round((step * 255) / (steps - 1));
  const palette: number[] = [];
  for (let red = 0; red < 6; red++)
    for (let green = 0; green < 7; green++)
      for (let blue = 0; blue < 6; blue++)
        palette.push((value(red, 6) << 16) | (value(green, 7) << 8) | value(blue, 6));
  const indexes = Uint8Array.from(pixels, (pixel) => {
    const red = level((pixel >>> 16) & 0xff, 6);
    const green = level((pixel >>> 8) & 0xff, 7);
    return (red * 7 + green) * 6 + level(pixel & 0xff, 6);
  });
  return { indexes, palette };
}

/** For each colour of a band, which of its six pixels each column has: bit 0 is the uppermost. */
function bandColours(
  indexes: Uint8Array,
  width: number,
  top: number,
  rows: number,
): Map<number, Uint8Array> {
  const band = new Map<number, Uint8Array>();
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < width; x++) {
      const index = indexes[(top + row) * width + x]!;
      let bits = band.get(index);
      if (bits === undefined) {
        bits = new Uint8Array(width);
        band.set(index, bits);
      }
      bits[x]! |= 1 << row;
    }
  }
  return band;
}

/** Characters from ? on, equal ones counted: `!12~`. */
function runs(bits: Uint8Array): string {
  let text = '';
  for (let x = 0; x < bits.length; ) {
    let end = x + 1;
    while (end < bits.length && bits[end] === bits[x]) end++;
    const character = String.fromCharCode(0x3f + bits[x]!);
    text += end - x > 3 ? `!${end - x}${character}` : character.repeat(end - x);
    x = end;
  }
  return text;
}
