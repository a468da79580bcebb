/**
 * The error family. Told apart by `instanceof` or by `code` (`ERR_VNC_…`, stable, listed in docs/errors.md), never by
 * message. Messages are lower case, without a full stop, name the field and its value, and never hold a secret. Beside its
 * message, the cause, each has its cure: what to do about it, in one sentence.
 */
import { cures } from './cures.ts';

/** Every code, with the class that carries it. docs/errors.md explains each; a test holds the two together. */
export const ErrorCode = {
  /** A message, field or value breaks RFB. */
  protocol: 'ERR_VNC_PROTOCOL',
  /** The first twelve bytes are not an RFB version. */
  version: 'ERR_VNC_VERSION',
  /** A count or length is above one of our limits. */
  limit: 'ERR_VNC_LIMIT',
  /** No security type that both ends allow. */
  noCommonType: 'ERR_VNC_NO_COMMON_TYPE',
  /** The peer chose a security type that was not offered. */
  typeNotOffered: 'ERR_VNC_TYPE_NOT_OFFERED',
  /** Clear bytes arrived behind the word that starts TLS. */
  bytesBeforeTls: 'ERR_VNC_BYTES_BEFORE_TLS',
  /** The TLS handshake failed. */
  tls: 'ERR_VNC_TLS',
  /** The peer's certificate is missing, invalid, revoked or of another name. */
  certificate: 'ERR_VNC_CERTIFICATE',
  /** Certificate files or TLS options that cannot be used. */
  tlsConfiguration: 'ERR_VNC_TLS_CONFIGURATION',
  /** A setting that would weaken security without being asked for by name. */
  policy: 'ERR_VNC_POLICY',
  /** Wrong, unset or expired credentials. */
  authentication: 'ERR_VNC_AUTHENTICATION',
  /** The peer was recognised, and may not enter. */
  notAllowed: 'ERR_VNC_NOT_ALLOWED',
  /** The server refused the connection and gave its reason. */
  refused: 'ERR_VNC_REFUSED',
  /** The connection ended. */
  closed: 'ERR_VNC_CLOSED',
  /** A deadline passed. */
  timeout: 'ERR_VNC_TIMEOUT',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Where in a connection's life something happened. */
export type Phase =
  | 'connect'
  | 'version'
  | 'security'
  | 'tls'
  | 'authentication'
  | 'init'
  | 'session';

export interface VncErrorDetails {
  readonly phase?: Phase;
  readonly cause?: unknown;
  /** What to do about it. Default: what is said of the code in general. */
  readonly cure?: string;
}

/** Base of every error that a peer or the network can cause. */
export abstract class VncError extends Error {
  /** Stable: tell errors apart by it, or by `instanceof`, never by the message. */
  readonly code: ErrorCode;
  /** Undefined where it is not of a connection. */
  readonly phase: Phase | undefined;
  /** What to do about it: one sentence, lower case, without a full stop. */
  readonly cure: string;

  protected constructor(code: ErrorCode, message: string, details: VncErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.phase = details.phase;
    this.cure = details.cure ?? cures[code];
  }
}

export interface ProtocolErrorDetails extends VncErrorDetails {
  /** The message or field that is wrong, such as `SetPixelFormat.bitsPerPixel`. */
  readonly field?: string;
  readonly got?: number | string;
  readonly code?: ErrorCode;
}

/** The peer broke RFB (ERR_VNC_PROTOCOL, ERR_VNC_VERSION). */
export class ProtocolError extends VncError {
  /** The message or field that is wrong, such as `SetPixelFormat.bitsPerPixel`. */
  readonly field: string | undefined;
  /** Its value. */
  readonly got: number | string | undefined;

  constructor(message: string, details: ProtocolErrorDetails = {}) {
    super(details.code ?? ErrorCode.protocol, message, details);
    this.field = details.field;
    this.got = details.got;
  }
}

/** A count or length is above our limit (ERR_VNC_LIMIT): the peer is hostile, or the limit is too tight for this use. */
export class LimitError extends ProtocolError {
  /** Name of the limit: see Limits. */
  readonly limit: string;
  /** Its value. */
  readonly max: number;

  constructor(limit: string, max: number, got: number) {
    super(`${limit} is ${got}, more than the limit of ${max}`, {
      code: ErrorCode.limit,
      field: limit,
      got,
    });
    this.limit = limit;
    this.max = max;
  }
}

export interface SecurityErrorDetails extends VncErrorDetails {
  readonly code?: ErrorCode;
  /** Number of the security type or VeNCrypt sub-type in question. */
  readonly securityType?: number;
}

/**
 * No security type that both ends allow, an unsafe setting, TLS or a certificate (ERR_VNC_NO_COMMON_TYPE,
 * ERR_VNC_TYPE_NOT_OFFERED, ERR_VNC_BYTES_BEFORE_TLS, ERR_VNC_TLS, ERR_VNC_CERTIFICATE, ERR_VNC_TLS_CONFIGURATION,
 * ERR_VNC_POLICY).
 */
export class SecurityError extends VncError {
  /** Number of the security type or VeNCrypt sub-type in question. */
  readonly securityType: number | undefined;

  constructor(message: string, details: SecurityErrorDetails = {}) {
    super(details.code ?? ErrorCode.noCommonType, message, details);
    this.securityType = details.securityType;
  }
}

export interface AuthenticationErrorDetails extends VncErrorDetails {
  readonly code?: ErrorCode;
  /** What the peer may be told, or what the peer told us. Never the real reason on a server. */
  readonly peerReason?: string;
  /** The server said: too many attempts. */
  readonly tooMany?: boolean;
}

/**
 * Credentials were rejected, at either end (ERR_VNC_AUTHENTICATION, ERR_VNC_NOT_ALLOWED). The message has the real
 * reason; `peerReason` is what crosses the wire.
 */
export class AuthenticationError extends VncError {
  /** What the peer may be told, or what it told us. */
  readonly peerReason: string;
  /** The server said: too many attempts. */
  readonly tooMany: boolean;

  constructor(message: string, details: AuthenticationErrorDetails = {}) {
    super(details.code ?? ErrorCode.authentication, message, {
      phase: 'authentication',
      ...details,
    });
    this.peerReason = details.peerReason ?? 'Authentication failed';
    this.tooMany = details.tooMany ?? false;
  }
}

/** End of stream, reset, or a close that we asked for (ERR_VNC_CLOSED, ERR_VNC_REFUSED). */
export class ClosedError extends VncError {
  constructor(message = 'connection closed', details: VncErrorDetails = {}) {
    super(ErrorCode.closed, message, details);
  }
}

/** A deadline passed (ERR_VNC_TIMEOUT). */
export class TimeoutError extends VncError {
  /** The deadline, milliseconds. */
  readonly afterMs: number;

  constructor(what: string, afterMs: number, details: VncErrorDetails = {}) {
    super(ErrorCode.timeout, `${what} took longer than ${afterMs} ms`, details);
    this.afterMs = afterMs;
  }
}

/** Throws a plain Error, which nobody catches by type: our own bug, to be loud about. */
export function assertInvariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${what}`);
}

/** What anything thrown says of itself. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** One line about anything thrown, for logs. */
export const describeError = (error: unknown): string =>
  error instanceof VncError ? `${error.message} (${error.code})` : messageOf(error);
