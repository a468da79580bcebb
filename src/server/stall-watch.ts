/** Ends a viewer that takes nothing of what waits for it. Runs a timer only while something waits. */
import { LimitError, TimeoutError, type VncError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

export class StallWatch {
  readonly #stream: ByteStream;
  readonly #limits: Limits;
  readonly #onStall: (reason: VncError) => void;
  #written = 0;
  #timer: TimerHandle | undefined;

  constructor(stream: ByteStream, limits: Limits, onStall: (reason: VncError) => void) {
    this.#stream = stream;
    this.#limits = limits;
    this.#onStall = onStall;
  }

  /** After each write. `frameBytes`: one full picture, which may wait on top of the limit. */
  wrote(bytes: number, frameBytes: number): void {
    this.#written += bytes;
    const { maxBacklogBytes } = this.#limits;
    const backlog = this.#stream.backlogBytes;
    if (backlog > frameBytes + maxBacklogBytes)
      this.#onStall(new LimitError('maxBacklogBytes', frameBytes + maxBacklogBytes, backlog));
    else if (this.#timer === undefined) this.#arm();
  }

  #arm(): void {
    if (this.#stream.backlogBytes === 0) return;
    const taken = this.#taken;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#stream.backlogBytes > 0 && this.#taken === taken)
        this.#onStall(new TimeoutError('taking what was sent', this.#limits.writeStallMs));
      else this.#arm();
    }, this.#limits.writeStallMs);
  }

  get #taken(): number {
    return this.#written - this.#stream.backlogBytes;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
