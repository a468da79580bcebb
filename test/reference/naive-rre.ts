/** RFB 7.7.3 RRE, naively: pixel by pixel. */
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import type { PixelFormat } from '../../src/rfb/pixel-format.ts';
import { NaiveReader } from './naive-reader.ts';

export const naiveRre: NaiveDecoder = (payload, size, format) =>
  decodeNaively(payload, size, format, 2);

/** CoRRE: the same with places of one byte. */
export const naiveCorre: NaiveDecoder = (payload, size, format) =>
  decodeNaively(payload, size, format, 1);

function decodeNaively(
  payload: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  format: PixelFormat,
  placeBytes: number,
): Uint32Array {
  const reader = new NaiveReader(payload);
  let left = reader.number(4);
  const values = new Uint32Array(width * height).fill(reader.pixel(format));
  while (left-- > 0) {
    const value = reader.pixel(format);
    const x = reader.number(placeBytes);
    const y = reader.number(placeBytes);
    const w = reader.number(placeBytes);
    const h = reader.number(placeBytes);
    for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) values[j * width + i] = value;
  }
  reader.end();
  return values;
}
