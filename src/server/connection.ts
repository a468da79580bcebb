/**
 * One connection's life: `connected`, handshake, session, `disconnected`. Everything it holds is given back through its
 * Lifecycle, so that it can be closed inside any callback; whatever is thrown in it ends it, and nothing else.
 */
import type { Codec, JpegEncoder } from '../codec/codec.ts';
import { withDeadline } from '../core/deadline.ts';
import {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  SecurityError,
  VncError,
} from '../core/errors.ts';
import { Lifecycle } from '../core/lifecycle.ts';
import type { Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import type { ServerEstablished } from '../handshake/established.ts';
import {
  sameRights,
  type Identity,
  type Judgement,
  type Peer,
  type Rights,
} from '../security/identity.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { Display, ViewerInfo } from './display.ts';
import type { EncodePool } from './encode-pool.ts';
import { judgedRights } from './judged-rights.ts';
import type { ResizeUnderWay } from './resize-requests.ts';
import { Session, type ClipboardDirection, type Traffic } from './session.ts';
import type { Shadow } from './shadow.ts';
import type { VideoEncoders } from './video-encoder.ts';
import { viewerInfo } from './viewer-info.ts';

/** What the server lends to each of its connections. */
export interface ConnectionContext {
  readonly display: Display;
  readonly shadow: Shadow;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly codecs: readonly Codec[];
  readonly jpeg?: JpegEncoder;
  readonly pool?: EncodePool;
  readonly video?: VideoEncoders;
  readonly resizesUnderWay: Set<ResizeUnderWay>;
  /** What somebody who logged in may do now; absent: what they logged in with. */
  readonly judge?: (identity: Identity, peer: Peer) => Judgement;
  readonly authenticationFailed: (connection: Connection, error: VncError) => void;
  /** The handshake is over, the session begins. */
  readonly initialized: (connection: Connection, viewer: ViewerInfo) => void;
  readonly clipboardPassed: (
    connection: Connection,
    direction: ClipboardDirection,
    text: string,
  ) => void;
}

/** Of a connection that never became a session. */
const noTraffic: Traffic = Object.freeze({ bytesIn: 0, bytesOut: 0, updates: 0 });

/** How long a peer that was turned away has to read why. */
const LINGER_MS = 1000;

export class Connection {
  readonly id: number;
  readonly peer: Peer;
  readonly lifecycle: Lifecycle = new Lifecycle();
  /** Set when the share policy let it in; `exclusive` when it asked for the desktop alone, and may. */
  admitted: { readonly exclusive: boolean } | undefined;
  /** Gives its place among the unauthenticated back; the server sets it. */
  leaveHandshake: () => void = () => undefined;
  readonly #context: ConnectionContext;
  readonly #stream: ByteStream;
  readonly #startedAt = performance.now();
  #session: Session | undefined;
  #viewer: ViewerInfo | undefined;
  /** Who it is, with the rights that the policy last gave; the viewer's may have been set by hand since. */
  #identity: Identity | undefined;

  constructor(id: number, peer: Peer, stream: ByteStream, context: ConnectionContext) {
    this.id = id;
    this.peer = peer;
    this.#stream = stream;
    this.#context = context;
    this.lifecycle.defer(() => gone(stream));
  }

  get traffic(): Traffic {
    return this.#session?.traffic ?? noTraffic;
  }

  /** Milliseconds since the connection came. */
  get ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Undefined until the handshake is over. */
  get viewer(): ViewerInfo | undefined {
    return this.#viewer;
  }

  get roundTripMs(): number | undefined {
    return this.#session?.roundTripMs;
  }

  /** Empty until the viewer named them. */
  get encodings(): readonly number[] {
    return this.#session?.encodings ?? [];
  }

  /** Resolves when the connection is closed and everything of it released. Never rejects. */
  async run(handshake: () => Promise<ServerEstablished>): Promise<VncError> {
    const { lifecycle } = this;
    try {
      lifecycle.throwIfClosed();
      const established = await this.#untilClosed(handshake());
      await this.#untilClosed(this.#runSession(established));
    } catch (error) {
      if (this.#viewer === undefined) await this.#turnedAway(error);
      this.fail(error);
    }
    return lifecycle.closed;
  }

  async #runSession(handshake: ServerEstablished): Promise<void> {
    const { lifecycle } = this;
    // TLS may have replaced the stream. Disposers run last added first: it goes before the one below it.
    lifecycle.defer(() => gone(handshake.reader.stream));
    lifecycle.throwIfClosed();
    // A person may take minutes between password and ClientInit, in which the policy may have changed.
    const rights = judgedRights(this.#context.judge, handshake.identity, this.peer);
    const identity = { ...handshake.identity, rights };
    const established = { ...handshake, identity };
    this.#identity = identity;
    const session = new Session(established, {
      ...this.#context,
      id: this.id,
      lifecycle,
      fail: (error) => this.fail(error),
      clipboardPassed: (direction, text) => this.#context.clipboardPassed(this, direction, text),
    });
    lifecycle.defer(() => {
      try {
        session.release();
      } catch (error) {
        this.#logBug(error);
      }
    });
    this.#session = session;
    this.#viewer = viewerInfo(this.id, this.peer, established);
    this.#context.initialized(this, this.#viewer);
    await session.run();
  }

  /**
   * The policy may have changed: closes, or changes rights. What was set by hand stays until the policy says something
   * else than before. Returns whether the viewer's rights are other ones now.
   */
  review(): boolean {
    const identity = this.#identity;
    if (identity === undefined || !this.lifecycle.isOpen) return false;
    try {
      const rights = judgedRights(this.#context.judge, identity, this.peer);
      if (sameRights(rights, identity.rights)) return false;
      this.#identity = { ...identity, rights };
      return this.setRights(rights);
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  setRights(rights: Rights): boolean {
    if (this.#viewer === undefined || !this.lifecycle.isOpen) return false;
    this.#viewer = { ...this.#viewer, rights };
    try {
      this.#session?.setRights(rights);
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  /** Closes with what was thrown: a peer's fault as it is, anything else as our own. */
  fail(error: unknown): void {
    if (error instanceof VncError) {
      void this.lifecycle.close(error);
      return;
    }
    this.#logBug(error);
    void this.lifecycle.close(new ClosedError('internal error', { cause: error }));
  }

  #logBug(error: unknown): void {
    const stack = error instanceof Error ? error.stack : String(error);
    this.#context.logger.error('connection failed', { id: this.id, stack });
  }

  /** Of work that nothing can cancel: rejects when the connection closes, and lets the work end unheard. */
  async #untilClosed<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    const closed = this.lifecycle.closed.then((reason): never => {
      throw reason;
    });
    return Promise.race([work, closed]);
  }

  /** A failed handshake has answered and ended the stream: our destroying it must not cut the answer off. */
  async #turnedAway(error: unknown): Promise<void> {
    if (!this.lifecycle.isOpen) return;
    if (isFailedLogin(error)) this.#context.authenticationFailed(this, error);
    const left = withDeadline(this.#stream.closed, LINGER_MS, 'the peer leaving', () => undefined);
    await Promise.race([left.catch(() => undefined), this.lifecycle.closed]);
  }
}

const isFailedLogin = (error: unknown): error is VncError =>
  error instanceof AuthenticationError ||
  (error instanceof SecurityError && error.code === ErrorCode.certificate);

async function gone(stream: ByteStream): Promise<void> {
  stream.destroy();
  await stream.closed;
}
