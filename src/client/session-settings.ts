/** What a session asks of its server, from the caller's options: checked before a byte is sent, so that mistakes are the caller's. */
import { codecs, findCodec } from '../codec/registry.ts';
import type { JpegDecoder } from '../codec/codec.ts';
import { resolveLimits, type Limits } from '../core/limits.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import { Framebuffer } from '../pixels/framebuffer.ts';
import { collectedFramebuffer } from '../pixels/kernel-framebuffer.ts';
import { Encoding } from '../rfb/constants.ts';
import { checkPixelFormat, nativeFormat, type PixelFormat } from '../rfb/pixel-format.ts';
import type { ClientOptions } from './client.ts';

export type SessionOptions = Pick<
  ClientOptions,
  | 'autoUpdate'
  | 'compressionLevel'
  | 'continuousUpdates'
  | 'encodings'
  | 'jpeg'
  | 'jpegQuality'
  | 'limits'
  | 'logger'
  | 'pixelFormat'
  | 'sharedPixels'
  | 'viewOnly'
>;

export interface SessionSettings {
  /** Encodings that carry pixels and that the server may use. */
  readonly pixelEncodings: ReadonlySet<number>;
  /** The whole of SetEncodings, in order. */
  readonly encodings: readonly number[];
  readonly format: PixelFormat;
  readonly autoUpdate: boolean;
  readonly continuousUpdates: boolean;
  readonly viewOnly: boolean;
  readonly createFramebuffer: (width: number, height: number) => Framebuffer;
  readonly jpeg: JpegDecoder | undefined;
  /** As it was named to the server. */
  readonly qualityLevel: number | undefined;
  readonly limits: Limits;
  readonly logger: Logger;
}

/** Every extension that the session handles. CursorWithAlpha stands first of the cursors: servers take the first they know. */
const extensions: readonly number[] = [
  Encoding.ExtendedDesktopSize,
  Encoding.DesktopSize,
  Encoding.LastRect,
  Encoding.CursorWithAlpha,
  Encoding.Cursor,
  Encoding.XCursor,
  Encoding.DesktopName,
  Encoding.QemuExtendedKeyEvent,
  Encoding.QemuPointerMotionChange,
  Encoding.QemuLedState,
  Encoding.ExtendedClipboard,
  Encoding.Fence,
  Encoding.ContinuousUpdates,
  Encoding.ExtendedMouseButtons,
  Encoding.Xvp,
];

/** JPEG quality when a decoder is there and nothing else was asked for: few see the loss. */
const DEFAULT_JPEG_QUALITY = 8;

/** Throws TypeError or RangeError on options that cannot be. */
export function resolveSettings(options: SessionOptions): SessionSettings {
  const limits = resolveLimits(options.limits);
  const wanted =
    options.encodings ?? codecs.filter((codec) => !codec.onRequest).map((codec) => codec.encoding);
  for (const encoding of wanted) {
    if (findCodec(encoding) === undefined)
      throw new TypeError(`encoding ${encoding} cannot be decoded`);
  }
  const levels: number[] = [];
  if (options.compressionLevel !== undefined)
    levels.push(Encoding.CompressionLevel0 + level('compressionLevel', options.compressionLevel));
  // The quality level is what permits JPEG: without a decoder it must not be named.
  const mayLose =
    options.jpeg !== undefined ||
    (wanted.includes(Encoding.ZYWRLE) && !wanted.includes(Encoding.Tight));
  const qualityLevel = mayLose
    ? level('jpegQuality', options.jpegQuality ?? DEFAULT_JPEG_QUALITY)
    : undefined;
  if (qualityLevel !== undefined) levels.push(Encoding.JpegQualityLevel0 + qualityLevel);
  return {
    // Raw may come whatever was asked for (RFB 7.7.1).
    pixelEncodings: new Set([...wanted, Encoding.Raw]),
    encodings: [...wanted, ...extensions, ...levels],
    format: usableFormat(options.pixelFormat ?? nativeFormat),
    autoUpdate: options.autoUpdate ?? true,
    continuousUpdates: options.continuousUpdates ?? true,
    viewOnly: options.viewOnly ?? false,
    createFramebuffer:
      options.sharedPixels === true
        ? collectedFramebuffer
        : (width, height) => new Framebuffer(width, height),
    jpeg: options.jpeg,
    qualityLevel,
    limits,
    logger: options.logger ?? silentLogger,
  };
}

function level(what: string, value: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value <= 9))
    throw new RangeError(`${what} ${value} is not in 0..9`);
  return value;
}

/** Always true colour, so that SetColourMapEntries never matters. */
function usableFormat(format: PixelFormat): PixelFormat {
  if (!format.trueColour) throw new TypeError('the pixel format must be true colour');
  try {
    checkPixelFormat(format);
  } catch (error) {
    throw new TypeError('the pixel format cannot be used', { cause: error });
  }
  return format;
}
