/**
 * A security type: both ends of one dialogue, side by side. Each half is straight-line code over a reader and a stream,
 * runs between the choice of the type and the SecurityResult (which the handshake sends and reads), and returns what was
 * established. Adding a type is one file and one line in the registry.
 */
import type { AuthenticationError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Secret } from '../core/secret.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { Identity, Peer } from './identity.ts';
import type { PeerCertificate, TlsAcceptor, TlsConnector, TlsInfo } from './tls-port.ts';

/**
 * The server's question to whoever knows users and passwords: asked at the moment it is needed. Inside TLS `peer` has the
 * viewer's verified certificate, which `certificate` was asked about before.
 */
export interface Authenticator {
  /** Type None. Returns the identity of an unknown person, or throws AuthenticationError. */
  readonly anyone: (peer: Peer) => Promise<Identity>;
  /**
   * VNC authentication: `matches` tells whether one password (1..8 bytes) answers the challenge; it is called once for
   * each password that is known. Unset, expired and wrong look the same to the peer, in bytes and time.
   */
  readonly vncPassword: (
    matches: (password: Uint8Array) => boolean,
    peer: Peer,
  ) => Promise<Identity>;
  /** User name and password. */
  readonly plain: (username: string, password: Secret, peer: Peer) => Promise<Identity>;
  /**
   * A verified client certificate against the name rules. Undefined: no rules, so the certificate decides nothing more.
   * Throws AuthenticationError (ERR_VNC_NOT_ALLOWED) when no rule lets it in.
   */
  readonly certificate: (certificate: PeerCertificate, peer: Peer) => Promise<void>;
}

export interface ServerSecurityContext {
  readonly reader: ByteReader;
  readonly peer: Peer;
  readonly authenticator: Authenticator;
  readonly tls?: TlsAcceptor;
  readonly limits: Limits;
  /** VeNCrypt sub-types on offer, in order. */
  readonly subtypes: readonly number[];
  /** Set once TLS is on: lets inner types, and Plain, know that they are covered. */
  readonly tlsInfo?: TlsInfo;
}

/** What a person or a program supplies to log in: asked only when the server's type needs it. */
export interface ClientCredentials {
  readonly username?: string;
  readonly password?: Secret;
}

/** What the server's type needs, and what stands between it and whoever listens in. */
export interface CredentialsRequest {
  readonly username: boolean;
  readonly password: boolean;
  /** Name of the type or sub-type: `X509Plain`, `VncAuth`. */
  readonly security: string;
  /** Undefined: VeNCrypt put no TLS around it. */
  readonly tlsInfo?: TlsInfo;
}

export interface ClientSecurityContext {
  readonly reader: ByteReader;
  /** Called at most once a connection, when the type needs something. */
  readonly credentials: (request: CredentialsRequest) => Promise<ClientCredentials>;
  readonly tls?: TlsConnector;
  readonly limits: Limits;
  /** Acceptable VeNCrypt sub-types: the first of the server's list that is among them is taken. */
  readonly subtypes: readonly number[];
  readonly tlsInfo?: TlsInfo;
}

/** What a half returns: the stream may have been replaced by TLS, so the reader is the one to go on with. */
export interface SecurityOutcome {
  readonly reader: ByteReader;
  /** VeNCrypt sub-type that was used. */
  readonly subtype?: number;
  readonly tlsInfo?: TlsInfo;
  /** A SecurityResult follows in 3.3 and 3.7 even if the inner type is None (VeNCrypt). */
  readonly alwaysResult?: boolean;
}

/**
 * What the server's half returns: who it is, or why not. A denial is a value, not an exception, because the handshake
 * must still say so to the peer, through the TLS that may have been put on meanwhile.
 */
export type ServerSecurityOutcome = SecurityOutcome &
  (
    | { readonly identity: Identity; readonly denied?: undefined }
    | { readonly denied: AuthenticationError }
  );

export interface SecurityType {
  readonly number: number;
  readonly name: string;
  /** Server's half. Throws ProtocolError or SecurityError when there is nothing to answer but a close. */
  readonly server: (context: ServerSecurityContext) => Promise<ServerSecurityOutcome>;
  /** Client's half. Throws AuthenticationError, SecurityError, ProtocolError. */
  readonly client: (context: ClientSecurityContext) => Promise<SecurityOutcome>;
}
