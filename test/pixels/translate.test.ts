import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { kernelSet } from '../../src/pixels/kernels/kernels.ts';
import {
  createTranslator,
  readPixels,
  readValue,
  translatorOf,
  writeValues,
} from '../../src/pixels/translate.ts';
import { bgr233Format, bytesPerPixel, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { toHex } from '../../src/wire/hex.ts';
import { formats, picture } from '../codec/codec-suite.ts';

const colour = fc.nat(0xffffff).map((rgb) => (rgb | 0xff000000) >>> 0);
const named = fc.constantFrom(...Object.keys(formats));

/** The wire's bytes of one pixel. */
const bytesOf = (name: string, pixel: number): string => {
  const format = formats[name]!;
  const bytes = new Uint8Array(bytesPerPixel(format));
  writeValues(Uint32Array.of(createTranslator(format).toValue(pixel)), format, bytes);
  return toHex(bytes);
};

describe('a block of our pixels in the kernels’ memory', () => {
  for (const [name, format] of Object.entries(formats)) {
    it(`becomes the values that its pixels are one by one: ${name}`, () => {
      const { pixels } = picture('noise', { width: 10, height: 6 }, 5);
      const { memory } = kernelSet();
      const [from, to] = [memory.allocate(4 * 60), memory.allocate(4 * 60)];
      memory.words.set(pixels, from >>> 2);
      const { toValue, translate } = createTranslator(format);
      translate({ address: from, stride: 40 }, 7, 6, { address: to, stride: 28 });
      for (let y = 0; y < 6; y++)
        for (let x = 0; x < 7; x++)
          assert.equal(memory.words[(to >>> 2) + 7 * y + x], toValue(pixels[10 * y + x]!));
      for (const address of [from, to]) memory.release(address);
    });
  }
});

describe('one of our pixels in a peer’s format', () => {
  const pixel = 0xff102030;
  for (const [name, hex] of [
    ['native', '302010ff'],
    ['native, big-endian', 'ff102030'],
    ['rgb in the upper three bytes', 'ff302010'],
    ['bgr in the upper three bytes, big-endian', '302010ff'],
    ['rgb565', '0611'],
    ['rgb565, big-endian', '1106'],
    ['bgr233', '48'],
  ] as const) {
    it(`is ${hex} in ${name}`, () => {
      assert.equal(bytesOf(name, pixel), hex);
    });
  }

  it('has 0xFF in the byte that no channel uses, which noVNC 1.3 takes for alpha', () => {
    assert.match(bytesOf('native', 0xff000000), /ff$/);
    assert.match(bytesOf('native, big-endian', 0xff000000), /^ff/);
    assert.match(bytesOf('rgb in the upper three bytes', 0xff000000), /^ff/);
    const middle = { ...nativeFormat, redMax: 31, redShift: 16 };
    assert.equal(createTranslator(middle).toValue(0xff000000), 0xff000000);
  });

  it('has zeros in its unused bits where channels stand in all four bytes', () => {
    assert.equal(createTranslator(formats['30 bits']!).toValue(0xff000000), 0);
  });

  it('comes back as itself from any format with 8 bits a channel or more', () => {
    const exact = Object.values(formats).filter((f) => f.redMax >= 255);
    assert.equal(exact.length, 5);
    fc.assert(
      fc.property(colour, fc.constantFrom(...exact), (p, format) => {
        const { toValue, toPixel } = createTranslator(format);
        assert.equal(toPixel(toValue(p)), p);
      }),
    );
  });

  it('comes back within half a step of each channel from the others', () => {
    fc.assert(
      fc.property(colour, named, (p, name) => {
        const format = formats[name]!;
        const { toValue, toPixel } = createTranslator(format);
        const back = toPixel(toValue(p));
        for (const [shift, max] of [
          [16, format.redMax],
          [8, format.greenMax],
          [0, format.blueMax],
        ] as const) {
          const error = Math.abs(((p >>> shift) & 255) - ((back >>> shift) & 255));
          assert.ok(error <= 255 / max / 2 + 0.5, `${name}: ${error}`);
        }
        assert.equal(back >>> 24, 255);
      }),
      { numRuns: 300 },
    );
  });

  it('settles: what came back once comes back the same ever after', () => {
    fc.assert(
      fc.property(colour, named, (p, name) => {
        const { toValue, toPixel } = createTranslator(formats[name]!);
        const once = toPixel(toValue(p));
        assert.equal(toValue(once), toValue(p));
      }),
    );
  });

  it('keeps black black and white white in every format', () => {
    for (const format of Object.values(formats)) {
      const { toValue, toPixel } = createTranslator(format);
      assert.equal(toPixel(toValue(0xff000000)), 0xff000000);
      assert.equal(toPixel(toValue(0xffffffff)), 0xffffffff);
    }
  });

  it('ignores bits outside the channels', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), named, (value, name) => {
        const f = formats[name]!;
        const used =
          ((f.redMax << f.redShift) | (f.greenMax << f.greenShift) | (f.blueMax << f.blueShift)) >>>
          0;
        const { toPixel } = createTranslator(f);
        assert.equal(toPixel(value), toPixel((value & used) >>> 0));
      }),
    );
  });

  it('is scaled for any maximum, up to 65535', () => {
    const wide = { ...nativeFormat, redMax: 65535, redShift: 16, greenShift: 8, blueShift: 0 };
    const { toValue, toPixel } = createTranslator(wide);
    assert.equal(toValue(0xffff8001), 0xffff8001);
    assert.equal(toPixel(0x80808001), 0xff808001);
    const bits = { ...nativeFormat, redMax: 1, redShift: 31, greenMax: 1, blueMax: 1 };
    assert.equal(createTranslator(bits).toPixel(0x80000001), 0xffff00ff);
  });
});

