import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { writeAlphaCursor } from '../../src/codec/cursor/alpha-cursor.ts';
import { receiveCursor } from '../../src/codec/cursor/cursor.ts';
import { writeRichCursor } from '../../src/codec/cursor/rich-cursor.ts';
import { writeXCursor } from '../../src/codec/cursor/x-cursor.ts';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { hiddenCursor, type CursorImage } from '../../src/pixels/cursor-image.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { bgr233Format, nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import {
  readRectangleHeader,
  rectangleHeaderSize,
  type Rectangle,
} from '../../src/rfb/rectangle.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { formats } from './codec-suite.ts';

type Write = (w: ByteWriter, cursor: CursorImage, format: PixelFormat) => void;

const written = (write: Write, cursor: CursorImage, format = nativeFormat): Uint8Array => {
  const w = new ByteWriter();
  write(w, cursor, format);
  return w.take();
};

/** Reads a whole rectangle, header first. */
async function receive(
  bytes: Uint8Array,
  format = nativeFormat,
  chunkBytes = 1,
): Promise<CursorImage> {
  const [near, far] = memoryPair({ chunkBytes });
  far.write(bytes.slice());
  far.end();
  const reader = new ByteReader(near);
  const header = readRectangleHeader(await reader.cursor(rectangleHeaderSize));
  const cursor = await receiveCursor(reader, header, header.encoding, format, defaultLimits);
  assert.equal(reader.consumed, bytes.length, 'bytes left over');
  return cursor;
}

const pixelsOf = (cursor: CursorImage): string[] =>
  Array.from(cursor.pixels, (p) => p.toString(16).padStart(8, '0'));

const anySize = fc.record({
  width: fc.integer({ min: 1, max: 19 }),
  height: fc.integer({ min: 1, max: 9 }),
});

const cursorOf = (pixel: fc.Arbitrary<number>): fc.Arbitrary<CursorImage> =>
  anySize.chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      hotX: fc.integer({ min: 0, max: width - 1 }),
      hotY: fc.integer({ min: 0, max: height - 1 }),
      pixels: fc
        .array(pixel, { minLength: width * height, maxLength: width * height })
        .map((all) => Uint32Array.from(all)),
    }),
  );
const anyPixel = fc.integer({ min: 0, max: 0xffffffff });

const kinds: Readonly<Record<string, { readonly encoding: number; readonly write: Write }>> = {
  Cursor: { encoding: Encoding.Cursor, write: writeRichCursor },
  XCursor: { encoding: Encoding.XCursor, write: writeXCursor },
  CursorWithAlpha: { encoding: Encoding.CursorWithAlpha, write: writeAlphaCursor },
};

