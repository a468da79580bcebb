/** A viewer's session: what displays/, the library and the widget build on. Constructed only from a finished handshake. */
import type { Emitter } from '../core/emitter.ts';
import type { VncError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import type { JpegDecoder } from '../codec/codec.ts';
import { clientHandshake, type ClientHandshakeOptions } from '../handshake/client.ts';
import type { SecuritySummary } from '../handshake/established.ts';
import type { TlsInfo } from '../security/tls-port.ts';
import type { CursorImage } from '../pixels/cursor-image.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import type { KeyEvent } from '../rfb/messages/key-event.ts';
import type { PixelFormat } from '../rfb/pixel-format.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { Screen } from '../rfb/screen.ts';
import type { PowerAction } from './power.ts';
import { startSession } from './session.ts';
import { resolveSettings } from './session-settings.ts';

/** What a session tells. */
export type ClientEvents = {
  /** Once for each FramebufferUpdate that changed pixels. */
  damage: readonly Rectangle[];
  /** `framebuffer` and `screens` are new. */
  resize: undefined;
  /** `cursor` is new. */
  cursor: undefined;
  bell: undefined;
  /** The server's side has new clipboard text; its lines end with a line feed. */
  clipboard: string;
  /** `leds` is new, as are the others below. */
  leds: undefined;
  name: undefined;
  pointerMode: undefined;
  /** Exactly once, with the reason. */
  closed: VncError;
};

/** For a session on a stream that is connected already. */
export interface ClientOptions extends Omit<ClientHandshakeOptions, 'limits' | 'shared'> {
  /** Default true. */
  readonly shared?: boolean;
  /** TLS that was around the stream before, as of wss: for `security`, which tells what protects the session. */
  readonly outerTls?: TlsInfo;
  /** Look on only: nothing is ever pressed, pointed at, pasted, resized or switched. Default false. */
  readonly viewOnly?: boolean;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
  readonly jpeg?: JpegDecoder;
  /** 0 (worst) .. 9 (best), used when `jpeg` is given. Default 8. */
  readonly jpegQuality?: number;
  /** 0 (fast) .. 9 (small): a wish that servers may ignore. Default: the server's own. */
  readonly compressionLevel?: number;
  /** Encodings to ask for, best first, without pseudo-encodings. Default: all that can be decoded. */
  readonly encodings?: readonly number[];
  /** Default: nativeFormat. */
  readonly pixelFormat?: PixelFormat;
  /** Keep asking for incremental updates by itself. Default true. */
  readonly autoUpdate?: boolean;
  /** With autoUpdate: let a server that can send updates without being asked for each. Default true. */
  readonly continuousUpdates?: boolean;
  /**
   * The framebuffer's pixels are in memory that threads share, where that can be: a server in this process reads them there
   * without a copy, and browsers draw from no such memory. Whoever keeps a part of `pixels` keeps `pixels` too. Default false.
   */
  readonly sharedPixels?: boolean;
}

/** A running session. */
export interface VncClient {
  readonly events: Emitter<ClientEvents>;
  /** Of the desktop, as the server calls it. */
  readonly name: string;
  /** Of RFB: `3.8`. */
  readonly version: string;
  /** What protects the connection. */
  readonly security: SecuritySummary;
  /** What the server has sent so far, drawn into while the session runs; another one after `resize`. */
  readonly framebuffer: Framebuffer;
  /** One over everything where the server does not tell. */
  readonly screens: readonly Screen[];
  /** Undefined until the server sent a shape: it draws the pointer into the picture, or cannot say. */
  readonly cursor: CursorImage | undefined;
  readonly pointerMode: 'absolute' | 'relative';
  /** Bits of Led; undefined until the server told. */
  readonly leds: number | undefined;
  /** Whether the server takes SetDesktopSize (it has sent an ExtendedDesktopSize). */
  readonly resizable: boolean;
  /** The way to the server and back, smoothed, milliseconds; undefined unless the server knows fences. */
  readonly roundTripMs: number | undefined;
  /** Clipboard text goes as it is, both ways; otherwise only what Latin-1 has. */
  readonly unicodeClipboard: boolean;
  /** The server has a power switch that we may use. */
  readonly powerable: boolean;
  /** Sends it, without waiting. A session that is closed ignores it, as it does `pointer` and `clipboard`. */
  readonly key: (event: Omit<KeyEvent, 'type'>) => void;
  /**
   * Bit i of the mask is button i + 1 (1 left, 2 middle, 3 right, 4 to 7 the wheel, 8 back, 9 forward). In relative mode x
   * and y are the motion (dx, dy).
   */
  readonly pointer: (buttonMask: number, x: number, y: number) => void;
  /** Offers text to the server's side. Throws RangeError above `limits.maxClipboardBytes`. */
  readonly clipboard: (text: string) => void;
  /**
   * What changed since the loop last looked, merged while it is busy. Ends when this side closes; throws the reason when
   * the session ends by anything else.
   */
  readonly updates: () => AsyncGenerator<readonly Rectangle[], void, void>;
  /**
   * Resolves, with the milliseconds it took, when the server has dealt with everything that was sent before; at once with
   * undefined when it knows no fences. Rejects when the session closes.
   */
  readonly sync: () => Promise<number | undefined>;
  /** Whether the server does it; false at once when it is not `powerable`. A machine may take its time, or ignore it. */
  readonly power: (action: PowerAction) => Promise<boolean>;
  /**
   * Resolves with DesktopSizeStatus once the server answered; at once with Prohibited when it is not `resizable`.
   * Rejects with TimeoutError after 10 seconds without an answer, or with the reason when the session closes.
   */
  readonly resize: (width: number, height: number, screens?: readonly Screen[]) => Promise<number>;
  /**
   * Asks for an update; with autoUpdate only needed for a full refresh. Resolves when the next update that carried
   * pixels was handled: an incremental one waits as long as nothing changes. Rejects when the session closes.
   */
  readonly refresh: (incremental: boolean, area?: Rectangle) => Promise<void>;
  /** Idempotent; resolves with the reason once everything is released. */
  readonly close: (reason?: VncError) => Promise<VncError>;
  /** Resolves with the reason when the session has ended. Never rejects. */
  readonly closed: Promise<VncError>;
}

/**
 * Shakes hands and starts the session, which pulls the first, full update by itself. Rejects with a VncError; the stream
 * is then destroyed. Options that cannot be are a TypeError or RangeError before anything is sent.
 */
export async function connectClient(options: ClientOptions): Promise<VncClient> {
  const settings = resolveSettings(options);
  const { stream, accept, credentials, tls, outerTls, shared = true } = options;
  const established = await clientHandshake({
    stream,
    accept,
    credentials,
    ...(tls === undefined ? {} : { tls }),
    limits: settings.limits,
    shared,
  });
  const security =
    outerTls === undefined ? established.security : { tlsInfo: outerTls, ...established.security };
  return startSession({ ...established, security }, settings);
}