describe('a viewer with a colour map', () => {
  it('is given values of the fixed map, BGR233', () => {
    const mapped = { ...bgr233Format, trueColour: false, redMax: 0, greenMax: 0, blueMax: 0 };
    const translator = createTranslator(mapped);
    assert.deepEqual(translator.format, bgr233Format);
    assert.equal(translator.toValue(0xffff0000), 7);
    assert.equal(translator.toValue(0xff00ff00), 0x38);
    assert.equal(translator.toValue(0xff0000ff), 0xc0);
    assert.equal(translator.toPixel(0xff), 0xffffffff);
  });
});

describe('rectangles of pixels', () => {
  it('become values one by one, row by row', () => {
    const source = picture('noise', { width: 9, height: 7 }, 2);
    const r = { x: 2, y: 1, width: 5, height: 4 };
    for (const format of Object.values(formats)) {
      const { values, toValue } = createTranslator(format);
      assert.deepEqual(values(source, r), source.get(r).map(toValue));
      const out = new Uint32Array(25);
      assert.equal(values(source, r, out), out);
      assert.deepEqual(out.subarray(0, 20), values(source, r));
      assert.ok(out.subarray(20).every((word) => word === 0));
    }
  });

  it('come back from the wire’s bytes into their place only, at any alignment', () => {
    const source = picture('noise', { width: 9, height: 7 }, 2);
    const r = { x: 2, y: 1, width: 5, height: 4 };
    for (const format of Object.values(formats)) {
      for (const offset of [0, 1, 2, 3]) {
        const { values, toPixel } = createTranslator(format);
        const sent = values(source, r);
        const length = sent.length * bytesPerPixel(format);
        const bytes = new Uint8Array(offset + length + 1);
        assert.equal(writeValues(sent, format, bytes, offset), offset + length);
        const target = new Framebuffer(9, 7);
        assert.equal(readPixels(bytes, offset, format, target, r), offset + length);
        const expected = new Framebuffer(9, 7);
        expected.put(r, sent.map(toPixel));
        assert.deepEqual(target.pixels, expected.pixels);
      }
    }
  });

  it('are opaque, whatever stands in the byte that nobody looks at', () => {
    const target = new Framebuffer(1, 1);
    readPixels(Uint8Array.of(1, 2, 3, 0), 0, nativeFormat, target, target.bounds);
    assert.equal(target.pixels[0], 0xff030201);
  });
});

describe('values as bytes', () => {
  it('read back as they were written, in each size and byte order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff)), named, (words, name) => {
        const format = formats[name]!;
        const size = bytesPerPixel(format);
        const values = Uint32Array.from(words, (word) => word % 2 ** format.bitsPerPixel);
        const bytes = new Uint8Array(values.length * size);
        writeValues(values, format, bytes);
        values.forEach((value, i) => {
          assert.equal(readValue(bytes, i * size, format), value);
        });
      }),
    );
  });

  it('are written from a part of a larger array', () => {
    const bytes = new Uint8Array(4);
    writeValues(Uint32Array.of(9, 0x01020304, 9).subarray(1, 2), nativeFormat, bytes);
    assert.equal(toHex(bytes), '04030201');
  });
});

describe('translatorOf', () => {
  it('makes one translator for each format object', () => {
    const format = { ...nativeFormat };
    assert.equal(translatorOf(format), translatorOf(format));
    assert.notEqual(translatorOf(format), translatorOf(formats.rgb565!));
  });
});
