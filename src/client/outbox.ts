/**
 * The way out: messages to the server, bounded. A server that stops reading (a paused guest) first costs pointer motion,
 * then the connection, never memory.
 */
import { LimitError } from '../core/errors.ts';
import type { Lifecycle } from '../core/lifecycle.ts';
import type { Limits } from '../core/limits.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

/** Backlog from which motion is dropped: thousands of events that nobody has read. */
const CONGESTED_BYTES = 64 * 1024;

export class Outbox {
  readonly #stream: ByteStream;
  readonly #limits: Limits;
  readonly #lifecycle: Lifecycle;
  readonly #writer = new ByteWriter();

  constructor(stream: ByteStream, limits: Limits, lifecycle: Lifecycle) {
    this.#stream = stream;
    this.#limits = limits;
    this.#lifecycle = lifecycle;
  }

  /** What can be left out should be. */
  get congested(): boolean {
    return this.#stream.backlogBytes > CONGESTED_BYTES;
  }

  /** Sends what `write` writes, in one piece. Does nothing once the session is closing. */
  send(write: (w: ByteWriter) => void): void {
    if (!this.#lifecycle.isOpen) return;
    write(this.#writer);
    this.#writer.send(this.#stream);
    const backlog = this.#stream.backlogBytes;
    const max = this.#limits.maxBacklogBytes;
    if (backlog > max) void this.#lifecycle.close(new LimitError('maxBacklogBytes', max, backlog));
  }
}
