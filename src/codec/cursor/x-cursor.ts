/**
 * RFB 7.8.2 X Cursor (-240): two colours, a bitmap that chooses between them, and a bitmap of the pixels that are shown.
 * @rfb pseudo-encoding -240 XCursor | both ends; more than two colours become black and white
 */
import type { CursorImage } from '../../pixels/cursor-image.ts';
import { OPAQUE } from '../../pixels/framebuffer.ts';
import { Encoding } from '../../rfb/constants.ts';
import { area, isEmpty, writeRectangleHeader, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { bitAt, bitmapBytes, isShown, makeBitmap } from './bitmap.ts';

const colourSize = 1 /* red */ + 1 /* green */ + 1; /* blue */

/** Pixels that are not shown come out as 0. */
export async function receiveTwoColourPixels(
  reader: ByteReader,
  r: Rectangle,
): Promise<Uint32Array> {
  // Without pixels there are no colours either.
  if (isEmpty(r)) return new Uint32Array(0);
  const c = await reader.cursor(2 * colourSize + 2 * bitmapBytes(r));
  const colour = (): number => (OPAQUE | (c.u8() << 16) | (c.u8() << 8) | c.u8()) >>> 0;
  const primary = colour();
  const secondary = colour();
  const bitmap = c.view(bitmapBytes(r));
  const mask = c.view(bitmapBytes(r));
  const pixels = new Uint32Array(area(r));
  for (let y = 0; y < r.height; y++) {
    for (let x = 0; x < r.width; x++) {
      if (bitAt(mask, r, x, y))
        pixels[y * r.width + x] = bitAt(bitmap, r, x, y) ? primary : secondary;
    }
  }
  return pixels;
}

/** Writes the whole rectangle, header included. */
export function writeXCursor(w: ByteWriter, cursor: CursorImage): void {
  const { width, height, hotX, hotY, pixels } = cursor;
  writeRectangleHeader(w, { x: hotX, y: hotY, width, height }, Encoding.XCursor);
  if (pixels.length === 0) return;
  const { primary, secondary, isPrimary } = twoColours(pixels);
  for (const colour of [primary, secondary])
    w.u8((colour >>> 16) & 255)
      .u8((colour >>> 8) & 255)
      .u8(colour & 255);
  w.bytes(makeBitmap(cursor, (i) => isShown(pixels[i]!) && isPrimary(pixels[i]!)));
  w.bytes(makeBitmap(cursor, (i) => isShown(pixels[i]!)));
}

interface TwoColours {
  readonly primary: number;
  readonly secondary: number;
  readonly isPrimary: (pixel: number) => boolean;
}

/** The cursor's own two colours, or black for its darker half and white for the rest. */
function twoColours(pixels: Uint32Array): TwoColours {
  const shown = new Set<number>();
  for (const pixel of pixels) if (isShown(pixel)) shown.add(pixel & 0xffffff);
  if (shown.size <= 2) {
    const [primary = 0, secondary = primary] = shown;
    return { primary, secondary, isPrimary: (pixel) => (pixel & 0xffffff) === primary };
  }
  return { primary: 0, secondary: 0xffffff, isPrimary: (pixel) => luminance(pixel) < 128 };
}

/** 0..255, weighted as the eye does (ITU-R BT.601). */
const luminance = (pixel: number): number =>
  0.299 * ((pixel >>> 16) & 255) + 0.587 * ((pixel >>> 8) & 255) + 0.114 * (pixel & 255);
