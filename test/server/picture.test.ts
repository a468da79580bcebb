import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { blockValues } from '../../src/codec/pixel-block.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { area, contains, intersect, isEmpty } from '../../src/rfb/rectangle.ts';
import { limitedName } from '../../src/server/desktop-name.ts';
import { cutRectangle, pixelBlock } from '../../src/server/picture.ts';
import { ShadowPicture } from '../../src/server/shadow-picture.ts';

describe('cutRectangle', () => {
  it('covers each pixel once, in pieces that the encoder takes', () => {
    const side = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.nat(100),
        side,
        fc.integer({ min: 1, max: 300_000 }),
        (...given) => {
          const [width, height, x, maxWidth, maxArea] = given;
          fc.pre((width / Math.min(width, maxWidth, maxArea)) * height < 5000);
          const r = { x, y: x, width, height };
          const pieces = cutRectangle(r, { maxWidth, maxArea });
          assert.equal(
            pieces.reduce((sum, piece) => sum + area(piece), 0),
            area(r),
          );
          for (const piece of pieces) {
            assert.ok(contains(r, piece) && piece.width <= maxWidth && area(piece) <= maxArea);
          }
          for (const [i, a] of pieces.slice(0, 30).entries())
            for (const b of pieces.slice(i + 1, 30)) assert.ok(isEmpty(intersect(a, b)));
        },
      ),
    );
  });

  it('cuts rows on the grid of the tiles', () => {
    const pieces = cutRectangle(
      { x: 0, y: 0, width: 1000, height: 300 },
      { maxWidth: 4096, maxArea: 100_000 },
    );
    assert.deepEqual(
      pieces.map((piece) => piece.height),
      [64, 64, 64, 64, 44],
    );
    const flat = cutRectangle(
      { x: 0, y: 0, width: 1920, height: 70 },
      { maxWidth: 4096, maxArea: 65536 },
    );
    assert.deepEqual(
      flat.map((piece) => piece.height),
      [32, 32, 6],
    );
  });
});

describe('pixelBlock', () => {
  const source = new ShadowPicture(
    new Framebuffer(
      2,
      2,
      Uint32Array.of(1, 2, 3, 4).map((v) => (v | 0xff000000) >>> 0),
    ),
  );
  const native = createTranslator(nativeFormat);
  const low = (values: Uint32Array) => Array.from(values, (value) => value & 0xff);

  it('is where the picture stands when the format is ours, and translated when it is not', () => {
    const block = pixelBlock(source, { x: 1, y: 0, width: 1, height: 2 }, native);
    const address = source.address + 4;
    const solid = { address: source.solid, columns: 1, x: 1, y: 0 };
    assert.deepEqual(block, { width: 1, height: 2, address, stride: 8, stays: true, solid });
    assert.deepEqual(low(blockValues(block)), [2, 4]);
    const translated = pixelBlock(source, source.bounds, createTranslator(bgr233Format));
    assert.deepEqual(Array.from(blockValues(translated)), [0, 0, 0, 0]);
  });

  it('pads with black what lies outside the framebuffer', () => {
    const block = pixelBlock(source, { x: 1, y: 1, width: 2, height: 2 }, native);
    assert.deepEqual(low(blockValues(block)), [4, 0, 0, 0]);
    const outside = pixelBlock(source, { x: 5, y: 5, width: 1, height: 1 }, native);
    assert.deepEqual(Array.from(blockValues(outside)), [0xff000000]);
    const swapped = createTranslator({ ...nativeFormat, redShift: 0, blueShift: 16 });
    const translated = pixelBlock(source, { x: 0, y: 1, width: 3, height: 2 }, swapped);
    const blues = Array.from(blockValues(translated), (value) => (value >>> 16) & 0xff);
    assert.deepEqual(blues, [3, 4, 0, 0, 0, 0]);
  });

  it('is black without a source, in any format', () => {
    const r = { x: 0, y: 0, width: 2, height: 1 };
    const block = pixelBlock(undefined, r, createTranslator(bgr233Format));
    assert.deepEqual([block.width, block.height], [2, 1]);
    assert.deepEqual(Array.from(blockValues(block)), [0, 0]);
  });
});

describe('limitedName', () => {
  /** Characters of one, two, three and four bytes. */
  const text1to4 = fc
    .array(fc.constantFrom('a', '\u00e9', '\u20ac', '\u{1d11e}'))
    .map((characters) => characters.join(''));

  it('ends at a character, and is at most the limit in UTF-8', () => {
    fc.assert(
      fc.property(text1to4, fc.integer({ min: 1, max: 20 }), (text, max) => {
        const name = limitedName(text, max);
        assert.ok(text.startsWith(name));
        assert.ok(new TextEncoder().encode(name).length <= max);
        const next = Array.from(text.slice(name.length))[0];
        if (next !== undefined) assert.ok(new TextEncoder().encode(name + next).length > max);
      }),
    );
  });
});
