/**
 * RFB 7.5.5 PointerEvent, client to server, 6 bytes. After the server announced relative mode (-257), x and y are the
 * motion plus 0x7FFF. After it announced extended mouse buttons (-316), bit 7 says that a byte with more buttons follows.
 * @rfb client-message 5 PointerEvent | absolute, or relative once -257 announced it; nine buttons once -316 did
 */
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';

export interface PointerEvent {
  readonly type: 'PointerEvent';
  /** Bit n is button n + 1: left, middle, right, wheel up, down, left, right, back, forward. */
  readonly buttonMask: number;
  readonly x: number;
  readonly y: number;
}

/** Zero motion in relative mode. */
export const relativeZero = 0x7fff;

/** Bytes after the type byte. */
const pointerEventSize = 1 /* buttonMask */ + 2 /* x */ + 2; /* y */

function readPointerEvent(c: Cursor): PointerEvent {
  return { type: 'PointerEvent', buttonMask: c.u8(), x: c.u16(), y: c.u16() };
}

/** Set in the first byte of buttons when a second one follows. */
const MORE_BUTTONS = 0x80;
/** Back and forward; the others of the second byte are reserved. */
const KNOWN_MORE = 0x03;

/** `extended`: the viewer was told that it may send more buttons. Without that, bit 7 is an eighth button. */
export async function receivePointerEvent(
  reader: ByteReader,
  extended: boolean,
): Promise<PointerEvent> {
  const event = readPointerEvent(await reader.cursor(pointerEventSize));
  if (!extended || (event.buttonMask & MORE_BUTTONS) === 0) return event;
  const more = (await reader.u8()) & KNOWN_MORE;
  return { ...event, buttonMask: (event.buttonMask & ~MORE_BUTTONS) | (more << 7) };
}

/** 7 bytes when there are more than 7 buttons to tell of and `extended` permits it, else 6. */
export function writePointerEvent(w: ByteWriter, m: PointerEvent, extended = false): void {
  const more = extended ? (m.buttonMask >> 7) & KNOWN_MORE : 0;
  const first = extended ? m.buttonMask & ~MORE_BUTTONS : m.buttonMask;
  w.u8(ClientMessageType.PointerEvent)
    .u8((first & 0xff) | (more === 0 ? 0 : MORE_BUTTONS))
    .u16(m.x)
    .u16(m.y);
  if (more !== 0) w.u8(more);
}
