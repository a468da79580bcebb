/**
 * xvp (250), 4 bytes both ways: power. A server that may be asked says Init to a viewer that named -309; the viewer then
 * asks, and hears Fail when it was not done.
 * @rfb client-message 250 xvp | shutdown, reboot, reset
 * @rfb server-message 250 xvp | Init and Fail
 */
import { ProtocolError } from '../../core/errors.ts';
import type { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType, ServerMessageType } from '../constants.ts';

export interface Xvp<Type extends 'ClientXvp' | 'ServerXvp'> {
  readonly type: Type;
  /** XvpCode. */
  readonly code: number;
}
export type ClientXvp = Xvp<'ClientXvp'>;
export type ServerXvp = Xvp<'ServerXvp'>;

/** Bytes after the type byte. */
export const xvpSize: number = 1 /* padding */ + 1 /* version */ + 1; /* code */

const VERSION = 1;

export function readXvp<Type extends 'ClientXvp' | 'ServerXvp'>(c: Cursor, type: Type): Xvp<Type> {
  c.skip(1);
  const version = c.u8();
  if (version !== VERSION) {
    throw new ProtocolError(`xvp version ${version} is unknown`, {
      field: 'xvp.version',
      got: version,
    });
  }
  return { type, code: c.u8() };
}

export function writeXvp(w: ByteWriter, m: ClientXvp | ServerXvp): void {
  w.u8(m.type === 'ClientXvp' ? ClientMessageType.Xvp : ServerMessageType.Xvp)
    .pad(1)
    .u8(VERSION)
    .u8(m.code);
}
