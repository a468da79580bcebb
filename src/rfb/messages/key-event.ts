/**
 * RFB 7.5.4 KeyEvent, client to server, 8 bytes; and the QEMU extended key event (message 255, sub-message 0), 12 bytes,
 * which adds the XT scan code of the physical key.
 * @rfb client-message 4 KeyEvent | X11 keysyms
 * @rfb client-message 255/0 QEMU extended key event | keysym and XT scan code, once -258 was acknowledged
 */
import { ProtocolError } from '../../core/errors.ts';
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';

/** A key that goes down or up. */
export interface KeyEvent {
  readonly type: 'KeyEvent';
  readonly down: boolean;
  /** X11 keysym; 0 when the viewer knows only the scan code. */
  readonly keysym: number;
  /** XT scan code (QEMU's "qnum"), 0 or absent when unknown. */
  readonly keycode?: number;
}

/** Bytes after the type byte. */
export const keyEventSize: number = 1 /* down */ + 2 /* padding */ + 4; /* keysym */

export function readKeyEvent(c: Cursor): KeyEvent {
  const down = c.u8() !== 0;
  c.skip(2);
  return { type: 'KeyEvent', down, keysym: c.u32() };
}

export function writeKeyEvent(w: ByteWriter, m: KeyEvent): void {
  w.u8(ClientMessageType.KeyEvent)
    .u8(m.down ? 1 : 0)
    .pad(2)
    .u32(m.keysym);
}

/** Bytes after type and sub-message byte. */
const extendedSize = 2 /* down */ + 4 /* keysym */ + 4; /* keycode */

/** Reads the rest of a QEMU client message (type 255). Only the extended key event, sub-message 0, is known. */
export async function receiveQemuMessage(reader: ByteReader): Promise<KeyEvent> {
  const submessage = await reader.u8();
  if (submessage !== 0) {
    throw new ProtocolError(`unknown QEMU client message ${submessage}`, {
      field: 'QemuClientMessage',
      got: submessage,
    });
  }
  const c = await reader.cursor(extendedSize);
  return { type: 'KeyEvent', down: c.u16() !== 0, keysym: c.u32(), keycode: c.u32() };
}

export function writeExtendedKeyEvent(w: ByteWriter, m: KeyEvent): void {
  w.u8(ClientMessageType.Qemu)
    .u8(0)
    .u16(m.down ? 1 : 0)
    .u32(m.keysym)
    .u32(m.keycode ?? 0);
}
