/**
 * RFB 7.6.3 Bell, server to client, 1 byte.
 * @rfb server-message 2 Bell | passed on from the display
 */
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ServerMessageType } from '../constants.ts';

export interface Bell {
  readonly type: 'Bell';
}

export function writeBell(w: ByteWriter): void {
  w.u8(ServerMessageType.Bell);
}
