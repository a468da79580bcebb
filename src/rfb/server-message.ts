/** RFB 7.6: whatever a server may say once the session runs. Read by client/, written by server/. */
import { ProtocolError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { ServerMessageType } from './constants.ts';
import type { Bell } from './messages/bell.ts';
import type { EndOfContinuousUpdates } from './messages/continuous-updates.ts';
import { receiveServerCutText, type ServerCutText } from './messages/cut-text.ts';
import type { ExtendedServerCutText } from './messages/extended-clipboard.ts';
import { receiveFence, type ServerFence } from './messages/fence.ts';
import {
  framebufferUpdateSize,
  readFramebufferUpdate,
  type FramebufferUpdate,
} from './messages/framebuffer-update.ts';
import {
  receiveSetColourMapEntries,
  type SetColourMapEntries,
} from './messages/set-colour-map-entries.ts';
import { readXvp, xvpSize, type ServerXvp } from './messages/xvp.ts';

export type ServerMessage =
  | FramebufferUpdate
  | SetColourMapEntries
  | Bell
  | ServerCutText
  | ExtendedServerCutText
  | EndOfContinuousUpdates
  | ServerFence
  | ServerXvp;

/** What the viewer named, where it changes how a message is read. */
export interface ServerMessageForms {
  readonly extendedClipboard: boolean;
}

/** The next message; after a FramebufferUpdate its rectangles are the caller's to read. */
export async function receiveServerMessage(
  reader: ByteReader,
  limits: Limits,
  forms: ServerMessageForms = { extendedClipboard: false },
): Promise<ServerMessage> {
  const type = await reader.u8();
  switch (type) {
    case ServerMessageType.FramebufferUpdate:
      return readFramebufferUpdate(await reader.cursor(framebufferUpdateSize));
    case ServerMessageType.SetColourMapEntries:
      return receiveSetColourMapEntries(reader);
    case ServerMessageType.Bell:
      return { type: 'Bell' };
    case ServerMessageType.ServerCutText:
      return receiveServerCutText(reader, limits, forms.extendedClipboard);
    case ServerMessageType.EndOfContinuousUpdates:
      return { type: 'EndOfContinuousUpdates' };
    case ServerMessageType.ServerFence:
      return receiveFence(reader, 'ServerFence');
    case ServerMessageType.Xvp:
      return readXvp(await reader.cursor(xvpSize), 'ServerXvp');
    default:
      throw new ProtocolError(`unknown server message type ${type}`, {
        field: 'messageType',
        got: type,
      });
  }
}
