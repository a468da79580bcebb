/**
 * What can be served: anything with a framebuffer and input. The server subscribes; the display calls nobody else. One
 * display may have many viewers, or none.
 */
import type { Emitter } from '../core/emitter.ts';
import type { VncError } from '../core/errors.ts';
import type { CursorImage } from '../pixels/cursor-image.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import type { KeyEvent } from '../rfb/messages/key-event.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { Screen } from '../rfb/screen.ts';
import type { Rights } from '../security/identity.ts';
import type { PeerCertificate } from '../security/tls-port.ts';

/** What a display tells its server. */
export type DisplayEvents = {
  /** Pixels changed. Disjointness is not needed. */
  damage: readonly Rectangle[];
  /** `framebuffer` and `screens` are new: other size, other memory. All of it counts as damaged. */
  resize: undefined;
  /** `cursor` is new. */
  cursor: undefined;
  bell: undefined;
  /** The display's side has new clipboard text. */
  clipboard: string;
  /** `leds` is new. */
  leds: undefined;
  name: undefined;
  pointerMode: undefined;
  /** Nothing will come any more; viewers are closed with this reason. */
  closed: VncError;
};

/** A pointer's state after a change, by one viewer. */
export interface PointerInput {
  /** Bit i is button i + 1: 1 left, 2 middle, 3 right, 4 to 7 the wheel. */
  readonly buttonMask: number;
  /** Pixels in the framebuffer; in relative mode the motion since the last event. */
  readonly x: number;
  readonly y: number;
}

/** A viewer as the display may show it: what protects it, and what it may do. */
export interface ViewerInfo {
  /** Of this server, from 1 on. */
  readonly id: number;
  /** `127.0.0.1:40112`, `unix`. */
  readonly address: string;
  /** Who it proved to be: `alice`, a DN, `password`, `anyone`. */
  readonly name: string;
  /** `3.8`. */
  readonly version: string;
  /** `X509Vnc`, `None`. */
  readonly security: string;
  /** `TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384`; undefined when nothing encrypts. */
  readonly tls?: string;
  readonly distinguishedName?: string;
  /** Verified when it came in. */
  readonly certificate?: PeerCertificate;
  /** It came through a WebSocket: then `tls` is that of wss. */
  readonly websocket?: boolean;
  readonly rights: Rights;
}

/** What a viewer asks of the machine behind the display. */
export type PowerAction = 'shutdown' | 'reboot' | 'reset';

/** How a request for another size went: DesktopSizeStatus. */
export type ResizeStatus = number;

/** What can be served: implement it, or take one of those that are there. */
export interface Display {
  readonly events: Emitter<DisplayEvents>;
  readonly name: string;
  readonly framebuffer: Framebuffer;
  readonly screens: readonly Screen[];
  /** Undefined: the pointer is drawn in the picture, or unknown. Viewers then show their own. */
  readonly cursor: CursorImage | undefined;
  /** What pointer events mean. Viewers that cannot send relative motion keep sending absolute positions. */
  readonly pointerMode: 'absolute' | 'relative';
  /** Bits of Led, or undefined when not known. */
  readonly leds: number | undefined;

  /** Viewers pass keys one by one; the server lifts what a viewer held when it leaves. */
  readonly key: (event: KeyEvent) => void;
  /** What a viewer does with its pointer, and the text it offers. */
  readonly pointer: (input: PointerInput) => void;
  readonly clipboard: (text: string) => void;
  /** Absent: the display cannot be resized by viewers. */
  readonly resize?: (
    width: number,
    height: number,
    screens: readonly Screen[],
  ) => Promise<ResizeStatus>;
  /** Absent: viewers cannot switch it. Resolves with whether it is being done. */
  readonly power?: ((action: PowerAction) => Promise<boolean>) | undefined;
  /** The viewers that are there now, told after each change. */
  readonly viewers?: (list: readonly ViewerInfo[]) => void;
  /** Lets go of whatever feeds the display. Idempotent. Emits `closed`. */
  readonly close: () => Promise<void>;
}
