/** RFB 7.7.1 Raw, naively. */
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { NaiveReader } from './naive-reader.ts';

export const naiveRaw: NaiveDecoder = (payload, { width, height }, format) => {
  const reader = new NaiveReader(payload);
  const values = Uint32Array.from({ length: width * height }, () => reader.pixel(format));
  reader.end();
  return values;
};
