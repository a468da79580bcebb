/** The bits that deflate writes, the first lowest; the twin of ../assembly/deflate-bits.ts. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  #at: number;
  #pending = 0;
  #count = 0;

  constructor(bytes: Uint8Array, address: number) {
    this.#bytes = bytes;
    this.#at = address;
  }

  /** Where the next whole byte goes. */
  get address(): number {
    return this.#at;
  }

  /** Bits that wait for their byte to be full. */
  get waiting(): number {
    return this.#count;
  }

  /** At most 16 bits. */
  put(value: number, count: number): void {
    this.#pending |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.#bytes[this.#at++] = this.#pending;
      this.#pending >>>= 8;
      this.#count -= 8;
    }
  }

  align(): void {
    this.put(0, -this.#count & 7);
  }

  /** Bytes as they are, after align. */
  putBytes(from: Uint8Array, start: number, size: number): void {
    this.#bytes.set(from.subarray(start, start + size), this.#at);
    this.#at += size;
  }
}
