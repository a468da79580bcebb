/**
 * Every number that a peer can push up has its bound here, checked before the bytes are waited for.
 * docs/limits.md gives the reason for each; a test holds the two together.
 */
import { LimitError } from './errors.ts';

/** Bounds of what a peer may make us hold or wait for: docs/limits.md has the values and the reason for each. */
export interface Limits {
  /** Width or height of a framebuffer, pixels. */
  readonly maxScreenSide: number;
  /** Width times height of a framebuffer, pixels. */
  readonly maxScreenPixels: number;
  /** Encoded payload of one rectangle, bytes. */
  readonly maxRectBytes: number;
  /** Rectangles in one FramebufferUpdate that states its count. 65535 with LastRect means "unknown". */
  readonly maxRects: number;
  /** Width or height of a cursor, pixels. */
  readonly maxCursorSide: number;
  /** Clipboard text in one message, bytes. */
  readonly maxClipboardBytes: number;
  /** Entries of SetEncodings. */
  readonly maxEncodings: number;
  /** Desktop name, bytes. gtk-vnc accepts 4096 at most. */
  readonly maxNameBytes: number;
  /** Failure reason that a server sends, bytes. */
  readonly maxReasonBytes: number;
  /** Security types in a list. */
  readonly maxSecurityTypes: number;
  /** VeNCrypt sub-types in a list. gtk-vnc refuses 21. */
  readonly maxVeNCryptSubtypes: number;
  /** User name or password of the Plain exchange, bytes each. */
  readonly maxPlainBytes: number;
  /** List of SASL mechanisms, and what one of them sends in one step, bytes each. */
  readonly maxSaslBytes: number;
  /** Screens in an ExtendedDesktopSize layout. */
  readonly maxScreens: number;
  /** Bytes queued for a viewer that does not read, above one full frame; past it the viewer is dropped. */
  readonly maxBacklogBytes: number;
  /** Connections that have not finished their handshake. */
  readonly maxUnauthenticated: number;
  /** The same, for one address (IPv4) or /64 (IPv6). */
  readonly maxUnauthenticatedPerAddress: number;
  /** Identities and networks whose failed logins are remembered; the one longest unused is forgotten. */
  readonly maxThrottleEntries: number;
  /** PROXY protocol header with its extensions, bytes behind its fixed part. */
  readonly maxProxyHeaderBytes: number;
  /** Sessions of one server. */
  readonly maxSessions: number;
  /** Time for each stage of the handshake, milliseconds. */
  readonly handshakeStageMs: number;
  /** Time for the whole handshake, milliseconds. A person may be typing a password. */
  readonly handshakeTotalMs: number;
  /** Time in which a viewer's backlog must move at all, milliseconds. */
  readonly writeStallMs: number;
}

/** What counts where nothing else is said. */
export const defaultLimits: Limits = Object.freeze({
  maxScreenSide: 16384,
  maxScreenPixels: 7680 * 4320 * 2,
  maxRectBytes: 64 * 1024 * 1024,
  maxRects: 65535,
  maxCursorSide: 512,
  maxClipboardBytes: 1024 * 1024,
  maxEncodings: 1024,
  maxNameBytes: 4096,
  maxReasonBytes: 4096,
  maxSecurityTypes: 255,
  maxVeNCryptSubtypes: 20,
  maxPlainBytes: 1023,
  maxSaslBytes: 4096,
  maxScreens: 16,
  maxBacklogBytes: 8 * 1024 * 1024,
  maxUnauthenticated: 64,
  maxUnauthenticatedPerAddress: 16,
  maxThrottleEntries: 10_000,
  maxProxyHeaderBytes: 2048,
  maxSessions: 256,
  handshakeStageMs: 20_000,
  handshakeTotalMs: 120_000,
  writeStallMs: 30_000,
});

/** The defaults with some replaced. Throws RangeError when a value is not a positive integer. */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(defaultLimits, name)) throw new TypeError(`unknown limit ${name}`);
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`limit ${name} must be a positive integer`);
  }
  return Object.freeze({ ...defaultLimits, ...overrides });
}

/** Returns `got`, or throws LimitError when it is above the limit. `label` names the field in the message. */
export function checkLimit(limits: Limits, name: keyof Limits, got: number): number {
  if (!(got <= limits[name])) throw new LimitError(name, limits[name], got);
  return got;
}
