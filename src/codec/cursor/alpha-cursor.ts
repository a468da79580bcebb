/**
 * Cursor With Alpha (-314): the number of an encoding, then pixels in it, always as bytes R, G, B, A with the colours multiplied by alpha,
 * whatever the viewer's format is.
 * @rfb pseudo-encoding -314 CursorWithAlpha | both ends; its pixels as Raw, which is what servers send
 */
import { ProtocolError } from '../../core/errors.ts';
import type { CursorImage } from '../../pixels/cursor-image.ts';
import { Encoding, encodingName } from '../../rfb/constants.ts';
import { area, writeRectangleHeader, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';

export async function receiveAlphaPixels(reader: ByteReader, r: Rectangle): Promise<Uint32Array> {
  const encoding = (await reader.cursor(4)).s32();
  if (encoding !== Encoding.Raw) {
    throw new ProtocolError(`CursorWithAlpha in encoding ${encodingName(encoding)}`, {
      field: 'CursorWithAlpha.encoding',
      got: encoding,
    });
  }
  const rgba = await reader.view(4 * area(r));
  const pixels = new Uint32Array(area(r));
  for (let i = 0; i < pixels.length; i++) {
    const alpha = rgba[4 * i + 3]!;
    // A colour brighter than its alpha cannot be: it is as bright as can be.
    const plain = (colour: number): number => Math.min(255, Math.round((colour * 255) / alpha));
    if (alpha === 0) continue;
    pixels[i] =
      ((alpha << 24) |
        (plain(rgba[4 * i]!) << 16) |
        (plain(rgba[4 * i + 1]!) << 8) |
        plain(rgba[4 * i + 2]!)) >>>
      0;
  }
  return pixels;
}

/** Writes the whole rectangle, header included. */
export function writeAlphaCursor(w: ByteWriter, cursor: CursorImage): void {
  const { width, height, hotX, hotY, pixels } = cursor;
  writeRectangleHeader(w, { x: hotX, y: hotY, width, height }, Encoding.CursorWithAlpha);
  w.s32(Encoding.Raw);
  for (const pixel of pixels) {
    const alpha = pixel >>> 24;
    const multiplied = (colour: number): number => Math.round(((colour & 255) * alpha) / 255);
    w.u8(multiplied(pixel >>> 16))
      .u8(multiplied(pixel >>> 8))
      .u8(multiplied(pixel))
      .u8(alpha);
  }
}
