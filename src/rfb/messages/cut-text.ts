/**
 * RFB 7.5.6 ClientCutText (type 6) and 7.6.4 ServerCutText (type 3), 8 + n bytes: the clipboard, as ISO 8859-1. A negative length
 * belongs to the extended clipboard, which is not negotiated here: it is a fault.
 * @rfb client-message 6 ClientCutText | Latin-1
 * @rfb server-message 3 ServerCutText | Latin-1
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { fromLatin1, latin1 } from '../../wire/text.ts';
import { ClientMessageType, ServerMessageType } from '../constants.ts';

export interface CutText<Type extends 'ClientCutText' | 'ServerCutText'> {
  readonly type: Type;
  readonly text: string;
}
export type ClientCutText = CutText<'ClientCutText'>;
export type ServerCutText = CutText<'ServerCutText'>;

/** Fixed part after the type byte. */
const headSize = 3 /* padding */ + 4; /* length */

async function receive(reader: ByteReader, limits: Limits): Promise<string> {
  const head = await reader.cursor(headSize);
  head.skip(3);
  const length = head.s32();
  if (length < 0) {
    throw new ProtocolError('extended clipboard message without its negotiation', {
      field: 'CutText.length',
      got: length,
    });
  }
  checkLimit(limits, 'maxClipboardBytes', length);
  return fromLatin1(await reader.view(length));
}

export async function receiveClientCutText(
  reader: ByteReader,
  limits: Limits,
): Promise<ClientCutText> {
  return { type: 'ClientCutText', text: await receive(reader, limits) };
}

export async function receiveServerCutText(
  reader: ByteReader,
  limits: Limits,
): Promise<ServerCutText> {
  return { type: 'ServerCutText', text: await receive(reader, limits) };
}

export function writeCutText(w: ByteWriter, m: ClientCutText | ServerCutText): void {
  const bytes = latin1(m.text);
  w.u8(typeNumber(m)).pad(3).u32(bytes.length).bytes(bytes);
}

const typeNumber = (m: ClientCutText | ServerCutText): number =>
  m.type === 'ClientCutText' ? ClientMessageType.ClientCutText : ServerMessageType.ServerCutText;
