/** A persistent zlib stream, the slow and certain way: all input so far is inflated again by node:zlib. */
import { constants, inflateSync } from 'node:zlib';

export class NaiveZlibStream {
  #input: Uint8Array = new Uint8Array(0);
  #seen = 0;

  /** What `data` adds to the output. */
  next(data: Uint8Array): Uint8Array {
    this.#input = Buffer.concat([this.#input, data]);
    const all = inflateSync(this.#input, { finishFlush: constants.Z_SYNC_FLUSH });
    const fresh = new Uint8Array(all.subarray(this.#seen));
    this.#seen = all.length;
    return fresh;
  }

  reset(): void {
    this.#input = new Uint8Array(0);
    this.#seen = 0;
  }
}
