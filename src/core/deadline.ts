/** Deadlines and pauses: one timer, always cleared. Used by the handshakes and by anything that waits for a peer. */
import { TimeoutError, type Phase } from './errors.ts';

/**
 * Settles as `work` does, or rejects with TimeoutError after `afterMs`, having called `onTimeout` first. `onTimeout`
 * must end the work (destroy its stream), because a promise alone cannot be cancelled.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  afterMs: number,
  what: string,
  onTimeout: (error: TimeoutError) => void,
  phase?: Phase | (() => Phase),
): Promise<T> {
  let timer: TimerHandle | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const at = typeof phase === 'function' ? phase() : phase;
      const error = new TimeoutError(what, afterMs, at === undefined ? {} : { phase: at });
      reject(error);
      onTimeout(error);
    }, afterMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
    // The work may reject later because onTimeout ended it; nobody waits for it any more.
    work.catch(() => undefined);
  }
}

/** A deadline for several stages: each gets `stageMs`, all together `totalMs`. */
export class StagedDeadline {
  readonly #stageMs: number;
  readonly #endsAt: number;
  readonly #onTimeout: (error: TimeoutError) => void;

  constructor(stageMs: number, totalMs: number, onTimeout: (error: TimeoutError) => void) {
    this.#stageMs = stageMs;
    this.#endsAt = performance.now() + totalMs;
    this.#onTimeout = onTimeout;
  }

  /** Runs one stage against the smaller of its own time and what is left of the whole. */
  run<T>(phase: Phase, work: Promise<T>): Promise<T> {
    return this.#within(Math.min(this.#stageMs, this.#leftMs()), phase, work);
  }

  /** Runs a stage in which a person may be asked something: it has all that is left. `phase` tells how far it came. */
  runToEnd<T>(phase: () => Phase, work: Promise<T>): Promise<T> {
    return this.#within(this.#leftMs(), phase, work);
  }

  #leftMs(): number {
    return Math.max(0, Math.ceil(this.#endsAt - performance.now()));
  }

  #within<T>(afterMs: number, phase: Phase | (() => Phase), work: Promise<T>): Promise<T> {
    const what = typeof phase === 'function' ? 'the handshake' : `the ${phase} stage`;
    return withDeadline(work, afterMs, what, this.#onTimeout, phase);
  }
}

/** Resolves after so long, or at once when the signal says so. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
