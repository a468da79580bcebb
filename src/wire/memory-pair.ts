/** Two ByteStreams joined in memory: for tests, and for a client and a server in one process. Only microtasks run. */
import { assertInvariant } from '../core/errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { Drainers } from './drainers.ts';

export interface MemoryPairOptions {
  /** Cuts everything into chunks of at most this many bytes. Default: as written. 1 is the hardest test. */
  readonly chunkBytes?: number;
}

class MemoryStream implements ByteStream {
  peer!: MemoryStream;
  readonly closed: Promise<void>;
  readonly #chunkBytes: number;
  readonly #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  #pending:
    | { resolve: (chunk: Uint8Array | null) => void; reject: (error: Error) => void }
    | undefined;
  readonly #drainers = new Drainers();
  #inEnded = false;
  #outEnded = false;
  #error: Error | undefined;
  #destroyed = false;
  #settleClosed: () => void = () => undefined;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  read(): Promise<Uint8Array | null> {
    assertInvariant(this.#pending === undefined, 'two reads of one ByteStream at a time');
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#serve();
    });
  }

  #serve(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    if (this.#destroyed) {
      this.#pending = undefined;
      if (this.#error === undefined) pending.resolve(null);
      else pending.reject(this.#error);
      return;
    }
    const first = this.#incoming[0];
    if (first !== undefined) {
      this.#pending = undefined;
      const size = Math.min(first.length, this.#chunkBytes);
      if (size === first.length) this.#incoming.shift();
      else this.#incoming[0] = first.subarray(size);
      this.#incomingBytes -= size;
      pending.resolve(first.slice(0, size));
      this.peer.#drainers.wake(this.peer.backlogBytes);
    } else if (this.#inEnded) {
      this.#pending = undefined;
      pending.resolve(null);
      this.#maybeClosed();
    }
  }

  write(bytes: Uint8Array): void {
    if (this.#outEnded || this.#destroyed || bytes.length === 0) return;
    this.peer.#receive(bytes);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#destroyed) return;
    this.#incoming.push(bytes);
    this.#incomingBytes += bytes.length;
    this.#serve();
  }

  /** What the other end has not read; a destroyed end has nothing unread. */
  get backlogBytes(): number {
    return this.#destroyed ? 0 : this.peer.#incomingBytes;
  }

  drained(maxBytes = 0): Promise<void> {
    return this.#drainers.wait(this.backlogBytes, maxBytes);
  }

  end(): void {
    if (this.#outEnded) return;
    this.#outEnded = true;
    this.peer.#inEnded = true;
    this.peer.#serve();
    this.#maybeClosed();
    // The other end may have ended before, and read all there was: nothing would look again.
    this.peer.#maybeClosed();
  }

  /** Both directions are over: nothing is left of either end. */
  #maybeClosed(): void {
    if (this.#outEnded && this.#inEnded && this.#incoming.length === 0) this.#settleClosed();
  }

  destroy(error?: Error): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#outEnded = true;
    this.#error = error;
    this.#incoming.length = 0;
    this.#incomingBytes = 0;
    this.#serve();
    this.#drainers.wake(this.backlogBytes);
    this.#settleClosed();
    this.peer.#inEnded = true;
    this.peer.#serve();
    this.peer.#drainers.wake(this.peer.backlogBytes);
  }
}

/** Joined streams: what one writes the other reads. */
export function memoryPair(options: MemoryPairOptions = {}): [ByteStream, ByteStream] {
  const chunkBytes = options.chunkBytes ?? Number.POSITIVE_INFINITY;
  const a = new MemoryStream(chunkBytes);
  const b = new MemoryStream(chunkBytes);
  a.peer = b;
  b.peer = a;
  return [a, b];
}