for (const [name, { encoding, write }] of Object.entries(kinds)) {
  describe(`${name}, as every cursor`, () => {
    const header = (r: Rectangle): Uint8Array => {
      const w = new ByteWriter();
      return w.u16(r.x).u16(r.y).u16(r.width).u16(r.height).s32(encoding).take();
    };

    it('hides the pointer with no pixels', async () => {
      const bytes = written(write, hiddenCursor);
      const payload = encoding === Encoding.CursorWithAlpha ? 4 : 0;
      assert.equal(bytes.length, rectangleHeaderSize + payload);
      assert.deepEqual(await receive(bytes), hiddenCursor);
    });

    it('hides the pointer when only one side is zero, wherever the hotspot is', async () => {
      for (const [width, height] of [
        [0, 9],
        [9, 0],
      ] as const) {
        const head = header({ x: 3, y: 3, width, height });
        const rest = encoding === Encoding.CursorWithAlpha ? [0, 0, 0, 0] : [];
        assert.deepEqual(await receive(Uint8Array.of(...head, ...rest)), hiddenCursor);
      }
    });

    it('refuses a side above maxCursorSide before it waits for a byte', async () => {
      for (const [width, height] of [
        [513, 1],
        [1, 513],
        [65535, 65535],
        [0, 65535],
        [65535, 0],
      ] as const)
        await assert.rejects(receive(header({ x: 0, y: 0, width, height })), LimitError);
      await assert.rejects(receive(header({ x: 0, y: 0, width: 512, height: 512 })), ClosedError);
    });

    it('refuses a hotspot outside the cursor', async () => {
      for (const [x, y] of [
        [4, 0],
        [0, 3],
        [65535, 65535],
      ] as const)
        await assert.rejects(receive(header({ x, y, width: 4, height: 3 })), ProtocolError);
    });

    it('keeps size, hotspot and what is shown', async () => {
      await fc.assert(
        fc.asyncProperty(
          cursorOf(anyPixel),
          fc.constantFrom(...Object.values(formats)),
          async (cursor, format) => {
            const back = await receive(written(write, cursor, format), format);
            const { pixels, ...place } = cursor;
            const { pixels: pixelsBack, ...placeBack } = back;
            assert.deepEqual(placeBack, place);
            assert.deepEqual(
              pixelsBack.map((pixel) => (pixel >>> 24 >= 128 ? 1 : 0)),
              pixels.map((pixel) => (pixel >>> 24 >= 128 ? 1 : 0)),
            );
          },
        ),
        { numRuns: 60 },
      );
    });

    it('waits for more at every strict prefix', async () => {
      const pixels = Uint32Array.of(0xff112233, 0x00ffffff, 0xff445566, 0xff112233);
      const bytes = written(write, { width: 2, height: 2, hotX: 1, hotY: 0, pixels });
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(receive(bytes.subarray(0, length)), ClosedError);
    });

    it('throws only the peer’s errors on random bytes', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 80 }),
          fc.record({
            x: fc.nat(6),
            y: fc.nat(6),
            width: fc.nat(6),
            height: fc.nat(6),
          }),
          async (bytes, r) => {
            const [near, far] = memoryPair();
            far.write(bytes);
            far.end();
            try {
              const reader = new ByteReader(near);
              await receiveCursor(reader, r, encoding, nativeFormat, defaultLimits);
            } catch (error) {
              assert.ok(error instanceof ProtocolError || error instanceof ClosedError);
            }
          },
        ),
      );
    });
  });
}

