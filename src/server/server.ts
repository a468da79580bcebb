/** A display, served: sessions, share policy, events. Knows streams, not sockets: node/ hands them in. */
import type { Emitter } from '../core/emitter.ts';
import type { VncError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import type { Peer, Rights } from '../security/identity.ts';
import type { SecurityOffer } from '../security/policy.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { TlsAcceptor } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { Display, ViewerInfo } from './display.ts';

/** QEMU's words: one exclusive viewer throws the others out; only shared ones may come; the flag is ignored. */
export type SharePolicy = 'allow-exclusive' | 'force-shared' | 'ignore';

export type ServerEvents = {
  connected: { readonly id: number; readonly peer: Peer };
  /** The real reason, for logs; the peer was told a neutral one. */
  authenticationfailed: { readonly id: number; readonly peer: Peer; readonly reason: string };
  initialized: ViewerInfo;
  /** Exactly once for each `connected`, after everything of it was released. */
  disconnected: {
    readonly id: number;
    readonly peer: Peer;
    readonly reason: VncError;
    /** Undefined when it never got so far. */
    readonly viewer?: ViewerInfo;
  };
};

export interface ServerOptions {
  readonly display: Display;
  readonly offer: SecurityOffer;
  readonly authenticator: Authenticator;
  readonly tls?: TlsAcceptor;
  readonly share?: SharePolicy;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
}

export interface VncServer {
  readonly events: Emitter<ServerEvents>;
  /** Takes a connection over. Never throws and never rejects: faults end in `disconnected`. Returns its id. */
  readonly accept: (stream: ByteStream, peer: Peer) => number;
  readonly viewers: readonly ViewerInfo[];
  /** Closes one session, or one handshake. False when there is none with this id. */
  readonly kick: (id: number, reason?: string) => boolean;
  readonly setRights: (id: number, rights: Rights) => boolean;
  /** Closes every session; the display stays its owner's. */
  readonly close: () => Promise<void>;
}

export function createServer(_options: ServerOptions): VncServer {
  throw new Error('being built');
}
