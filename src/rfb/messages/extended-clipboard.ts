/**
 * The extended clipboard (pseudo-encoding 0xC0A1E5CE): cut text messages whose length is negative. Flags name formats
 * and one action; `caps` says what its sender takes, `notify` what it holds, `request` and `peek` ask, `provide` brings it,
 * compressed (codec/clipboard-text.ts).
 * @rfb pseudo-encoding -1063131698 ExtendedClipboard | 0xC0A1E5CE; text, in UTF-8
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { Cursor } from '../../wire/cursor.ts';
import { ClipboardAction, ClientMessageType, ServerMessageType } from '../constants.ts';

export type ClipboardWord =
  /** The actions that its sender takes, and for each format bit that is set, in rising order, the size that it takes unasked. */
  | {
      readonly action: 'caps';
      readonly formats: number;
      readonly actions: number;
      readonly sizes: readonly number[];
    }
  /** `notify` of no format: the clipboard was cleared. */
  | { readonly action: 'request' | 'peek' | 'notify'; readonly formats: number }
  /** `data`: one whole zlib stream of a U32 size and as many bytes for each format bit that is set. */
  | { readonly action: 'provide'; readonly formats: number; readonly data: Uint8Array };

export interface ExtendedCutText<Type extends 'ExtendedClientCutText' | 'ExtendedServerCutText'> {
  readonly type: Type;
  readonly word: ClipboardWord;
}
export type ExtendedClientCutText = ExtendedCutText<'ExtendedClientCutText'>;
export type ExtendedServerCutText = ExtendedCutText<'ExtendedServerCutText'>;

const flagsSize = 4;
const formatsMask = 0xffff;
const actionsMask = 0xff000000;

/** Reads the `-length` bytes behind a negative length. */
export async function receiveClipboardWord(
  reader: ByteReader,
  length: number,
  limits: Limits,
): Promise<ClipboardWord> {
  const size = -length;
  if (size < flagsSize) {
    throw new ProtocolError(`extended clipboard message of ${size} bytes, less than its flags`, {
      field: 'CutText.length',
      got: length,
    });
  }
  checkLimit(limits, 'maxClipboardBytes', size - flagsSize);
  // The data is kept, so it is copied.
  return readWord(new Cursor(await reader.bytes(size)));
}

function readWord(c: Cursor): ClipboardWord {
  const flags = c.u32();
  const formats = flags & formatsMask;
  const actions = (flags & actionsMask) >>> 0;
  // Caps alone stand beside other actions: those that their sender takes.
  if ((actions & ClipboardAction.Caps) !== 0) {
    const sizes: number[] = [];
    for (let bits = formats; bits !== 0; bits &= bits - 1) sizes.push(c.u32());
    return { action: 'caps', formats, actions: actions & ~ClipboardAction.Caps, sizes };
  }
  switch (actions) {
    case ClipboardAction.Request:
      return { action: 'request', formats };
    case ClipboardAction.Peek:
      return { action: 'peek', formats };
    case ClipboardAction.Notify:
      return { action: 'notify', formats };
    case ClipboardAction.Provide:
      return { action: 'provide', formats, data: c.view(c.remaining) };
    default:
      throw new ProtocolError(
        `extended clipboard message with actions 0x${actions.toString(16)}, not one of them`,
        { field: 'CutText.flags', got: flags },
      );
  }
}

const actionBits = {
  caps: ClipboardAction.Caps,
  request: ClipboardAction.Request,
  peek: ClipboardAction.Peek,
  notify: ClipboardAction.Notify,
  provide: ClipboardAction.Provide,
} as const;

export function writeExtendedCutText(
  w: ByteWriter,
  m: ExtendedClientCutText | ExtendedServerCutText,
): void {
  const { word } = m;
  const flags =
    word.formats | actionBits[word.action] | (word.action === 'caps' ? word.actions : 0);
  const sizes = word.action === 'caps' ? word.sizes : [];
  const dataSize = word.action === 'provide' ? word.data.length : 0;
  w.u8(
    m.type === 'ExtendedClientCutText'
      ? ClientMessageType.ClientCutText
      : ServerMessageType.ServerCutText,
  )
    .pad(3)
    .s32(-(flagsSize + 4 * sizes.length + dataSize))
    .u32(flags >>> 0);
  for (const size of sizes) w.u32(size);
  if (word.action === 'provide') w.bytes(word.data);
}
