/**
 * RFB 7.5.6 ClientCutText (type 6) and 7.6.4 ServerCutText (type 3), 8 + n bytes: the clipboard, as ISO 8859-1. A negative length
 * makes it a message of the extended clipboard, and is a fault where that was not negotiated.
 * @rfb client-message 6 ClientCutText | Latin-1, or the extended clipboard's UTF-8
 * @rfb server-message 3 ServerCutText | Latin-1, or the extended clipboard's UTF-8
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { fromLatin1, latin1 } from '../../wire/text.ts';
import { ClientMessageType, ServerMessageType } from '../constants.ts';
import {
  receiveClipboardWord,
  type ClipboardWord,
  type ExtendedClientCutText,
  type ExtendedServerCutText,
} from './extended-clipboard.ts';

export interface CutText<Type extends 'ClientCutText' | 'ServerCutText'> {
  readonly type: Type;
  readonly text: string;
}
export type ClientCutText = CutText<'ClientCutText'>;
export type ServerCutText = CutText<'ServerCutText'>;

/** Fixed part after the type byte. */
const headSize = 3 /* padding */ + 4; /* length */

async function receive(
  reader: ByteReader,
  limits: Limits,
  extended: boolean,
): Promise<string | ClipboardWord> {
  const head = await reader.cursor(headSize);
  head.skip(3);
  const length = head.s32();
  if (length < 0 && !extended) {
    throw new ProtocolError('extended clipboard message without its negotiation', {
      field: 'CutText.length',
      got: length,
    });
  }
  if (length < 0) return receiveClipboardWord(reader, length, limits);
  checkLimit(limits, 'maxClipboardBytes', length);
  return fromLatin1(await reader.view(length));
}

export async function receiveClientCutText(
  reader: ByteReader,
  limits: Limits,
  extended: boolean,
): Promise<ClientCutText | ExtendedClientCutText> {
  const said = await receive(reader, limits, extended);
  return typeof said === 'string'
    ? { type: 'ClientCutText', text: said }
    : { type: 'ExtendedClientCutText', word: said };
}

export async function receiveServerCutText(
  reader: ByteReader,
  limits: Limits,
  extended: boolean,
): Promise<ServerCutText | ExtendedServerCutText> {
  const said = await receive(reader, limits, extended);
  return typeof said === 'string'
    ? { type: 'ServerCutText', text: said }
    : { type: 'ExtendedServerCutText', word: said };
}

export function writeCutText(w: ByteWriter, m: ClientCutText | ServerCutText): void {
  const bytes = latin1(m.text);
  w.u8(typeNumber(m)).pad(3).u32(bytes.length).bytes(bytes);
}

const typeNumber = (m: ClientCutText | ServerCutText): number =>
  m.type === 'ClientCutText' ? ClientMessageType.ClientCutText : ServerMessageType.ServerCutText;
