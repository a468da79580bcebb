/**
 * RFB 7.6.1 FramebufferUpdate, server to client: the header only; rectangles follow (rfb/rectangle.ts and codec/).
 * @rfb server-message 0 FramebufferUpdate | with LastRect where a viewer of 3.7 or later knows it and Tight or TightPNG is used; else with an exact count: vncsnapshot, 3.3, hangs on LastRect
 */
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ServerMessageType } from '../constants.ts';

export interface FramebufferUpdate {
  readonly type: 'FramebufferUpdate';
  /** 65535 with LastRect: unknown. */
  readonly rectangleCount: number;
}

/** Bytes after the type byte. */
export const framebufferUpdateSize: number = 1 /* padding */ + 2; /* rectangleCount */

export function readFramebufferUpdate(c: Cursor): FramebufferUpdate {
  c.skip(1);
  return { type: 'FramebufferUpdate', rectangleCount: c.u16() };
}

export function writeFramebufferUpdate(w: ByteWriter, m: FramebufferUpdate): void {
  w.u8(ServerMessageType.FramebufferUpdate).pad(1).u16(m.rectangleCount);
}
