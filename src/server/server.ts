/** A display, served: sessions, share policy, events. Knows streams, not sockets: node/ hands them in. */
import type { Codec, JpegEncoder } from '../codec/codec.ts';
import { codecs } from '../codec/registry.ts';
import { Emitter } from '../core/emitter.ts';
import {
  ClosedError,
  ErrorCode,
  LimitError,
  SecurityError,
  type VncError,
} from '../core/errors.ts';
import { resolveLimits, type Limits } from '../core/limits.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type { SecuritySummary } from '../handshake/established.ts';
import { serverHandshake } from '../handshake/server.ts';
import type { ServerInit } from '../rfb/messages/init.ts';
import { nativeFormat } from '../rfb/pixel-format.ts';
import type { Identity, Judgement, Peer, Rights } from '../security/identity.ts';
import { isOffered, type SecurityOffer } from '../security/policy.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { TlsAcceptor } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { Admission } from './admission.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { limitedName } from './desktop-name.ts';
import type { Display, ViewerInfo } from './display.ts';
import type { EncodePool } from './encode-pool.ts';
import { judgedRights } from './judged-rights.ts';
import type { ClipboardDirection, Traffic } from './session.ts';
import { Shadow } from './shadow.ts';
import { judgeShare } from './share-policy.ts';
import type { VideoEncoders } from './video-encoder.ts';

/** QEMU's words: one exclusive viewer throws the others out; only shared ones may come; the flag is ignored. */
export type SharePolicy = 'allow-exclusive' | 'force-shared' | 'ignore';

/** What a server tells. `id` is a connection's, from 1 on. */
export type ServerEvents = {
  connected: { readonly id: number; readonly peer: Peer };
  /** The real reason, for logs; the peer was told a neutral one. */
  authenticationfailed: {
    readonly id: number;
    readonly peer: Peer;
    readonly reason: string;
    readonly error: VncError;
  };
  initialized: ViewerInfo;
  /** A session's rights are others now. */
  rightschanged: By & { readonly viewer: ViewerInfo; readonly old: Rights };
  /** The display has another size, or other screens. */
  resized: By & { readonly width: number; readonly height: number };
  /** Text passed from a viewer to the display (`in`), or the other way. Never the text itself. */
  clipboard: {
    readonly viewer: ViewerInfo;
    readonly direction: ClipboardDirection;
    /** As UTF-8. */
    readonly bytes: number;
  };
  /** Sent away; `disconnected` follows. */
  kicked: By & { readonly id: number; readonly peer: Peer; readonly reason: string };
  /** Exactly once for each `connected`, after everything of it was released. */
  disconnected: Traffic & {
    readonly id: number;
    readonly peer: Peer;
    readonly reason: VncError;
    /** Since `connected`. */
    readonly durationMs: number;
    /** Undefined when it never got so far. */
    readonly viewer?: ViewerInfo;
  };
};

/** Whose doing something was. */
export interface By {
  /** `server`, `viewer`, or what the caller of kick() or setRights() called itself. */
  readonly by: string;
  /** Id of that viewer. */
  readonly byId?: number;
}

export interface ServerOptions {
  readonly display: Display;
  /** Read for each connection. */
  readonly offer: SecurityOffer;
  readonly authenticator: Authenticator;
  readonly tls?: TlsAcceptor;
  /** What somebody who logged in before may do now. Absent: what the login gave. Asked by review(). */
  readonly judge?: (identity: Identity, peer: Peer) => Judgement;
  readonly share?: SharePolicy;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
  /** For viewers that allow loss. Absent: every viewer gets exact pixels. */
  readonly jpeg?: JpegEncoder;
  /** Other threads for what is much to encode; its maker ends them, after the server. Absent: all is encoded on this one. */
  readonly pool?: EncodePool;
  /** H.264 for parts that move like a film, for viewers that know it and allow loss. Absent: none. */
  readonly video?: VideoEncoders;
}

/** A display with its viewers. */
export interface VncServer {
  readonly events: Emitter<ServerEvents>;
  /** Takes a connection over. Never throws and never rejects: faults end in `disconnected`. Returns its id. */
  readonly accept: (stream: ByteStream, peer: Peer) => number;
  readonly viewers: readonly ViewerInfo[];
  /** What a viewer last named with SetEncodings; empty for an unknown id. */
  readonly encodings: (id: number) => readonly number[];
  /** From an update to the viewer's next request, smoothed; undefined before the first, and for an unknown id. */
  readonly roundTripMs: (id: number) => number | undefined;
  /** Closes one session, or one handshake. False when there is none with this id. `by` is told in events. */
  readonly kick: (id: number, reason?: string, by?: string) => boolean;
  /** False when there is no session with this id. `by` is told in events. */
  readonly setRights: (id: number, rights: Rights, by?: string) => boolean;
  /** The access policy changed: asks `judge` about every session, lowers and raises rights, closes who may not stay. */
  readonly review: () => void;
  /** Closes every session; the display stays its owner's. */
  readonly close: () => Promise<void>;
}

