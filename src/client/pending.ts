/** Promises that wait for the server: first in, first out, and rejected together when the session ends. */
import { TimeoutError, type VncError } from '../core/errors.ts';

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: VncError) => void;
}

export class Pending<T> {
  #waiters: Array<Waiter<T>> = [];

  /** Waits for a settle, without end unless `timeout` bounds it (TimeoutError). */
  wait(timeout?: { readonly what: string; readonly afterMs: number }): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: TimerHandle | undefined;
      const waiter: Waiter<T> = {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      if (timeout !== undefined) {
        timer = setTimeout(() => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          reject(new TimeoutError(timeout.what, timeout.afterMs, { phase: 'session' }));
        }, timeout.afterMs);
      }
      this.#waiters.push(waiter);
    });
  }

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** Resolves the one that has waited longest, if any. */
  settleFirst(value: T): void {
    this.#waiters.shift()?.resolve(value);
  }

  settleAll(value: T): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(value);
  }

  rejectAll(error: VncError): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
