/** A naive ZRLE decoder after RFB 7.7.6, independent of src/: readable, slow, for payloads that are right. */
import assert from 'node:assert/strict';
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { naiveCpixel } from './naive-pixels.ts';
import { NaiveReader } from './naive-reader.ts';
import { naiveTile } from './naive-tile.ts';
import { NaiveZlibStream } from './naive-zlib-stream.ts';

export function createNaiveZrle(): NaiveDecoder {
  const zlib = new NaiveZlibStream();
  return (payload, { width, height }, format) => {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    assert.equal(view.getUint32(0), payload.length - 4);
    const from = new NaiveReader(zlib.next(payload.subarray(4)));
    const cpixel = naiveCpixel(format);
    const values = new Uint32Array(width * height);

    for (let ty = 0; ty < height; ty += 64) {
      for (let tx = 0; tx < width; tx += 64) {
        const w = Math.min(64, width - tx);
        const h = Math.min(64, height - ty);
        const tile = naiveTile(from, cpixel, w, h);
        tile.forEach((value, i) => {
          values[(ty + Math.floor(i / w)) * width + tx + (i % w)] = value;
        });
      }
    }
    from.end();
    return values;
  };
}
