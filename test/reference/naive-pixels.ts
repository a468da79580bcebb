/** Pixel values from the bytes of PIXEL, CPIXEL and TPIXEL, written from the specification, one at a time. */
import type { PixelFormat } from '../../src/rfb/pixel-format.ts';
import type { NaiveReader } from './naive-reader.ts';

export type NaivePixel = (from: NaiveReader) => number;

function little(from: NaiveReader, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value += from.byte() * 256 ** i;
  return value;
}

const threeBytes = (from: NaiveReader, f: PixelFormat): number =>
  f.bigEndian ? from.number(3) : little(from, 3);

const pixelOf =
  (f: PixelFormat): NaivePixel =>
  (from) =>
    from.pixel(f);

export function naiveCpixel(f: PixelFormat): NaivePixel {
  const all =
    f.redMax * 2 ** f.redShift + f.greenMax * 2 ** f.greenShift + f.blueMax * 2 ** f.blueShift;
  if (f.bitsPerPixel === 32 && f.depth <= 24) {
    if (all < 2 ** 24) return (from) => threeBytes(from, f);
    if (all % 256 === 0) return (from) => threeBytes(from, f) * 256;
  }
  return pixelOf(f);
}

const isTpixel = (f: PixelFormat): boolean =>
  f.bitsPerPixel === 32 &&
  f.depth === 24 &&
  [f.redMax, f.greenMax, f.blueMax].every((max) => max === 255);

export const naiveTpixelBytes = (f: PixelFormat): number => (isTpixel(f) ? 3 : f.bitsPerPixel / 8);

export function naiveTpixel(f: PixelFormat): NaivePixel {
  if (!isTpixel(f)) return pixelOf(f);
  return (from) =>
    from.byte() * 2 ** f.redShift +
    from.byte() * 2 ** f.greenShift +
    from.byte() * 2 ** f.blueShift;
}

/** `count` numbers of `bits` bits, the most significant first, ending with a whole byte. */
export function naiveBits(from: NaiveReader, bits: number, count: number): number[] {
  const numbers: number[] = [];
  const perByte = 8 / bits;
  for (let i = 0; i < count; i += perByte) {
    const byte = from.byte();
    for (let j = 0; j < perByte && i + j < count; j++)
      numbers.push(Math.floor(byte / 2 ** (8 - bits * (j + 1))) % 2 ** bits);
  }
  return numbers;
}
