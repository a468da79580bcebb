/** A naive TightPNG decoder after RFB 7.7.7: fills by hand, pictures by pngjs, for payloads that are right. No JPEG. */
import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { naiveTpixel } from './naive-pixels.ts';
import { NaiveReader } from './naive-reader.ts';

/** The kinds of picture that were met, as `colour type/bits`. */
export function createNaiveTightPng(met: Set<string> = new Set()): NaiveDecoder {
  return (payload, { width, height }, format) => {
    const wire = new NaiveReader(payload);
    const control = wire.byte();
    if (control === 0x80) {
      const value = naiveTpixel(format)(wire);
      wire.end();
      return new Uint32Array(width * height).fill(value);
    }
    assert.equal(control, 0xa0);
    let length = wire.byte();
    if (length >= 128) {
      const second = wire.byte();
      length = (length % 128) + (second % 128) * 128;
      if (second >= 128) length += wire.byte() * 128 * 128;
    }
    const file = Buffer.from(Array.from({ length }, () => wire.byte()));
    wire.end();
    // Signature, length, type, width, height.
    met.add(`${file[25]}/${file[24]}`);
    const png = PNG.sync.read(file, { checkCRC: true });
    assert.deepEqual([png.width, png.height], [width, height]);
    return Uint32Array.from({ length: width * height }, (_, i) => {
      const [red, green, blue, alpha] = png.data.subarray(4 * i, 4 * i + 4);
      assert.equal(alpha, 255);
      const scale = (channel: number, max: number): number => Math.round((channel * max) / 255);
      return (
        scale(red!, format.redMax) * 2 ** format.redShift +
        scale(green!, format.greenMax) * 2 ** format.greenShift +
        scale(blue!, format.blueMax) * 2 ** format.blueShift
      );
    });
  };
}
