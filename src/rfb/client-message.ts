/** RFB 7.5: whatever a viewer may say once the session runs. Read by server/, written by client/. */
import { ProtocolError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { ClientMessageType } from './constants.ts';
import {
  enableContinuousUpdatesSize,
  readEnableContinuousUpdates,
  type EnableContinuousUpdates,
} from './messages/continuous-updates.ts';
import { receiveClientCutText, type ClientCutText } from './messages/cut-text.ts';
import type { ExtendedClientCutText } from './messages/extended-clipboard.ts';
import { receiveFence, type ClientFence } from './messages/fence.ts';
import {
  framebufferUpdateRequestSize,
  readFramebufferUpdateRequest,
  type FramebufferUpdateRequest,
} from './messages/framebuffer-update-request.ts';
import {
  keyEventSize,
  readKeyEvent,
  receiveQemuMessage,
  type KeyEvent,
} from './messages/key-event.ts';
import { receivePointerEvent, type PointerEvent } from './messages/pointer-event.ts';
import { receiveSetDesktopSize, type SetDesktopSize } from './messages/set-desktop-size.ts';
import { receiveSetEncodings, type SetEncodings } from './messages/set-encodings.ts';
import {
  readSetPixelFormat,
  setPixelFormatSize,
  type SetPixelFormat,
} from './messages/set-pixel-format.ts';
import { readXvp, xvpSize, type ClientXvp } from './messages/xvp.ts';

export type ClientMessage =
  | SetPixelFormat
  | SetEncodings
  | FramebufferUpdateRequest
  | KeyEvent
  | PointerEvent
  | ClientCutText
  | ExtendedClientCutText
  | EnableContinuousUpdates
  | ClientFence
  | ClientXvp
  | SetDesktopSize;

/** What was agreed upon, where it changes how a message is read. */
export interface ClientMessageForms {
  /** ExtendedMouseButtons (-316) was announced to this viewer. */
  readonly extendedMouseButtons: boolean;
  /** The viewer named ExtendedClipboard. */
  readonly extendedClipboard: boolean;
}

const plainForms: ClientMessageForms = { extendedMouseButtons: false, extendedClipboard: false };

/** The next message. Throws ProtocolError on an unknown type, LimitError before an oversized one is awaited. */
export async function receiveClientMessage(
  reader: ByteReader,
  limits: Limits,
  forms: ClientMessageForms = plainForms,
): Promise<ClientMessage> {
  const type = await reader.u8();
  switch (type) {
    case ClientMessageType.SetPixelFormat:
      return readSetPixelFormat(await reader.cursor(setPixelFormatSize));
    case ClientMessageType.SetEncodings:
      return receiveSetEncodings(reader, limits);
    case ClientMessageType.FramebufferUpdateRequest:
      return readFramebufferUpdateRequest(await reader.cursor(framebufferUpdateRequestSize));
    case ClientMessageType.KeyEvent:
      return readKeyEvent(await reader.cursor(keyEventSize));
    case ClientMessageType.PointerEvent:
      return receivePointerEvent(reader, forms.extendedMouseButtons);
    case ClientMessageType.ClientCutText:
      return receiveClientCutText(reader, limits, forms.extendedClipboard);
    case ClientMessageType.EnableContinuousUpdates:
      return readEnableContinuousUpdates(await reader.cursor(enableContinuousUpdatesSize));
    case ClientMessageType.ClientFence:
      return receiveFence(reader, 'ClientFence');
    case ClientMessageType.Xvp:
      return readXvp(await reader.cursor(xvpSize), 'ClientXvp');
    case ClientMessageType.SetDesktopSize:
      return receiveSetDesktopSize(reader);
    case ClientMessageType.Qemu:
      return receiveQemuMessage(reader);
    default:
      throw new ProtocolError(`unknown client message type ${type}`, {
        field: 'messageType',
        got: type,
      });
  }
}
