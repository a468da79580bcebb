/**
 * Spreads anonymous TLS handshakes over time. Each costs 2.4 ms (ffdhe2048) or 8 ms (ffdhe3072) of the event loop, and
 * anybody may ask for one. Used by the TLS acceptor.
 *
 * A pace, not a cap on how many run at once: a peer that stalls would hold a place of such a cap until its deadline, and
 * a few of them would shut everybody out. Here a turn is never held, only taken; since the server bounds connections
 * that have not logged in, it also bounds the wait.
 */

export interface PaceOptions {
  /** Time between two turns once the burst is used up, milliseconds. */
  readonly everyMs: number;
  /** Turns that may be taken at once after a quiet time. */
  readonly burst: number;
}

export interface Pace {
  /** Resolves when it is the caller's turn, or at once when it is `gone`. In order of the calls. */
  readonly turn: (gone: Promise<unknown>) => Promise<void>;
  /** Callers that wait. */
  readonly waiting: number;
}

export function createPace(options: PaceOptions): Pace {
  const queue: Array<() => void> = [];
  let timer: NodeJS.Timeout | undefined;
  /** When the next turn is due, had all been taken as early as allowed. */
  let due = 0;

  const delayMs = (): number =>
    Math.ceil(due - options.everyMs * (options.burst - 1) - performance.now());
  const takeTurn = (): void => {
    due = Math.max(due, performance.now()) + options.everyMs;
  };
  const serve = (): void => {
    timer = undefined;
    const next = queue.shift();
    if (next === undefined) return;
    takeTurn();
    next();
    schedule();
  };
  const schedule = (): void => {
    if (timer === undefined && queue.length > 0) timer = setTimeout(serve, Math.max(0, delayMs()));
  };

  return {
    turn: (gone) => {
      if (queue.length === 0 && delayMs() <= 0) {
        takeTurn();
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        queue.push(resolve);
        schedule();
        // Who left takes no turn from those behind.
        void gone.then(() => {
          const at = queue.indexOf(resolve);
          if (at >= 0) queue.splice(at, 1);
          if (queue.length === 0) {
            clearTimeout(timer);
            timer = undefined;
          }
          resolve();
        });
      });
    },
    get waiting() {
      return queue.length;
    },
  };
}
