/** Who waits for a ByteStream's backlog to shrink: the part of `drained()` that every stream has alike. */
export class Drainers {
  #waiting: Array<{ readonly maxBytes: number; readonly resolve: () => void }> = [];

  /** Resolves at once, or when `wake` is told of a backlog of at most `maxBytes`. */
  wait(backlogBytes: number, maxBytes: number): Promise<void> {
    if (backlogBytes <= maxBytes) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ maxBytes, resolve }));
  }

  /** The backlog is another one now; 0 when the stream is gone. */
  wake(backlogBytes: number): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const drainer of waiting) {
      if (backlogBytes <= drainer.maxBytes) drainer.resolve();
      else this.#waiting.push(drainer);
    }
  }
}
