/** A naive TRLE decoder after RFB 7.7.5, independent of src/: readable, slow, for payloads that are right. */
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { naiveCpixel } from './naive-pixels.ts';
import { NaiveReader } from './naive-reader.ts';
import { naiveTile, type NaivePalette } from './naive-tile.ts';

export const naiveTrle: NaiveDecoder = (payload, { width, height }, format) => {
  const from = new NaiveReader(payload);
  const cpixel = naiveCpixel(format);
  const values = new Uint32Array(width * height);
  const before: NaivePalette = { colours: [] };
  for (let ty = 0; ty < height; ty += 16) {
    for (let tx = 0; tx < width; tx += 16) {
      const w = Math.min(16, width - tx);
      const h = Math.min(16, height - ty);
      for (const [i, value] of naiveTile(from, cpixel, w, h, before).entries())
        values[(ty + Math.floor(i / w)) * width + tx + (i % w)] = value;
    }
  }
  from.end();
  return values;
};
