/**
 * Keeps a session up: connects again, ever more patiently, when the connection is lost. It stops when it was refused, since
 * who is refused once is refused again, and each try counts as an attack there. No input is ever replayed: what is typed
 * into a session that is lost is lost with it, as nobody knows how much of it arrived.
 */
import { pause } from '../core/deadline.ts';
import { Emitter } from '../core/emitter.ts';
import {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  ProtocolError,
  TimeoutError,
  VncError,
} from '../core/errors.ts';
import { Lifecycle } from '../core/lifecycle.ts';
import type { VncClient } from './client.ts';

/** How patiently, how long, and after what. */
export interface ReconnectOptions {
  /** Wait before the first retry, milliseconds; each next one is twice as long. Default 1000. */
  readonly initialMs?: number;
  /** The longest wait. Default 30000. */
  readonly maxMs?: number;
  /** How long a session must have lasted for the waits to start over. Default 10000. */
  readonly stableMs?: number;
  /** Retries in a row, after which it stops; a session that lasted starts the count over. Default: without end. */
  readonly maxAttempts?: number;
  /** Whether to go on after this. Default: isTransient. */
  readonly retry?: (reason: VncError) => boolean;
  /** Stops it, and closes the session. */
  readonly signal?: AbortSignal;
}

/** What becomes of it, by the names of its events. */
export type ReconnectEvents = {
  /** A new session: nothing of the one before is left, so subscribe to it, and expect its whole picture. */
  connected: VncClient;
  /** A session ended. */
  lost: VncError;
  /** It will be tried again. */
  waiting: { readonly attempt: number; readonly delayMs: number; readonly reason: VncError };
  /** Exactly once: nothing will come any more. */
  closed: Error;
};

/** A session that comes back. */
export interface Reconnecting {
  readonly events: Emitter<ReconnectEvents>;
  /** Undefined between two sessions, and at the end. */
  readonly client: VncClient | undefined;
  /** The session that is up, or the next one. Rejects with the reason when there will be none. */
  readonly session: () => Promise<VncClient>;
  /** Idempotent. */
  readonly close: () => Promise<Error>;
  readonly closed: Promise<Error>;
}

/**
 * `connect` is called for every try, with a signal that gives it up: `reconnecting((signal) => connect(target, { …, signal
 * }))`. What it throws besides VncErrors is the caller's mistake, and ends it.
 */
export function reconnecting(
  connect: (signal: AbortSignal) => Promise<VncClient>,
  options: ReconnectOptions = {},
): Reconnecting {
  const { initialMs = 1000, maxMs = 30_000, stableMs = 10_000, signal } = options;
  const { maxAttempts = Number.POSITIVE_INFINITY, retry = isTransient } = options;
  const events = new Emitter<ReconnectEvents>();
  const lifecycle = new Lifecycle();
  const abort = new AbortController();
  let client: VncClient | undefined;
  /** Of the caller's making; the lifecycle knows VncErrors only. */
  let mistake: Error | undefined;

  const stop = (): void =>
    void lifecycle.close(new ClosedError('reconnecting was stopped', { cause: signal?.reason }));
  signal?.addEventListener('abort', stop, { once: true });

  const run = async (): Promise<void> => {
    let attempt = 0;
    while (lifecycle.isOpen) {
      const startedAt = performance.now();
      const reason = await once();
      if (!lifecycle.isOpen) return;
      attempt = reason.hadSession && performance.now() - startedAt >= stableMs ? 1 : attempt + 1;
      if (!retry(reason.error) || attempt > maxAttempts) {
        void lifecycle.close(reason.error);
        return;
      }
      // Between half of it and all, so that many who were cut off together do not come back together.
      const delayMs = Math.min(maxMs, initialMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      events.emit('waiting', { attempt, delayMs, reason: reason.error });
      await pause(delayMs, abort.signal);
    }
  };

  /** One try, and the session that comes of it. */
  const once = async (): Promise<{ readonly error: VncError; readonly hadSession: boolean }> => {
    let session: VncClient;
    try {
      session = await connect(abort.signal);
    } catch (error) {
      if (error instanceof VncError) return { error, hadSession: false };
      throw error;
    }
    if (!lifecycle.isOpen) {
      await session.close();
      return { error: new ClosedError(), hadSession: true };
    }
    client = session;
    events.emit('connected', session);
    const error = await session.closed;
    client = undefined;
    if (lifecycle.isOpen) events.emit('lost', error);
    return { error, hadSession: true };
  };

  const closed = lifecycle.closed.then((reason) => {
    signal?.removeEventListener('abort', stop);
    const error = mistake ?? reason;
    events.emit('closed', error);
    events.clear();
    return error;
  });

  // In a turn of its own, so that the caller can subscribe.
  const running = Promise.resolve()
    .then(run)
    .catch((error: unknown) => {
      mistake = error instanceof Error ? error : new Error(String(error));
      void lifecycle.close(new ClosedError('connecting failed', { cause: error }));
    });
  lifecycle.onClosing(() => abort.abort());
  lifecycle.defer(async () => {
    await client?.close();
    await running;
  });
  if (signal?.aborted === true) stop();

  return {
    events,
    closed,
    get client() {
      return client;
    },
    session: () =>
      client === undefined
        ? Promise.race([
            events.once('connected'),
            closed.then((reason) => {
              throw reason;
            }),
          ])
        : Promise.resolve(client),
    close: () => {
      void lifecycle.close(new ClosedError('closed by this side'));
      return closed;
    },
  };
}

/** Whether the same may go well later: lost and silent connections, but nothing that was refused. */
export function isTransient(reason: VncError): boolean {
  if (reason instanceof AuthenticationError) return false;
  switch (reason.code) {
    case ErrorCode.closed:
    case ErrorCode.timeout:
      return true;
    case ErrorCode.tls:
      return isInterruption(reason.cause);
    case ErrorCode.version:
      // A proxy whose server is being started.
      return reason instanceof ProtocolError && Number(reason.got) >= 500;
    default:
      return false;
  }
}

/** TLS failed because the connection did. */
function isInterruption(cause: unknown): boolean {
  if (cause instanceof ClosedError || cause instanceof TimeoutError) return true;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
