/** Synchronous, checked reads over bytes that have all arrived. Reading past the end is the peer's fault: ProtocolError. */
import { ProtocolError } from '../core/errors.ts';

export class Cursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  /** Reads from `offset` (default 0) to the end of `bytes`, without copying. */
  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  /** Position of the next read. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  #take(count: number): number {
    const at = this.#offset;
    if (!(count >= 0 && at + count <= this.bytes.length)) {
      throw new ProtocolError(`message ends ${count - this.remaining} bytes early`);
    }
    this.#offset = at + count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  s16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  s32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** The next `count` bytes, as a view on the same memory. */
  view(count: number): Uint8Array {
    const at = this.#take(count);
    return this.bytes.subarray(at, at + count);
  }

  /** Steps over padding. */
  skip(count: number): void {
    this.#take(count);
  }

  /** Throws unless everything was read. `what` names the message. */
  end(what: string): void {
    if (this.remaining !== 0)
      throw new ProtocolError(`${what} has ${this.remaining} bytes too many`, { field: what });
  }
}
