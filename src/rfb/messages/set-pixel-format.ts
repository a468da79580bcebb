/**
 * RFB 7.5.1 SetPixelFormat, client to server, 20 bytes.
 * @rfb client-message 0 SetPixelFormat | 8, 16 and 32 bits, any legal shifts and maxima, both byte orders, colour map at 8 bits
 */
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';
import {
  pixelFormatSize,
  readPixelFormat,
  writePixelFormat,
  type PixelFormat,
} from '../pixel-format.ts';

export interface SetPixelFormat {
  readonly type: 'SetPixelFormat';
  readonly format: PixelFormat;
}

/** Bytes after the type byte. */
export const setPixelFormatSize: number = 3 /* padding */ + pixelFormatSize;

export function readSetPixelFormat(c: Cursor): SetPixelFormat {
  c.skip(3);
  return { type: 'SetPixelFormat', format: readPixelFormat(c) };
}

export function writeSetPixelFormat(w: ByteWriter, m: SetPixelFormat): void {
  w.u8(ClientMessageType.SetPixelFormat).pad(3);
  writePixelFormat(w, m.format);
}
