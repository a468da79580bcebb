/** A viewer's session: what displays/, the library and the widget build on. Constructed only from a finished handshake. */
import type { Emitter } from '../core/emitter.ts';
import type { VncError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import type { JpegDecoder } from '../codec/codec.ts';
import type { ClientHandshakeOptions } from '../handshake/client.ts';
import type { SecuritySummary } from '../handshake/established.ts';
import type { CursorImage } from '../pixels/cursor-image.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import type { KeyEvent } from '../rfb/messages/key-event.ts';
import type { PixelFormat } from '../rfb/pixel-format.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { Screen } from '../rfb/screen.ts';

export type ClientEvents = {
  /** Once for each FramebufferUpdate that changed pixels. */
  damage: readonly Rectangle[];
  /** `framebuffer` and `screens` are new. */
  resize: undefined;
  cursor: undefined;
  bell: undefined;
  clipboard: string;
  leds: undefined;
  name: undefined;
  pointerMode: undefined;
  /** Exactly once, with the reason. */
  closed: VncError;
};

export interface ClientOptions extends Omit<ClientHandshakeOptions, 'limits' | 'shared'> {
  /** Default true. */
  readonly shared?: boolean;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
  readonly jpeg?: JpegDecoder;
  /** Encodings to ask for, best first, without pseudo-encodings. Default: all that can be decoded. */
  readonly encodings?: readonly number[];
  /** Default: nativeFormat. */
  readonly pixelFormat?: PixelFormat;
  /** Keep asking for incremental updates by itself. Default true. */
  readonly autoUpdate?: boolean;
}

/** A running session. */
export interface VncClient {
  readonly events: Emitter<ClientEvents>;
  readonly name: string;
  readonly version: string;
  readonly security: SecuritySummary;
  readonly framebuffer: Framebuffer;
  readonly screens: readonly Screen[];
  readonly cursor: CursorImage | undefined;
  readonly pointerMode: 'absolute' | 'relative';
  readonly leds: number | undefined;
  /** Whether the server takes SetDesktopSize (it has sent an ExtendedDesktopSize). */
  readonly resizable: boolean;
  readonly key: (event: Omit<KeyEvent, 'type'>) => void;
  /** In relative mode x and y are the motion (dx, dy). */
  readonly pointer: (buttonMask: number, x: number, y: number) => void;
  readonly clipboard: (text: string) => void;
  /** Resolves with DesktopSizeStatus once the server answered. */
  readonly resize: (width: number, height: number, screens?: readonly Screen[]) => Promise<number>;
  /** Asks for an update; with autoUpdate only needed for a full refresh. Resolves when the next update was handled. */
  readonly refresh: (incremental: boolean, area?: Rectangle) => Promise<void>;
  /** Idempotent; resolves with the reason once everything is released. */
  readonly close: (reason?: VncError) => Promise<VncError>;
  readonly closed: Promise<VncError>;
}

export async function connectClient(_options: ClientOptions): Promise<VncClient> {
  throw new Error('being built');
}
