/** RFB 7.7.3 RRE, naively: pixel by pixel. */
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { NaiveReader } from './naive-reader.ts';

export const naiveRre: NaiveDecoder = (payload, { width, height }, format) => {
  const reader = new NaiveReader(payload);
  let left = reader.number(4);
  const values = new Uint32Array(width * height).fill(reader.pixel(format));
  while (left-- > 0) {
    const value = reader.pixel(format);
    const x = reader.number(2);
    const y = reader.number(2);
    const w = reader.number(2);
    const h = reader.number(2);
    for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) values[j * width + i] = value;
  }
  reader.end();
  return values;
};
