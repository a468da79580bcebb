/** A peer that says and expects exact bytes, written in hex with a comment for each field. */
import assert from 'node:assert/strict';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';

export class ScriptedPeer {
  readonly stream: ByteStream;
  readonly #reader: ByteReader;
  /** Every byte that came in so far, in hex. */
  heard = '';

  constructor(stream: ByteStream) {
    this.stream = stream;
    this.#reader = new ByteReader(stream);
  }

  /** Sends these bytes in one write. */
  send(hex: string): this {
    this.stream.write(fromHex(hex));
    return this;
  }

  /** Waits for as many bytes as `hex` has, and compares. */
  async expect(hex: string): Promise<this> {
    const wanted = fromHex(hex);
    assert.equal(toHex(await this.take(wanted.length)), toHex(wanted));
    return this;
  }

  /** The next `count` bytes, whatever they are. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.#reader.bytes(count);
    this.heard += toHex(bytes);
    return bytes;
  }

  /** Waits for the end of the stream, and asserts that nothing comes before it. */
  async expectEnd(): Promise<void> {
    assert.equal(await this.rest(), '');
  }

  /** Everything up to the end of the stream, in hex. */
  async rest(): Promise<string> {
    let hex = toHex(this.#reader.take(this.#reader.buffered));
    for (let chunk = await this.stream.read(); chunk !== null; chunk = await this.stream.read()) {
      hex += toHex(chunk);
    }
    this.heard += hex;
    return hex;
  }
}

/** Sends `hex` and then ends, expecting nothing: for hostile and truncated input. */
export function sayAndEnd(stream: ByteStream, hex: string): void {
  stream.write(fromHex(hex));
  stream.end();
}
