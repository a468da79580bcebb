/**
 * RFB 7.8.1 Cursor (-239): pixels in the viewer's format, and a bitmap of those that are shown.
 * @rfb pseudo-encoding -239 Cursor | both ends; alpha is cut at one half
 */
import type { CursorImage } from '../../pixels/cursor-image.ts';
import { Framebuffer, OPAQUE } from '../../pixels/framebuffer.ts';
import { readPixels, translatorOf, writeValues } from '../../pixels/translate.ts';
import { Encoding } from '../../rfb/constants.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import { area, isEmpty, writeRectangleHeader, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { bitAt, bitmapBytes, isShown, makeBitmap } from './bitmap.ts';

/** Pixels that are not shown come out as 0. */
export async function receiveRichPixels(
  reader: ByteReader,
  r: Rectangle,
  format: PixelFormat,
): Promise<Uint32Array> {
  if (isEmpty(r)) return new Uint32Array(0);
  const pixelBytes = area(r) * bytesPerPixel(format);
  const payload = await reader.view(pixelBytes + bitmapBytes(r));
  const picture = new Framebuffer(r.width, r.height);
  readPixels(payload, 0, format, picture, picture.bounds);
  const mask = payload.subarray(pixelBytes);
  for (let y = 0; y < r.height; y++) {
    for (let x = 0; x < r.width; x++)
      if (!bitAt(mask, r, x, y)) picture.pixels[picture.at(x, y)] = 0;
  }
  return picture.pixels;
}

/** Writes the whole rectangle, header included. */
export function writeRichCursor(w: ByteWriter, cursor: CursorImage, format: PixelFormat): void {
  const { width, height, hotX, hotY, pixels } = cursor;
  writeRectangleHeader(w, { x: hotX, y: hotY, width, height }, Encoding.Cursor);
  const { toValue } = translatorOf(format);
  const values = pixels.map((pixel) => toValue(isShown(pixel) ? (pixel | OPAQUE) >>> 0 : OPAQUE));
  writeValues(values, format, w.reserve(values.length * bytesPerPixel(format)));
  w.bytes(makeBitmap(cursor, (i) => isShown(pixels[i]!)));
}
