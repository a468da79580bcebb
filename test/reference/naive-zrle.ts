/** A naive ZRLE decoder after RFB 7.7.6, independent of src/: readable, slow, for payloads that are right. */
import assert from 'node:assert/strict';
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { naiveBits, naiveCpixel } from './naive-pixels.ts';
import { NaiveReader } from './naive-reader.ts';
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
        const tile = takeTile(w, h);
        tile.forEach((value, i) => {
          values[(ty + Math.floor(i / w)) * width + tx + (i % w)] = value;
        });
      }
    }
    from.end();
    return values;

    function takeTile(w: number, h: number): number[] {
      const sub = from.byte();
      const colours = sub < 128 ? sub : sub - 128;
      const palette = Array.from({ length: colours }, () => cpixel(from));
      const tile: number[] = [];
      if (sub === 0) return Array.from({ length: w * h }, () => cpixel(from));
      if (sub === 1) return Array.from({ length: w * h }, () => palette[0]!);
      if (sub <= 16) {
        const bits = sub === 2 ? 1 : sub <= 4 ? 2 : 4;
        for (let row = 0; row < h; row++)
          tile.push(...naiveBits(from, bits, w).map((index) => palette[index]!));
        return tile;
      }
      assert.ok(sub === 128 || sub >= 130, `sub-encoding ${sub}`);
      while (tile.length < w * h) {
        let value: number;
        let runs = true;
        if (sub === 128) {
          value = cpixel(from);
        } else {
          const index = from.byte();
          value = palette[index % 128]!;
          runs = index >= 128;
        }
        let length = 1;
        if (runs) {
          let more: number;
          do {
            more = from.byte();
            length += more;
          } while (more === 255);
        }
        for (let i = 0; i < length; i++) tile.push(value);
      }
      assert.equal(tile.length, w * h);
      assert.ok(tile.every((value) => value !== undefined));
      return tile;
    }
  };
}