/** What the server is built from; tests put others in their place. */
export interface ServerParts {
  readonly handshake: typeof serverHandshake;
  readonly codecs: readonly Codec[];
}

/** A server without sockets: hand it streams with accept(). `serve` is what most programs want. */
export function createServer(
  options: ServerOptions,
  parts: ServerParts = { handshake: serverHandshake, codecs },
): VncServer {
  return new Server(options, parts);
}

class Server implements VncServer {
  readonly events: Emitter<ServerEvents> = new Emitter();
  readonly #options: ServerOptions;
  readonly #parts: ServerParts;
  readonly #limits: Limits;
  readonly #logger: Logger;
  readonly #admission: Admission;
  readonly #context: ConnectionContext;
  readonly #connections = new Map<number, Connection>();
  /** The run of each connection, for close() to wait for. */
  readonly #runs = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  #nextId = 1;
  /** Why nobody can come in any more. */
  #closed: VncError | undefined;

  constructor(options: ServerOptions, parts: ServerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#limits = resolveLimits(options.limits);
    this.#logger = options.logger ?? silentLogger;
    this.#admission = new Admission(this.#limits);
    const subscriptions = [
      options.display.events.on('closed', (reason) => void this.#end(reason)),
      options.display.events.on('resize', () => this.#resized()),
    ];
    this.#unsubscribe = () => {
      for (const unsubscribe of subscriptions) unsubscribe();
    };
    this.#context = {
      display: options.display,
      shadow: new Shadow(options.display),
      limits: this.#limits,
      logger: this.#logger,
      codecs: parts.codecs,
      ...(options.jpeg === undefined ? {} : { jpeg: options.jpeg }),
      ...(options.pool === undefined ? {} : { pool: options.pool }),
      ...(options.video === undefined ? {} : { video: options.video }),
      resizesUnderWay: new Set(),
      ...(options.judge === undefined ? {} : { judge: options.judge }),
      authenticationFailed: ({ id, peer }, error) =>
        this.events.emit('authenticationfailed', { id, peer, reason: error.message, error }),
      initialized: (connection, viewer) => this.#initialized(connection, viewer),
      clipboardPassed: ({ viewer }, direction, text) => {
        if (viewer === undefined) return;
        const bytes = new TextEncoder().encode(text).length;
        this.events.emit('clipboard', { viewer, direction, bytes });
      },
    };
  }

