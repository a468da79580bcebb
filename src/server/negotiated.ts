/** What a viewer said it can do (RFB 7.5.2 SetEncodings), read once into a value that the session asks. */
import type { Codec } from '../codec/codec.ts';
import { assertInvariant } from '../core/errors.ts';
import { Encoding } from '../rfb/constants.ts';
import { encodingWishes, type EncodingWishes } from './encoding-wishes.ts';

/** How a pointer's shape is sent: with real transparency, with a mask, or in two colours. */
export type CursorKind = 'alpha' | 'mask' | 'two-colour';

/** A codec that can encode. */
export type EncodingCodec = Codec & Required<Pick<Codec, 'createEncoder'>>;

export interface Negotiated {
  readonly codec: EncodingCodec;
  readonly wishes: EncodingWishes;
  /** An update may end at LastRect, whatever count stands before it. */
  readonly lastRect: boolean;
  /** It understands what moved. */
  readonly copyRect: boolean;
  readonly openH264: boolean;
  readonly desktopSize: boolean;
  readonly extendedDesktopSize: boolean;
  /** The best kind of cursor that the viewer knows; undefined: it must not be sent any. */
  readonly cursor: CursorKind | undefined;
  readonly desktopName: boolean;
  readonly ledState: boolean;
  readonly extendedKeys: boolean;
  readonly pointerMotion: boolean;
  readonly extendedMouseButtons: boolean;
  readonly extendedClipboard: boolean;
  readonly xvp: boolean;
  readonly fence: boolean;
  readonly continuousUpdates: boolean;
}

/** The first encoding that we can encode wins, Raw if there is none: every viewer must take Raw. */
export function negotiate(encodings: readonly number[], codecs: readonly Codec[]): Negotiated {
  const listed = new Set(encodings);
  return {
    codec: chooseCodec(listed, codecs),
    wishes: encodingWishes(encodings),
    lastRect: listed.has(Encoding.LastRect),
    copyRect: listed.has(Encoding.CopyRect),
    openH264: listed.has(Encoding.OpenH264),
    desktopSize: listed.has(Encoding.DesktopSize),
    extendedDesktopSize: listed.has(Encoding.ExtendedDesktopSize),
    cursor: cursorKind(listed),
    desktopName: listed.has(Encoding.DesktopName),
    ledState: listed.has(Encoding.QemuLedState),
    extendedKeys: listed.has(Encoding.QemuExtendedKeyEvent),
    pointerMotion: listed.has(Encoding.QemuPointerMotionChange),
    extendedMouseButtons: listed.has(Encoding.ExtendedMouseButtons),
    extendedClipboard: listed.has(Encoding.ExtendedClipboard),
    xvp: listed.has(Encoding.Xvp),
    fence: listed.has(Encoding.Fence),
    continuousUpdates: listed.has(Encoding.ContinuousUpdates),
  };
}

export const canEncode = (codec: Codec | undefined): codec is EncodingCodec =>
  codec?.createEncoder !== undefined;

function chooseCodec(listed: ReadonlySet<number>, codecs: readonly Codec[]): EncodingCodec {
  // A Set keeps the viewer's order, and a list of 65535 duplicates costs one pass.
  for (const encoding of listed) {
    const codec = codecs.find((each) => each.encoding === encoding);
    if (canEncode(codec)) return codec;
  }
  const raw = codecs.find((codec) => codec.encoding === Encoding.Raw);
  assertInvariant(canEncode(raw), 'Raw can be encoded');
  return raw;
}

function cursorKind(listed: ReadonlySet<number>): CursorKind | undefined {
  if (listed.has(Encoding.CursorWithAlpha)) return 'alpha';
  if (listed.has(Encoding.Cursor)) return 'mask';
  return listed.has(Encoding.XCursor) ? 'two-colour' : undefined;
}
