/** A naive decoder of the Zlib encoding, independent of src/. */
import assert from 'node:assert/strict';
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { NaiveReader } from './naive-reader.ts';
import { NaiveZlibStream } from './naive-zlib-stream.ts';

export function createNaiveZlib(): NaiveDecoder {
  const zlib = new NaiveZlibStream();
  return (payload, { width, height }, format) => {
    assert.equal(new NaiveReader(payload).number(4), payload.length - 4);
    const from = new NaiveReader(zlib.next(payload.subarray(4)));
    const values = Uint32Array.from({ length: width * height }, () => from.pixel(format));
    from.end();
    return values;
  };
}
