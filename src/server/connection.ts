/**
 * One connection's life: `connected`, handshake, session, `disconnected`. Everything it holds is given back through its
 * Lifecycle, so that it can be closed inside any callback; whatever is thrown in it ends it, and nothing else.
 */
import type { Codec } from '../codec/codec.ts';
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
import type { Peer, Rights } from '../security/identity.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { Display, ViewerInfo } from './display.ts';
import { Session } from './session.ts';
import { viewerInfo } from './viewer-info.ts';

/** What the server lends to each of its connections. */
export interface ConnectionContext {
  readonly display: Display;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly codecs: readonly Codec[];
  readonly resizesUnderWay: Set<object>;
  readonly authenticationFailed: (connection: Connection, reason: string) => void;
  /** The handshake is over, the session begins. */
  readonly initialized: (connection: Connection, viewer: ViewerInfo) => void;
}

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
  #session: Session | undefined;
  #viewer: ViewerInfo | undefined;

  constructor(id: number, peer: Peer, stream: ByteStream, context: ConnectionContext) {
    this.id = id;
    this.peer = peer;
    this.#stream = stream;
    this.#context = context;
    this.lifecycle.defer(() => gone(stream));
  }

  /** Undefined until the handshake is over. */
  get viewer(): ViewerInfo | undefined {
    return this.#viewer;
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

  async #runSession(established: ServerEstablished): Promise<void> {
    const { lifecycle } = this;
    // TLS may have replaced the stream. Disposers run last added first: it goes before the one below it.
    lifecycle.defer(() => gone(established.reader.stream));
    lifecycle.throwIfClosed();
    const session = new Session(established, {
      ...this.#context,
      lifecycle,
      fail: (error) => this.fail(error),
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
    if (isFailedLogin(error)) this.#context.authenticationFailed(this, error.message);
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
