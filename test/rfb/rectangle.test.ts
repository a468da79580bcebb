import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  area,
  contains,
  describeRectangle,
  intersect,
  isEmpty,
  readRectangleHeader,
  rectangleHeaderSize,
  writeRectangleHeader,
  type Rectangle,
} from '../../src/rfb/rectangle.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';

const small = fc.record({
  x: fc.nat(9),
  y: fc.nat(9),
  width: fc.nat(9),
  height: fc.nat(9),
});

const pixels = (r: Rectangle): Set<number> => {
  const set = new Set<number>();
  for (let y = r.y; y < r.y + r.height; y++)
    for (let x = r.x; x < r.x + r.width; x++) set.add(y * 100 + x);
  return set;
};

describe('rectangles', () => {
  it('share exactly the pixels that are in both', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        const shared = intersect(a, b);
        const inB = pixels(b);
        const inBoth = Array.from(pixels(a)).filter((p) => inB.has(p));
        assert.deepEqual(pixels(shared), new Set(inBoth));
        assert.ok(shared.width >= 0 && shared.height >= 0);
      }),
    );
  });

  it('contain each other when all pixels of one are in the other', () => {
    fc.assert(
      fc.property(small, small, (outer, inner) => {
        if (isEmpty(inner)) return;
        const all = pixels(outer);
        assert.equal(
          contains(outer, inner),
          Array.from(pixels(inner)).every((p) => all.has(p)),
        );
      }),
    );
  });

  it('have an area of no pixels when a side is zero or less', () => {
    assert.equal(area({ x: 0, y: 0, width: 3, height: 4 }), 12);
    for (const [width, height] of [
      [0, 5],
      [5, 0],
      [-1, -1],
    ] as const) {
      assert.equal(area({ x: 0, y: 0, width, height }), 0);
      assert.ok(isEmpty({ x: 0, y: 0, width, height }));
    }
  });

  it('are described as size and place', () => {
    assert.equal(describeRectangle({ x: 10, y: 20, width: 640, height: 480 }), '640x480 at 10,20');
  });
});

describe('rectangle header', () => {
  it('is place, size and a signed encoding', () => {
    const bytes = fromHex(`
      00 01         # x
      00 02         # y
      ff ff         # width
      00 04         # height
      ff ff fe c6   # CursorWithAlpha, -314
    `);
    assert.equal(bytes.length, rectangleHeaderSize);
    const header = { x: 1, y: 2, width: 65535, height: 4, encoding: -314 };
    assert.deepEqual(readRectangleHeader(new Cursor(bytes)), header);
    const w = new ByteWriter();
    writeRectangleHeader(w, header, -314);
    assert.equal(toHex(w.take()), toHex(bytes));
  });
});
