/**
 * RFB 7.5.5 PointerEvent, client to server, 6 bytes. After the server announced relative mode (-257), x and y are the
 * motion plus 0x7FFF.
 * @rfb client-message 5 PointerEvent | absolute, or relative once -257 announced it
 */
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';

export interface PointerEvent {
  readonly type: 'PointerEvent';
  /** Bit n is button n + 1: left, middle, right, wheel up, down, left, right. */
  readonly buttonMask: number;
  readonly x: number;
  readonly y: number;
}

/** Zero motion in relative mode. */
export const relativeZero = 0x7fff;

/** Bytes after the type byte. */
export const pointerEventSize: number = 1 /* buttonMask */ + 2 /* x */ + 2; /* y */

export function readPointerEvent(c: Cursor): PointerEvent {
  return { type: 'PointerEvent', buttonMask: c.u8(), x: c.u16(), y: c.u16() };
}

export function writePointerEvent(w: ByteWriter, m: PointerEvent): void {
  w.u8(ClientMessageType.PointerEvent).u8(m.buttonMask).u16(m.x).u16(m.y);
}
