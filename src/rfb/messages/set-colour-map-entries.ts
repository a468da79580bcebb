/**
 * RFB 7.6.2 SetColourMapEntries, server to client, 6 + 6n bytes.
 * @rfb server-message 1 SetColourMapEntries | a fixed map of 256 colours, for viewers that ask for one
 */
import { ProtocolError } from '../../core/errors.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ServerMessageType } from '../constants.ts';

export interface Colour {
  /** 0..65535 each. */
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

export interface SetColourMapEntries {
  readonly type: 'SetColourMapEntries';
  readonly first: number;
  readonly colours: readonly Colour[];
}

/** Fixed part after the type byte. */
const headSize = 1 /* padding */ + 2 /* first */ + 2; /* count */

export async function receiveSetColourMapEntries(reader: ByteReader): Promise<SetColourMapEntries> {
  const head = await reader.cursor(headSize);
  head.skip(1);
  const first = head.u16();
  const count = head.u16();
  if (first + count > 65536) {
    throw new ProtocolError(`colour map entries ${first}+${count} pass 65536`, {
      field: 'SetColourMapEntries.count',
      got: count,
    });
  }
  const body = await reader.cursor(6 * count);
  const colours = Array.from({ length: count }, () => ({
    red: body.u16(),
    green: body.u16(),
    blue: body.u16(),
  }));
  return { type: 'SetColourMapEntries', first, colours };
}

export function writeSetColourMapEntries(w: ByteWriter, m: SetColourMapEntries): void {
  w.u8(ServerMessageType.SetColourMapEntries).pad(1).u16(m.first).u16(m.colours.length);
  for (const colour of m.colours) w.u16(colour.red).u16(colour.green).u16(colour.blue);
}
