/**
 * RFB 7.5.10 EnableContinuousUpdates, client to server, 10 bytes, and 7.6.5 EndOfContinuousUpdates, server to client,
 * 1 byte: updates that need no request. The server says EndOfContinuousUpdates once to offer them to a viewer that named
 * -313, and again each time after they were switched off.
 * @rfb client-message 150 EnableContinuousUpdates | an area, on or off
 * @rfb server-message 150 EndOfContinuousUpdates | the offer, and the answer to each switching off
 */
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType, ServerMessageType } from '../constants.ts';
import type { Rectangle } from '../rectangle.ts';

export interface EnableContinuousUpdates extends Rectangle {
  readonly type: 'EnableContinuousUpdates';
  readonly enable: boolean;
}

export interface EndOfContinuousUpdates {
  readonly type: 'EndOfContinuousUpdates';
}

/** Bytes after the type byte. */
export const enableContinuousUpdatesSize: number =
  1 /* enable */ + 2 /* x */ + 2 /* y */ + 2 /* width */ + 2; /* height */

export function readEnableContinuousUpdates(c: Cursor): EnableContinuousUpdates {
  return {
    type: 'EnableContinuousUpdates',
    enable: c.u8() !== 0,
    x: c.u16(),
    y: c.u16(),
    width: c.u16(),
    height: c.u16(),
  };
}

export function writeEnableContinuousUpdates(w: ByteWriter, m: EnableContinuousUpdates): void {
  w.u8(ClientMessageType.EnableContinuousUpdates).u8(m.enable ? 1 : 0);
  w.u16(m.x).u16(m.y).u16(m.width).u16(m.height);
}

export function writeEndOfContinuousUpdates(w: ByteWriter): void {
  w.u8(ServerMessageType.EndOfContinuousUpdates);
}
