/**
 * Life of anything that can be closed: `open -> closing -> closed`. Closing is two-phase and idempotent, so that it may
 * be asked for inside any callback of the very thing being closed: `close()` only marks and schedules; what was being
 * done returns first; then the owner's disposers run once, last added first; then `closed` settles.
 */
import { ClosedError, type VncError } from './errors.ts';

export type LifecycleState = 'open' | 'closing' | 'closed';

export class Lifecycle {
  #state: LifecycleState = 'open';
  #reason: VncError | undefined;
  #disposers: Array<() => void | Promise<void>> = [];
  #onClosing: Array<(reason: VncError) => void> = [];
  #settle: (reason: VncError) => void = () => undefined;
  /** Settles once, with the first reason that was given, after every disposer ran. Never rejects. */
  readonly closed: Promise<VncError>;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get state(): LifecycleState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The first reason given to close(); undefined while open. */
  get reason(): VncError | undefined {
    return this.#reason;
  }

  /** Throws the close reason unless open. Loops call it after every handler. */
  throwIfClosed(): void {
    if (this.#state !== 'open') throw this.#reason ?? new ClosedError();
  }

  /** Runs synchronously at the moment of close(): only mark and stop reading here. */
  onClosing(mark: (reason: VncError) => void): void {
    if (this.#state === 'open') this.#onClosing.push(mark);
    else mark(this.#reason ?? new ClosedError());
  }

  /**
   * Registers what must be undone when this closes; it runs once, after the callback that closed us returned. On
   * something already closed it runs in a microtask, so that a late registration cannot leak.
   */
  defer(dispose: () => void | Promise<void>): void {
    if (this.#state === 'closed') queueMicrotask(() => void dispose());
    else this.#disposers.push(dispose);
  }

  /** Marks as closing. Only the first call counts. Safe inside any callback; returns `closed`. */
  close(reason: VncError = new ClosedError()): Promise<VncError> {
    if (this.#state !== 'open') return this.closed;
    this.#state = 'closing';
    this.#reason = reason;
    const marks = this.#onClosing;
    this.#onClosing = [];
    for (const mark of marks) {
      try {
        mark(reason);
      } catch (error) {
        throwLater(error);
      }
    }
    queueMicrotask(() => void this.#dispose(reason));
    return this.closed;
  }

  async #dispose(reason: VncError): Promise<void> {
    for (;;) {
      const dispose = this.#disposers.pop();
      if (dispose === undefined) break;
      try {
        await dispose();
      } catch (error) {
        throwLater(error);
      }
    }
    this.#state = 'closed';
    this.#settle(reason);
  }
}

/** A mark or disposer that throws is our bug: be loud, but let the others run, and the close come to its end. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
