/**
 * Asynchronous, counted reads from a ByteStream. `bytes` copies; `view` and `cursor` borrow memory that is valid only
 * until the next read. One read at a time: a second one meanwhile is our bug and throws.
 */
import {
  assertInvariant,
  ClosedError,
  ErrorCode,
  SecurityError,
  type Phase,
} from '../core/errors.ts';
import type { ByteStream } from './byte-stream.ts';
import { Cursor } from './cursor.ts';

const EMPTY = new Uint8Array(0);

/**
 * Reads a stream in pieces of the caller's choice; all of it rejects with ClosedError when the stream ends before.
 * Numbers are big-endian.
 */
export class ByteReader {
  readonly stream: ByteStream;
  /** What a premature end is reported as; the handshake and the session move it on. */
  phase: Phase = 'version';
  #buffer: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  #consumed = 0;
  #reading = false;
  #ended = false;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  /** Bytes that have arrived and are not consumed. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Bytes consumed since the start, for statistics. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Waits until at least `count` bytes are buffered. Throws ClosedError when the stream ends before. */
  async need(count: number): Promise<void> {
    if (this.buffered >= count) return;
    assertInvariant(!this.#reading, 'two reads of one ByteReader at a time');
    this.#reading = true;
    try {
      while (this.buffered < count) {
        const chunk = this.#ended ? null : await this.stream.read();
        if (chunk === null) {
          this.#ended = true;
          throw new ClosedError(
            this.buffered === 0
              ? 'the peer closed the connection'
              : 'the connection ended inside a message',
            { phase: this.phase },
          );
        }
        this.#append(chunk, count);
      }
    } finally {
      this.#reading = false;
    }
  }

  #append(chunk: Uint8Array, wanted: number): void {
    const have = this.buffered;
    if (have === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    const total = have + chunk.length;
    // Borrowed chunks are never written to: room for more exists only in a buffer that we made (it has slack).
    if (this.#buffer.length - this.#end < chunk.length) {
      const grown = new Uint8Array(Math.max(wanted, total * 2));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#start = 0;
      this.#end = have;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next `count` bytes without consuming them; valid until the next read. */
  async peek(count: number): Promise<Uint8Array> {
    await this.need(count);
    return this.#buffer.subarray(this.#start, this.#start + count);
  }

  /** The next `count` bytes, borrowed: valid until the next read. */
  async view(count: number): Promise<Uint8Array> {
    if (this.buffered < count) await this.need(count);
    return this.take(count);
  }

  /** The next `count` bytes that are known to be buffered, borrowed: for framing loops that called `need` before. */
  take(count: number): Uint8Array {
    assertInvariant(
      count >= 0 && this.buffered >= count,
      'ByteReader.take of bytes that were not waited for',
    );
    const at = this.#start;
    this.#start = at + count;
    this.#consumed += count;
    return this.#buffer.subarray(at, at + count);
  }

  /** A byte at `offset` from the next one, which must be buffered. */
  byteAt(offset: number): number {
    const byte = offset < this.buffered ? this.#buffer[this.#start + offset] : undefined;
    assertInvariant(byte !== undefined, 'ByteReader.byteAt of a byte that was not waited for');
    return byte;
  }

  /** The next `count` bytes, copied: the caller may keep them. */
  async bytes(count: number): Promise<Uint8Array> {
    return (await this.view(count)).slice();
  }

  /** A cursor over the next `count` bytes, borrowed: valid until the next read. */
  async cursor(count: number): Promise<Cursor> {
    return new Cursor(await this.view(count));
  }

  async u8(): Promise<number> {
    return (await this.cursor(1)).u8();
  }

  async u16(): Promise<number> {
    return (await this.cursor(2)).u16();
  }

  async u32(): Promise<number> {
    return (await this.cursor(4)).u32();
  }

  /** Consumes and forgets `count` bytes, buffering no more than a chunk of them at a time. */
  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      if (this.buffered === 0) await this.need(1);
      left -= this.take(Math.min(left, this.buffered)).length;
    }
  }

  /**
   * INVARIANT: TLS replaces the stream, and at that moment nothing may be left here. A byte that came in clear behind
   * the word which starts TLS would otherwise be taken as if it had been authenticated (QEMU does that).
   */
  assertEmptyBeforeTls(): void {
    if (this.buffered > 0) {
      throw new SecurityError(`${this.buffered} clear bytes arrived before TLS started`, {
        code: ErrorCode.bytesBeforeTls,
        phase: 'tls',
      });
    }
  }
}
