/** Grows a byte array, big-endian as RFB wants it. One protocol unit is one `send`: some viewers read a field a call. */
import { assertInvariant } from '../core/errors.ts';
import type { ByteStream } from './byte-stream.ts';

/** Shared bytes that are fewer are copied: a write of its own costs more. */
const WORTH_A_WRITE = 4096;

const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer);

/** Collects bytes that go out in one write. Numbers are big-endian. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  /** What stands before #bytes, and how much it is. */
  #parts: Uint8Array[] = [];
  #partsLength = 0;
  /** Least that is made room for at a time: as much as was needed last, within reason. */
  #capacity: number;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#capacity = capacity;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#partsLength + this.#length;
  }

  /**
   * Makes room for `count` bytes and returns where they start. Their content is zero or stale: write all of them. It may
   * replace #bytes and #view: call it in a statement of its own, before either is looked at.
   */
  #room(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2, this.#capacity));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = needed;
    return at;
  }

  u8(value: number): this {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value);
    return this;
  }

  s16(value: number): this {
    const at = this.#room(2);
    this.#view.setInt16(at, value);
    return this;
  }

  s32(value: number): this {
    const at = this.#room(4);
    this.#view.setInt32(at, value);
    return this;
  }

  /** Copies `bytes` in. */
  bytes(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** The same bytes without a copy, where they are many: nobody may write to them any more. They cannot be truncated. */
  shared(bytes: Uint8Array): this {
    if (bytes.length < WORTH_A_WRITE) return this.bytes(bytes);
    if (this.#length > 0) this.#closePart();
    this.#parts.push(bytes);
    this.#partsLength += bytes.length;
    return this;
  }

  #closePart(): void {
    this.#parts.push(this.#bytes.subarray(0, this.#length));
    this.#partsLength += this.#length;
    // Goes on in what is left of the same memory.
    this.#bytes = this.#bytes.subarray(this.#length);
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#length = 0;
  }

  /** Padding, always zero. */
  pad(count: number): this {
    const at = this.#room(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /**
   * Room for `count` bytes to be filled in place by an encoder: valid until the next write. Everything in it must be
   * written (or given back with `truncate`), because it may hold old bytes.
   */
  reserve(count: number): Uint8Array {
    const at = this.#room(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** Drops everything after the first `length` bytes. */
  truncate(length: number): void {
    assertInvariant(
      length >= this.#partsLength && length <= this.length,
      'ByteWriter.truncate beyond what was written',
    );
    this.#length = length - this.#partsLength;
  }

  /** What was written, as a view: valid until the next write. */
  written(): Uint8Array {
    if (this.#parts.length > 0) this.#join();
    return this.#bytes.subarray(0, this.#length);
  }

  #join(): void {
    const joined = new Uint8Array(this.length);
    let at = 0;
    for (const part of [...this.#parts, this.#bytes.subarray(0, this.#length)]) {
      joined.set(part, at);
      at += part.length;
    }
    this.#bytes = joined;
    this.#view = new DataView(joined.buffer);
    this.#length = at;
    this.#parts = [];
    this.#partsLength = 0;
  }

  /** What was written, given away; the writer starts again, and holds no memory until something is written. */
  take(): Uint8Array {
    const bytes = this.written();
    this.#capacity = Math.min(Math.max(this.#length, 256), 65536);
    this.#bytes = EMPTY;
    this.#view = EMPTY_VIEW;
    this.#length = 0;
    return bytes;
  }

  /** Gives what was written to `stream`, in one write if nothing in it is shared. Does nothing when empty. */
  send(stream: ByteStream): void {
    for (const part of this.#parts.splice(0)) stream.write(part);
    this.#partsLength = 0;
    if (this.#length > 0) stream.write(this.take());
  }
}
