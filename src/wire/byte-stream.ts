/**
 * The one port between the protocol and the outside: a pair of byte directions. node/ makes them from sockets and TLS,
 * browser/ from WebSockets, tests from `memoryPair()`. The suite in test/conformance/byte-stream.ts runs on each.
 */
export interface ByteStream {
  /**
   * The next chunk, at least one byte, owned by the caller; `null` at the end of the stream (a clean end, a reset and a
   * local destroy() without error alike); rejects with a VncError (ClosedError) when the stream failed or was destroyed
   * with one. One read at a time: a second one meanwhile throws.
   */
  read(): Promise<Uint8Array | null>;

  /**
   * Queues bytes, in order, without copying: nobody writes to the array any more, though several streams may be given
   * it. Never blocks and never throws; writing to a stream that is ending or gone does nothing (its end is told by
   * `read`, `drained` and `closed`).
   */
  write(bytes: Uint8Array): void;

  /** Bytes accepted by write() that the system has not taken yet. */
  readonly backlogBytes: number;

  /** Resolves when `backlogBytes` is at most `maxBytes` (default 0), or when the stream is gone. Never rejects. */
  drained(maxBytes?: number): Promise<void>;

  /** Sends what was written, then ends the stream. Idempotent. */
  end(): void;

  /** Ends at once, dropping what was not sent. Idempotent. A pending read() settles. */
  destroy(error?: Error): void;

  /** Resolves once nothing is left of the stream: no socket, timer or listener. Never rejects. */
  readonly closed: Promise<void>;
}
