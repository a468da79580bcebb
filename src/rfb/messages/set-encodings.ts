/**
 * RFB 7.5.2 SetEncodings, client to server, 4 + 4n bytes: what the viewer can decode, best first.
 * @rfb client-message 2 SetEncodings | the first known encoding is used; pseudo-encodings switch extensions on
 */
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';

export interface SetEncodings {
  readonly type: 'SetEncodings';
  readonly encodings: readonly number[];
}

/** Fixed part after the type byte. */
const headSize = 1 /* padding */ + 2; /* count */

export async function receiveSetEncodings(
  reader: ByteReader,
  limits: Limits,
): Promise<SetEncodings> {
  const head = await reader.cursor(headSize);
  head.skip(1);
  const count = checkLimit(limits, 'maxEncodings', head.u16());
  const body = await reader.cursor(4 * count);
  return { type: 'SetEncodings', encodings: Array.from({ length: count }, () => body.s32()) };
}

export function writeSetEncodings(w: ByteWriter, m: SetEncodings): void {
  w.u8(ClientMessageType.SetEncodings).pad(1).u16(m.encodings.length);
  for (const encoding of m.encodings) w.s32(encoding);
}
