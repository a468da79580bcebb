/**
 * RFB 7.5.3 FramebufferUpdateRequest, client to server, 10 bytes.
 * @rfb client-message 3 FramebufferUpdateRequest | an update goes out only when one was asked for
 */
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';
import type { Rectangle } from '../rectangle.ts';

export interface FramebufferUpdateRequest extends Rectangle {
  readonly type: 'FramebufferUpdateRequest';
  readonly incremental: boolean;
}

/** Bytes after the type byte. */
export const framebufferUpdateRequestSize: number =
  1 /* incremental */ + 2 /* x */ + 2 /* y */ + 2 /* width */ + 2; /* height */

export function readFramebufferUpdateRequest(c: Cursor): FramebufferUpdateRequest {
  return {
    type: 'FramebufferUpdateRequest',
    incremental: c.u8() !== 0,
    x: c.u16(),
    y: c.u16(),
    width: c.u16(),
    height: c.u16(),
  };
}

export function writeFramebufferUpdateRequest(w: ByteWriter, m: FramebufferUpdateRequest): void {
  w.u8(ClientMessageType.FramebufferUpdateRequest).u8(m.incremental ? 1 : 0);
  w.u16(m.x).u16(m.y).u16(m.width).u16(m.height);
}
