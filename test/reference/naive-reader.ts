/** Reads payloads a field at a time, for the naive decoders: slow, plain, and sharing nothing with src/. */
export interface NaiveFormat {
  readonly bitsPerPixel: number;
  readonly bigEndian: boolean;
}

export class NaiveReader {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Array.from(bytes);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error('payload is too short');
    return byte;
  }

  /** The next byte, which stays. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** A big-endian number, as all of RFB but its pixels. */
  number(byteCount: number): number {
    let value = 0;
    for (let i = 0; i < byteCount; i++) value = value * 256 + this.byte();
    return value;
  }

  pixel(format: NaiveFormat): number {
    const bytes = Array.from({ length: format.bitsPerPixel / 8 }, () => this.byte());
    if (!format.bigEndian) bytes.reverse();
    return bytes.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Throws unless all was read. */
  end(): void {
    if (!this.done) throw new Error('payload is too long');
  }
}
