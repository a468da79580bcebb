/** Tight, the viewer's half: from filtered bytes to pixels, row by row (RFB 7.7.7). */
import { ProtocolError } from '../../core/errors.ts';
import { OPAQUE, type Framebuffer } from '../../pixels/framebuffer.ts';
import { readValue, translatorOf } from '../../pixels/translate.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { WirePixel } from '../wire-pixel.ts';
import { indexedRowBytes } from './control.ts';

/** Exactly the next bytes of the data, borrowed; ProtocolError when there are fewer. */
export type ReadBytes = (count: number) => Uint8Array;

/** Draws a rectangle's data, one filter each. */
export type DrawFiltered = (read: ReadBytes, r: Rectangle, target: Framebuffer) => void;

export const copyFilter =
  (pixel: WirePixel): DrawFiltered =>
  (read, r, target) => {
    for (let y = r.y; y < r.y + r.height; y++)
      pixel.read(read(r.width * pixel.size), target.pixels, target.at(r.x, y), r.width);
  };

/** `palette` has 2..256 colours, as our pixels. */
export const paletteFilter =
  (palette: Uint32Array): DrawFiltered =>
  (read, r, target) => {
    const drawRow = palette.length === 2 ? drawBits : drawIndexes;
    const rowBytes = indexedRowBytes(r.width, palette.length);
    for (let y = r.y; y < r.y + r.height; y++) {
      const at = target.at(r.x, y);
      drawRow(read(rowBytes), palette, target.pixels.subarray(at, at + r.width));
    }
  };

/** One bit a pixel, the most significant first. */
function drawBits(row: Uint8Array, palette: Uint32Array, out: Uint32Array): void {
  const zero = palette[0]!;
  const one = palette[1]!;
  for (let x = 0; x < out.length; x++) {
    out[x] = (row[x >> 3]! & (128 >> (x & 7))) === 0 ? zero : one;
  }
}

function drawIndexes(row: Uint8Array, palette: Uint32Array, out: Uint32Array): void {
  checkIndexes(row, palette.length);
  for (let x = 0; x < out.length; x++) out[x] = palette[row[x]!]!;
}

export function checkIndexes(indexes: Uint8Array, colours: number): void {
  for (const index of indexes) {
    if (!(index < colours))
      throw new ProtocolError(`Tight palette index ${index} of ${colours} colours`, {
        field: 'paletteIndex',
        got: index,
      });
  }
}

/** What the pixels at the left, above, and above at the left let one expect of a channel. */
function predict(left: number, up: number, upLeft: number, max: number): number {
  const estimate = left + up - upLeft;
  return estimate < 0 ? 0 : estimate > max ? max : estimate;
}

/** Differences of red, green and blue bytes. */
export const gradientFilter888: DrawFiltered = (read, r, target) => {
  const { pixels } = target;
  // Channels of the row above, with one pixel of zeros before it.
  const above = new Uint8Array(3 * (r.width + 1));
  for (let y = r.y; y < r.y + r.height; y++) {
    const row = read(r.width * 3);
    const left = [0, 0, 0];
    const upLeft = [0, 0, 0];
    let out = target.at(r.x, y);
    for (let i = 0; i < row.length; i += 3) {
      for (let c = 0; c < 3; c++) {
        const up = above[i + 3 + c]!;
        const value = (row[i + c]! + predict(left[c]!, up, upLeft[c]!, 255)) & 255;
        upLeft[c] = up;
        left[c] = value;
        above[i + 3 + c] = value;
      }
      pixels[out++] = OPAQUE | (left[0]! << 16) | (left[1]! << 8) | left[2]!;
    }
  }
};

/** Differences of the channels inside 16- or 32-bit pixels. */
export function gradientFilter(format: PixelFormat): DrawFiltered {
  const { toPixel } = translatorOf(format);
  const size = bytesPerPixel(format);
  const channels = [
    { max: format.redMax, shift: format.redShift },
    { max: format.greenMax, shift: format.greenShift },
    { max: format.blueMax, shift: format.blueShift },
  ];
  return (read, r, target) => {
    let above = new Uint32Array(r.width + 1);
    let current = new Uint32Array(r.width + 1);
    for (let y = r.y; y < r.y + r.height; y++) {
      const row = read(r.width * size);
      const at = target.at(r.x, y);
      for (let x = 0; x < r.width; x++) {
        const difference = readValue(row, x * size, format);
        let value = 0;
        for (const { max, shift } of channels) {
          const left = (current[x]! >>> shift) & max;
          const up = (above[x + 1]! >>> shift) & max;
          const upLeft = (above[x]! >>> shift) & max;
          const channel = ((difference >>> shift) + predict(left, up, upLeft, max)) & max;
          value |= channel << shift;
        }
        current[x + 1] = value;
        target.pixels[at + x] = toPixel(value >>> 0);
      }
      [above, current] = [current, above];
    }
  };
}
