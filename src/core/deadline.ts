/** Deadlines: one timer, always cleared. Used by the handshakes and by anything that waits for a peer. */
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
  phase?: Phase,
): Promise<T> {
  let timer: TimerHandle | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new TimeoutError(what, afterMs, phase === undefined ? {} : { phase });
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
    const leftMs = Math.max(0, Math.ceil(this.#endsAt - performance.now()));
    return withDeadline(
      work,
      Math.min(this.#stageMs, leftMs),
      `the ${phase} stage`,
      this.#onTimeout,
      phase,
    );
  }
}
