import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pictureScale, shrink, toPicture, toScreen } from '../../../src/node/mcp/picture-scale.ts';

describe('pictureScale', () => {
  it('keeps the shape, and never enlarges', () => {
    const size = (width: number, height: number): number[] => {
      const scale = pictureScale({ width, height }, 1280);
      return [scale.width, scale.height];
    };
    assert.deepEqual(size(1920, 1080), [1280, 720]);
    assert.deepEqual(size(1080, 1920), [720, 1280]);
    assert.deepEqual(size(800, 600), [800, 600]);
    assert.deepEqual(size(5000, 1), [1280, 1]);
  });
  it('leads from a pixel of the picture to the screen and back', () => {
    const side = fc.integer({ min: 1, max: 8000 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 64, max: 2000 }),
        fc.nat(),
        (width, height, max, n) => {
          const scale = pictureScale({ width, height }, max);
          const point = { x: n % scale.width, y: n % scale.height };
          const there = toScreen(scale, point);
          assert.ok(there.x < width && there.y < height);
          assert.deepEqual(toPicture(scale, there), point);
        },
      ),
    );
  });
});

describe('shrink', () => {
  it('gives each pixel the mean of what it covers', () => {
    const pixels = Uint32Array.of(0xff000000, 0xffff0000, 0xff00ff00, 0xff0000ff);
    assert.deepEqual(
      shrink({ width: 2, height: 2, pixels }, 1, 1).pixels,
      Uint32Array.of(0xff404040),
    );
    // 3 to 2: each covers one and a half.
    const row = { width: 3, height: 1, pixels: Uint32Array.of(0xff030000, 0xff060000, 0xff090000) };
    assert.deepEqual(shrink(row, 2, 1).pixels, Uint32Array.of(0xff040000, 0xff080000));
  });
  it('leaves one colour alone, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, (width, height, w, h) => {
        const picture = { width, height, pixels: new Uint32Array(width * height).fill(0xff8190a3) };
        const small = shrink(picture, Math.min(w, width), Math.min(h, height));
        assert.ok(small.pixels.every((pixel) => pixel === 0xff8190a3));
      }),
    );
  });
});
