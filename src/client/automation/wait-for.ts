/**
 * One wait for something on a client: it ends when that happens, in time, when aborted, or with the session. Used by all
 * of automation.
 */
import { TimeoutError, type VncError } from '../../core/errors.ts';
import type { VncClient } from '../client.ts';

/** How long something is waited for. */
export interface WaitLimits {
  /** Milliseconds, after which the promise rejects with TimeoutError (ERR_VNC_TIMEOUT). Default 30000. */
  readonly timeoutMs?: number;
  /** Gives up; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
const CURE = 'see what the display shows, or allow more time';

/**
 * `start` is called at once with the function that ends the wait, and returns the one that stops watching. Rejects with
 * TimeoutError after `timeoutMs`, with the signal's reason, or with the reason why the session closed.
 */
export function waitFor<T>(
  client: VncClient,
  what: string,
  limits: WaitLimits,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = limits;
  return new Promise((resolve, reject) => {
    let timer: TimerHandle | undefined;
    let stop: (() => void) | undefined;
    let isOver = false;
    const end = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      stop?.();
      settle();
    };
    const onAbort = (): void => end(() => reject(signal?.reason));
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    timer = setTimeout(
      () => end(() => reject(new TimeoutError(what, timeoutMs, { phase: 'session', cure: CURE }))),
      timeoutMs,
    );
    const forget = onClosed(client, (reason) => end(() => reject(reason)));
    const unwatch = start(
      (value) => end(() => resolve(value)),
      (error) => end(() => reject(error)),
    );
    stop = () => {
      forget();
      unwatch();
    };
    // It may have been so already, before there was anything to stop.
    if (isOver) stop();
  });
}

type Listener = (reason: VncError) => void;
const watched = new WeakMap<VncClient, Set<Listener>>();

/** `client.closed` remembers everybody who ever waited for it. One of us does, for all waits of a long session. */
function onClosed(client: VncClient, listener: Listener): () => void {
  let listeners = watched.get(client);
  if (listeners === undefined) {
    const all = new Set<Listener>();
    listeners = all;
    watched.set(client, all);
    void client.closed.then((reason) => {
      watched.delete(client);
      for (const each of Array.from(all)) each(reason);
    });
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}
