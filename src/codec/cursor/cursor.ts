/**
 * The pointer's shape, as the three cursor pseudo-encodings carry it: a rectangle whose x and y are the hotspot. Read here by client/,
 * whichever kind came; written by the functions beside this file, which write header and payload.
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import { hiddenCursor, type CursorImage } from '../../pixels/cursor-image.ts';
import { Encoding } from '../../rfb/constants.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import { isEmpty, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import { receiveAlphaPixels } from './alpha-cursor.ts';
import { receiveRichPixels } from './rich-cursor.ts';
import { receiveTwoColourPixels } from './x-cursor.ts';

/**
 * Reads the payload behind a header `r` of one of the three encodings. A cursor without pixels hides the pointer. Throws LimitError
 * for one above maxCursorSide, and ProtocolError for a hotspot outside it, before anything is awaited.
 */
export async function receiveCursor(
  reader: ByteReader,
  r: Rectangle,
  encoding: number,
  format: PixelFormat,
  limits: Limits,
): Promise<CursorImage> {
  checkLimit(limits, 'maxCursorSide', r.width);
  checkLimit(limits, 'maxCursorSide', r.height);
  if (!(isEmpty(r) || (r.x < r.width && r.y < r.height))) {
    throw new ProtocolError(`cursor hotspot ${r.x},${r.y} outside ${r.width}x${r.height}`, {
      field: 'Cursor.hotspot',
      got: `${r.x},${r.y}`,
    });
  }
  const pixels = await receivePixels(reader, r, encoding, format);
  if (isEmpty(r)) return hiddenCursor;
  return { width: r.width, height: r.height, hotX: r.x, hotY: r.y, pixels };
}

function receivePixels(
  reader: ByteReader,
  r: Rectangle,
  encoding: number,
  format: PixelFormat,
): Promise<Uint32Array> {
  switch (encoding) {
    case Encoding.Cursor:
      return receiveRichPixels(reader, r, format);
    case Encoding.XCursor:
      return receiveTwoColourPixels(reader, r);
    case Encoding.CursorWithAlpha:
      return receiveAlphaPixels(reader, r);
    default:
      throw new RangeError(`encoding ${encoding} is not a cursor`);
  }
}