describe('Cursor (-239)', () => {
  const bytes = fromHex(`
    00 01 00 00 00 02 00 02   # hotspot 1,0; 2x2
    ff ff ff 11               # Cursor
    33 22 11 ff               # shown: 11 22 33, in the native format
    00 00 00 ff               # hidden
    00 00 00 ff               # hidden
    66 55 44 ff               # shown: 44 55 66
    80                        # mask, first row
    40                        # mask, second row
  `);
  const cursor: CursorImage = {
    width: 2,
    height: 2,
    hotX: 1,
    hotY: 0,
    pixels: Uint32Array.of(0xff112233, 0, 0, 0xff445566),
  };

  it('is pixels in the viewer’s format and a mask', async () => {
    assert.equal(toHex(written(writeRichCursor, cursor)), toHex(bytes));
    assert.deepEqual(await receive(bytes), cursor);
  });

  it('shows pixels with an alpha of 128 and more, and no others', async () => {
    const pixels = Uint32Array.of(0x80112233, 0x7f112233, 0xfe112233, 0x00112233);
    const back = await receive(written(writeRichCursor, { ...cursor, pixels }));
    assert.deepEqual(pixelsOf(back), ['ff112233', '00000000', 'ff112233', '00000000']);
  });

  it('goes through any pixel format', async () => {
    await fc.assert(
      fc.asyncProperty(
        cursorOf(fc.integer({ min: 0xff000000, max: 0xffffffff })),
        fc.constantFrom(...Object.values(formats)),
        async (any, format) => {
          const { toValue, toPixel } = createTranslator(format);
          const back = await receive(written(writeRichCursor, any, format), format);
          assert.deepEqual(
            back.pixels,
            any.pixels.map((pixel) => toPixel(toValue(pixel))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('pads each row of the mask to bytes', () => {
    const pixels = new Uint32Array(18).fill(0xff000000);
    const nine = { width: 9, height: 2, hotX: 0, hotY: 0, pixels };
    assert.equal(toHex(written(writeRichCursor, nine, bgr233Format)).slice(-8), 'ff80ff80');
  });
});

describe('XCursor (-240)', () => {
  it('is two colours, a bitmap and a mask', async () => {
    const bytes = fromHex(`
      00 00 00 01 00 03 00 02   # hotspot 0,1; 3x2
      ff ff ff 10               # XCursor
      11 22 33                  # primary
      44 55 66                  # secondary
      a0 00                     # bitmap
      e0 40                     # mask
    `);
    const cursor: CursorImage = {
      width: 3,
      height: 2,
      hotX: 0,
      hotY: 1,
      pixels: Uint32Array.of(0xff112233, 0xff445566, 0xff112233, 0, 0xff445566, 0),
    };
    assert.deepEqual(await receive(bytes), cursor);
    assert.equal(toHex(written(writeXCursor, cursor)), toHex(bytes));
  });

  it('keeps a cursor of at most two colours as it is', async () => {
    await fc.assert(
      fc.asyncProperty(cursorOf(fc.constantFrom(0, 0xff102030, 0xfff0e0d0)), async (cursor) => {
        assert.deepEqual((await receive(written(writeXCursor, cursor))).pixels, cursor.pixels);
      }),
      { numRuns: 40 },
    );
  });

  it('turns more than two colours black and white', async () => {
    const pixels = Uint32Array.of(0xff200000, 0xffffff00, 0xffe0e0e0, 0);
    const cursor = { width: 4, height: 1, hotX: 0, hotY: 0, pixels };
    assert.deepEqual(pixelsOf(await receive(written(writeXCursor, cursor))), [
      'ff000000',
      'ffffffff',
      'ffffffff',
      '00000000',
    ]);
  });
});

describe('CursorWithAlpha (-314)', () => {
  const header = '0000 0000 0002 0001 fffffec6';

  it('is an encoding number and bytes R, G, B, A multiplied by alpha', async () => {
    const bytes = fromHex(`
      00 00 00 00 00 02 00 01   # hotspot 0,0; 2x1
      ff ff fe c6               # CursorWithAlpha
      00 00 00 00               # Raw
      80 40 00 80               # ff 80 00 at alpha 80
      10 20 30 ff               # opaque
    `);
    const pixels = Uint32Array.of(0x80ff8000, 0xff102030);
    const cursor = { width: 2, height: 1, hotX: 0, hotY: 0, pixels };
    assert.equal(toHex(written(writeAlphaCursor, cursor)), toHex(bytes));
    assert.deepEqual(await receive(bytes), cursor);
  });

  it('is the same whatever the viewer’s pixel format', async () => {
    const pixels = Uint32Array.of(0xff112233, 0x00000000);
    const cursor = { width: 2, height: 1, hotX: 0, hotY: 0, pixels };
    for (const format of Object.values(formats))
      assert.deepEqual(await receive(written(writeAlphaCursor, cursor, format), format), cursor);
  });

  it('keeps alpha exactly, and colours as well as alpha lets it', async () => {
    await fc.assert(
      fc.asyncProperty(cursorOf(anyPixel), async (cursor) => {
        const back = await receive(written(writeAlphaCursor, cursor));
        cursor.pixels.forEach((pixel, i) => {
          const alpha = pixel >>> 24;
          assert.equal(back.pixels[i]! >>> 24, alpha);
          for (const shift of alpha === 0 ? [] : [0, 8, 16]) {
            const error = ((pixel >>> shift) & 255) - ((back.pixels[i]! >>> shift) & 255);
            assert.ok(Math.abs(error) <= Math.ceil(128 / alpha), `${pixel} ${error}`);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it('caps a colour that is brighter than its alpha', async () => {
    const back = await receive(fromHex(`${header} 00000000 ff000010 ffffff00`));
    assert.deepEqual(pixelsOf(back), ['10ff0000', '00000000']);
  });

  it('refuses pixels in any encoding but Raw', async () => {
    for (const encoding of ['00000007', '00000010', 'ffffff11', '00000005'])
      await assert.rejects(
        receive(fromHex(`${header} ${encoding} ${'00'.repeat(8)}`)),
        ProtocolError,
      );
  });
});

describe('receiveCursor', () => {
  it('throws RangeError, our own fault, for an encoding that is no cursor', async () => {
    const [near] = memoryPair();
    const r = { x: 0, y: 0, width: 1, height: 1 };
    await assert.rejects(
      receiveCursor(new ByteReader(near), r, Encoding.Raw, nativeFormat, defaultLimits),
      RangeError,
    );
  });
});
