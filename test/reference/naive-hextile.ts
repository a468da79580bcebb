/** RFB 7.7.4 Hextile, naively: pixel by pixel, in the order of the specification's text. */
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { NaiveReader } from './naive-reader.ts';

export const naiveHextile: NaiveDecoder = (payload, { width, height }, format) => {
  const reader = new NaiveReader(payload);
  const values = new Uint32Array(width * height);
  let background = Number.NaN;
  let foreground = Number.NaN;
  for (let top = 0; top < height; top += 16) {
    for (let left = 0; left < width; left += 16) {
      const set = (x: number, y: number, value: number): void => {
        if (Number.isNaN(value)) throw new Error('colour was never named');
        if (x >= 16 || y >= 16) throw new Error('outside the tile');
        values[(top + y) * width + left + x] = value;
      };
      const w = Math.min(16, width - left);
      const h = Math.min(16, height - top);
      const bits = reader.byte();
      if (bits % 2 === 1) {
        for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) set(x, y, reader.pixel(format));
        // As strict as a viewer may be: nothing is remembered past a raw tile.
        background = Number.NaN;
        foreground = Number.NaN;
        continue;
      }
      if (bits & 2) background = reader.pixel(format);
      if (bits & 4) foreground = reader.pixel(format);
      for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) set(x, y, background);
      if (!(bits & 8)) continue;
      let subrects = reader.byte();
      if (bits & 16 && bits & 4) throw new Error('coloured, yet with a foreground');
      while (subrects-- > 0) {
        const value = bits & 16 ? reader.pixel(format) : foreground;
        const place = reader.byte();
        const extent = reader.byte();
        for (let y = 0; y <= extent % 16; y++)
          for (let x = 0; x <= extent >> 4; x++) set((place >> 4) + x, (place % 16) + y, value);
      }
    }
  }
  reader.end();
  return values;
};
