import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/core/errors.ts';
import {
  bgr233Format,
  bytesPerPixel,
  channelBits,
  checkPixelFormat,
  nativeFormat,
  pixelFormatSize,
  readPixelFormat,
  samePixelFormat,
  writePixelFormat,
  type PixelFormat,
} from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { formats } from '../codec/codec-suite.ts';
import { record } from '../property/record.ts';

const written = (f: PixelFormat): Uint8Array => {
  const w = new ByteWriter();
  writePixelFormat(w, f);
  return w.take();
};

const anyFormat: fc.Arbitrary<PixelFormat> = record({
  bitsPerPixel: fc.nat(255),
  depth: fc.nat(255),
  bigEndian: fc.boolean(),
  trueColour: fc.boolean(),
  redMax: fc.nat(65535),
  greenMax: fc.nat(65535),
  blueMax: fc.nat(65535),
  redShift: fc.nat(255),
  greenShift: fc.nat(255),
  blueShift: fc.nat(255),
});

const refusals: readonly (readonly [string, Partial<PixelFormat>, string])[] = [
  ...[0, 1, 7, 15, 24, 33, 64, 255].map(
    (bitsPerPixel) => [`${bitsPerPixel} bits per pixel`, { bitsPerPixel }, 'bitsPerPixel'] as const,
  ),
  ['a depth of 0', { depth: 0 }, 'depth'],
  ['a depth above the bits per pixel', { depth: 33 }, 'depth'],
  ...[0, 2, 254, 256, 1000, 65534].map(
    (redMax) => [`a maximum of ${redMax}`, { redMax }, 'redMax'] as const,
  ),
  ['a shift that pushes its channel out', { redShift: 25 }, 'redShift'],
  ['a shift of 31 with a maximum of 255', { greenShift: 31 }, 'greenShift'],
  ['a shift of 255', { blueShift: 255 }, 'blueShift'],
  ['channels that overlap', { greenShift: 9 }, 'greenShift'],
  ['channels in one place', { blueShift: 16 }, 'blueShift'],
  ['a colour map with 32 bits', { trueColour: false }, 'trueColour'],
  ['a colour map with 16 bits', { trueColour: false, bitsPerPixel: 16, depth: 8 }, 'trueColour'],
];

describe('PixelFormat', () => {
  it('is 16 bytes', () => {
    const bytes = fromHex(`
      20         # 32 bits per pixel
      18         # depth 24
      00         # little-endian
      01         # true colour
      00 ff      # red max
      00 ff      # green max
      00 ff      # blue max
      10         # red shift
      08         # green shift
      00         # blue shift
      00 00 00   # padding
    `);
    assert.equal(bytes.length, pixelFormatSize);
    assert.equal(toHex(written(nativeFormat)), toHex(bytes));
    assert.deepEqual(readPixelFormat(new Cursor(bytes)), { ...nativeFormat });
  });

  it('reads back as it was written, legal or not', () => {
    fc.assert(
      fc.property(anyFormat, (format) => {
        const c = new Cursor(written(format));
        assert.deepEqual(readPixelFormat(c), format);
        c.end('PixelFormat');
        assert.ok(samePixelFormat(format, readPixelFormat(new Cursor(written(format)))));
      }),
    );
  });

  it('takes any flag but 0 for true, and ignores the padding', () => {
    const bytes = written(nativeFormat);
    bytes.set([7], 3);
    bytes.set([1, 2, 3], 13);
    assert.deepEqual(readPixelFormat(new Cursor(bytes)), { ...nativeFormat });
  });

  for (const [name, format] of Object.entries(formats)) {
    it(`may be ${name}`, () => {
      checkPixelFormat(format);
    });
  }

  it('may have a colour map at 8 bits, whatever its channels say', () => {
    checkPixelFormat({ ...bgr233Format, trueColour: false, redMax: 0, greenShift: 255 });
  });

  it('may have a depth of all 32 bits, channels of one bit, and channels that fill the pixel', () => {
    checkPixelFormat({ ...nativeFormat, depth: 32 });
    checkPixelFormat({ ...nativeFormat, redMax: 1, redShift: 31 });
    checkPixelFormat({ ...nativeFormat, redMax: 65535, redShift: 16 });
  });

  for (const [what, change, field] of refusals) {
    it(`may not have ${what}`, () => {
      assert.throws(
        () => checkPixelFormat({ ...nativeFormat, ...change }),
        (error) => error instanceof ProtocolError && error.field === `PixelFormat.${field}`,
      );
    });
  }

  it('is either refused as the peer’s fault, or has three channels apart from each other', () => {
    const max = fc.constantFrom(0, 1, 3, 7, 15, 31, 63, 127, 255, 254, 1023, 65535);
    const shift = fc.oneof(fc.nat(33), fc.constant(255));
    const likely = record({
      bitsPerPixel: fc.constantFrom(8, 16, 32, 24),
      depth: fc.constantFrom(8, 15, 16, 24, 32),
      bigEndian: fc.boolean(),
      trueColour: fc.constant(true),
      redMax: max,
      greenMax: max,
      blueMax: max,
      redShift: shift,
      greenShift: shift,
      blueShift: shift,
    });
    fc.assert(
      fc.property(fc.oneof(likely, anyFormat), (f) => {
        try {
          checkPixelFormat(f);
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
          return;
        }
        if (!f.trueColour) return;
        const bits = new Set<number>();
        let count = 0;
        for (const [max, shift] of [
          [f.redMax, f.redShift],
          [f.greenMax, f.greenShift],
          [f.blueMax, f.blueShift],
        ] as const) {
          assert.equal(max, 2 ** channelBits(max) - 1);
          for (let bit = 0; bit < channelBits(max); bit++) bits.add(shift + bit);
          count += channelBits(max);
        }
        assert.equal(bits.size, count);
        assert.ok(Math.max(...bits) < f.bitsPerPixel);
      }),
      { numRuns: 500 },
    );
  });

  it('differs in each of its fields', () => {
    for (const key of Object.keys(nativeFormat) as (keyof PixelFormat)[]) {
      const value = nativeFormat[key];
      const other = typeof value === 'boolean' ? !value : value + 1;
      assert.ok(!samePixelFormat(nativeFormat, { ...nativeFormat, [key]: other }), key);
    }
  });

  it('takes 1, 2 or 4 bytes a pixel', () => {
    const sizes = [bgr233Format, formats.rgb565!, nativeFormat].map(bytesPerPixel);
    assert.deepEqual(sizes, [1, 2, 4]);
  });
});