  get viewers(): readonly ViewerInfo[] {
    const list: ViewerInfo[] = [];
    for (const { viewer } of this.#connections.values())
      if (viewer !== undefined) list.push(viewer);
    return list;
  }

  readonly accept = (stream: ByteStream, peer: Peer): number => {
    const id = this.#nextId++;
    const connection = new Connection(id, peer, stream, this.#context);
    this.#connections.set(id, connection);
    // In a microtask, so that the caller knows the id before it hears of it.
    const run = Promise.resolve().then(() => this.#serve(connection, stream));
    this.#runs.add(run);
    void run.then(() => this.#runs.delete(run));
    return id;
  };

  /** The whole of a connection, from its first event to its last. */
  async #serve(connection: Connection, stream: ByteStream): Promise<void> {
    const { id, peer, lifecycle } = connection;
    const refusal = this.#enter(connection);
    this.events.emit('connected', { id, peer });
    if (refusal !== undefined) void lifecycle.close(refusal);
    const { offer, authenticator, tls } = this.#options;
    const reason = await connection.run(() =>
      this.#parts.handshake({
        stream,
        peer,
        offer,
        authenticator,
        ...(tls === undefined ? {} : { tls }),
        limits: this.#limits,
        admit: (request) => this.#admit(connection, request),
      }),
    );
    this.#connections.delete(id);
    const { viewer } = connection;
    this.#logger.info('disconnected', {
      id,
      address: peer.address,
      code: reason.code,
      reason: reason.message,
    });
    if (viewer !== undefined) this.#tellViewers();
    this.events.emit('disconnected', {
      id,
      peer,
      reason,
      ...connection.traffic,
      durationMs: Math.round(connection.ageMs),
      ...(viewer === undefined ? {} : { viewer }),
    });
  }

  /** Takes a place among the unauthenticated; returns why there is none. */
  #enter(connection: Connection): VncError | undefined {
    if (this.#closed !== undefined) return this.#closed;
    try {
      const leave = this.#admission.enter(connection.peer.host);
      connection.leaveHandshake = leave;
      connection.lifecycle.defer(leave);
      return undefined;
    } catch (error) {
      if (error instanceof LimitError) return error;
      throw error;
    }
  }

  /** The share policy's word, after ClientInit. Async, so that what is thrown rejects. */
  async #admit(
    connection: Connection,
    request: {
      readonly shared: boolean;
      readonly identity: Identity;
      readonly security: SecuritySummary;
    },
  ): Promise<ServerInit> {
    connection.lifecycle.throwIfClosed();
    // A viewer may take minutes over its choice, in which a type may have been withdrawn.
    if (!isOffered(this.#options.offer, request.security, connection.peer)) {
      throw new SecurityError(`${request.security.name} is not offered any more`, {
        code: ErrorCode.typeNotOffered,
        securityType: request.security.type,
        phase: 'init',
      });
    }
    const others = Array.from(this.#connections.values()).filter(
      (other) => other !== connection && other.admitted !== undefined && other.lifecycle.isOpen,
    );
    const rights = judgedRights(this.#options.judge, request.identity, connection.peer);
    const mayExclude = rights.exclusive;
    const verdict = judgeShare(
      this.#options.share ?? 'ignore',
      { shared: request.shared, mayExclude },
      others.some((other) => other.admitted?.exclusive === true),
    );
    if (verdict === 'refuse') {
      throw new SecurityError('the share policy does not let it in', {
        code: ErrorCode.refused,
        phase: 'init',
      });
    }
    if (verdict === 'admit-alone') {
      const reason = new ClosedError('another viewer asked for the desktop alone', {
        phase: 'session',
      });
      for (const other of others) this.#kick(other, reason, { by: 'viewer', byId: connection.id });
    } else if (!(others.length < this.#limits.maxSessions)) {
      throw new LimitError('maxSessions', this.#limits.maxSessions, others.length + 1);
    }
    connection.admitted = { exclusive: verdict === 'admit-alone' };
    const { framebuffer, name } = this.#options.display;
    return {
      width: framebuffer.width,
      height: framebuffer.height,
      format: nativeFormat,
      name: limitedName(name, this.#limits.maxNameBytes),
    };
  }

  #initialized(connection: Connection, viewer: ViewerInfo): void {
    connection.leaveHandshake();
    this.#logger.info('initialized', {
      id: viewer.id,
      address: viewer.address,
      viewer: viewer.name,
      version: viewer.version,
      security: viewer.security,
      tls: viewer.tls,
    });
    this.#tellViewers();
    this.events.emit('initialized', viewer);
  }

  #tellViewers(): void {
    try {
      this.#options.display.viewers?.(this.viewers);
    } catch (error) {
      this.#logger.error('display failed', {
        stack: error instanceof Error ? error.stack : String(error),
      });
    }
  }

  #resized(): void {
    const { width, height } = this.#options.display.framebuffer;
    const [request] = this.#context.resizesUnderWay;
    const by = request === undefined ? { by: 'server' } : { by: 'viewer', byId: request.viewerId };
    this.events.emit('resized', { width, height, ...by });
  }

  #kick({ id, peer, lifecycle }: Connection, reason: VncError, by: By): void {
    void lifecycle.close(reason);
    this.events.emit('kicked', { id, peer, reason: reason.message, ...by });
  }

  readonly roundTripMs = (id: number): number | undefined => this.#connections.get(id)?.roundTripMs;

  readonly encodings = (id: number): readonly number[] =>
    this.#connections.get(id)?.encodings ?? [];

  readonly kick = (id: number, reason = 'disconnected by the server', by = 'server'): boolean => {
    const connection = this.#connections.get(id);
    if (connection === undefined || !connection.lifecycle.isOpen) return false;
    this.#kick(connection, new ClosedError(reason), { by });
    return true;
  };

  readonly setRights = (id: number, rights: Rights, by = 'server'): boolean => {
    const connection = this.#connections.get(id);
    const old = connection?.viewer?.rights;
    if (connection?.setRights(rights) !== true) return false;
    this.#tellViewers();
    const { viewer } = connection;
    if (viewer !== undefined && old !== undefined)
      this.events.emit('rightschanged', { viewer, old, by });
    return true;
  };

  readonly review = (): void => {
    let changed = false;
    for (const connection of Array.from(this.#connections.values())) {
      const old = connection.viewer?.rights;
      const isChanged = connection.review();
      const { viewer } = connection;
      if (!isChanged || viewer === undefined || old === undefined) continue;
      changed = true;
      this.events.emit('rightschanged', { viewer, old, by: 'policy' });
    }
    if (changed) this.#tellViewers();
  };

  readonly close = (): Promise<void> => this.#end(new ClosedError('the server closed'));

  async #end(reason: VncError): Promise<void> {
    this.#closed ??= reason;
    this.#unsubscribe();
    for (const { lifecycle } of this.#connections.values()) void lifecycle.close(reason);
    await Promise.all(this.#runs);
  }
}
