/** A naive Tight decoder after RFB 7.7.7, independent of src/: readable, slow, for payloads that are right. No JPEG. */
import assert from 'node:assert/strict';
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { naiveBits, naiveTpixel, naiveTpixelBytes } from './naive-pixels.ts';
import { NaiveReader } from './naive-reader.ts';
import { NaiveZlibStream } from './naive-zlib-stream.ts';

export function createNaiveTight(): NaiveDecoder {
  const streams = [0, 1, 2, 3].map(() => new NaiveZlibStream());
  return (payload, { width, height }, format) => {
    const wire = new NaiveReader(payload);
    const tpixel = naiveTpixel(format);

    const control = wire.byte();
    streams.forEach((stream, i) => {
      if (Math.floor(control / 2 ** i) % 2 === 1) stream.reset();
    });
    const type = Math.floor(control / 16);
    if (type === 8) {
      const value = tpixel(wire);
      wire.end();
      return new Uint32Array(width * height).fill(value);
    }
    // 1010 and 1110: as 0000 and 0100, without zlib.
    const plain = type === 10 || type === 14;
    assert.ok(type < 8 || plain, `control ${control}`);
    const filter = Math.floor(type / 4) % 2 === 1 ? wire.byte() : 0;
    const palette: number[] = [];
    let size = width * height * naiveTpixelBytes(format);
    if (filter === 1) {
      const colours = wire.byte() + 1;
      assert.ok(colours >= 2);
      for (let i = 0; i < colours; i++) palette.push(tpixel(wire));
      size = colours === 2 ? Math.ceil(width / 8) * height : width * height;
    }
    const data = new NaiveReader(
      size < 12 ? takeAll(size) : plain ? takeCompact() : streams[type % 4]!.next(takeCompact()),
    );
    wire.end();
    const values = takeValues();
    data.end();
    return values;

    function takeValues(): Uint32Array {
      if (filter === 0) return Uint32Array.from({ length: width * height }, () => tpixel(data));
      if (filter === 1) {
        const values: number[] = [];
        for (let row = 0; row < height; row++) {
          const indexes =
            palette.length === 2
              ? naiveBits(data, 1, width)
              : Array.from({ length: width }, () => data.byte());
          values.push(...indexes.map((index) => palette[index]!));
        }
        assert.ok(values.every((value) => value !== undefined));
        return Uint32Array.from(values);
      }
      assert.equal(filter, 2);
      const values = new Uint32Array(width * height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const difference = tpixel(data);
          const at = (i: number, j: number): number =>
            i < 0 || j < 0 ? 0 : values[j * width + i]!;
          let value = 0;
          for (const [max, shift] of [
            [format.redMax, format.redShift],
            [format.greenMax, format.greenShift],
            [format.blueMax, format.blueShift],
          ] as const) {
            const channel = (pixel: number): number => Math.floor(pixel / 2 ** shift) % (max + 1);
            const sum = channel(at(x - 1, y)) + channel(at(x, y - 1)) - channel(at(x - 1, y - 1));
            const estimate = Math.min(max, Math.max(0, sum));
            value += ((channel(difference) + estimate) % (max + 1)) * 2 ** shift;
          }
          values[y * width + x] = value;
        }
      }
      return values;
    }

    function takeAll(count: number): Uint8Array {
      return Uint8Array.from({ length: count }, () => wire.byte());
    }

    function takeCompact(): Uint8Array {
      let length = wire.byte();
      if (length >= 128) {
        const second = wire.byte();
        length = (length % 128) + (second % 128) * 128;
        if (second >= 128) length += wire.byte() * 128 * 128;
      }
      return takeAll(length);
    }
  };
}
