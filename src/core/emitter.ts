/** A typed event emitter for portable rooms. Every subscription returns the function that ends it. */

/** Maps an event's name to the one value its listeners get. */
export type EventMap = Record<string, unknown>;

/** Ends a subscription. Idempotent. */
export type Unsubscribe = () => void;

/**
 * Listeners run in order of subscription, on the caller's stack. One that unsubscribes, subscribes or closes the
 * emitter's owner during an event is safe: the round goes over a snapshot, and a listener removed meanwhile is skipped.
 * A listener that throws does not stop the others; its error is rethrown in a microtask, as an uncaught one.
 */
export class Emitter<Events extends EventMap> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** Calls `listener` with each such event, until the function that is returned was called. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): Unsubscribe {
    let set = this.#listeners.get(name);
    if (set === undefined) {
      set = new Set();
      this.#listeners.set(name, set);
    }
    // Each subscription is its own function, so that one listener can be subscribed twice.
    const own = (value: never): void => listener(value);
    set.add(own);
    return () => {
      set.delete(own);
    };
  }

  /** Resolves with the value of the next such event. */
  once<Name extends keyof Events>(name: Name): Promise<Events[Name]> {
    return new Promise((resolve) => {
      const off = this.on(name, (value) => {
        off();
        resolve(value);
      });
    });
  }

  /** Tells every listener now. */
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    const set = this.#listeners.get(name);
    if (set === undefined) return;
    for (const listener of Array.from(set)) {
      if (!set.has(listener)) continue;
      try {
        listener(value as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Subscriptions to one event, or to all. */
  listenerCount(name?: keyof Events): number {
    if (name !== undefined) return this.#listeners.get(name)?.size ?? 0;
    let count = 0;
    for (const set of this.#listeners.values()) count += set.size;
    return count;
  }

  /** Ends every subscription. */
  clear(): void {
    for (const set of this.#listeners.values()) set.clear();
  }
}
