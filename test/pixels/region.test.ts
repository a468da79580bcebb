import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { boundingBox, Region } from '../../src/pixels/region.ts';
import { isEmpty, type Rectangle } from '../../src/rfb/rectangle.ts';

const SIDE = 20;

/** A region the naive way: a flag for each pixel. */
class Bitmap {
  readonly bits = new Uint8Array(SIDE * SIDE);

  set(r: Rectangle, bit: 0 | 1): void {
    for (let y = r.y; y < r.y + r.height; y++)
      for (let x = r.x; x < r.x + r.width; x++) this.bits[y * SIDE + x] = bit;
  }

  static of(rectangles: Iterable<Rectangle>): Bitmap {
    const bitmap = new Bitmap();
    for (const r of rectangles) bitmap.set(r, 1);
    return bitmap;
  }

  get area(): number {
    return this.bits.reduce((sum, bit) => sum + bit, 0);
  }

  cut(bounds: Rectangle): Bitmap {
    const cut = new Bitmap();
    cut.set(bounds, 1);
    cut.bits.forEach((bit, i) => {
      cut.bits[i] = bit & this.bits[i]!;
    });
    return cut;
  }
}

const rectangle = fc
  .record({ x: fc.nat(SIDE), y: fc.nat(SIDE), right: fc.nat(SIDE), bottom: fc.nat(SIDE) })
  .map(({ x, y, right, bottom }) => ({
    x: Math.min(x, right),
    y: Math.min(y, bottom),
    width: Math.abs(right - x),
    height: Math.abs(bottom - y),
  }));

const step = fc.record({ what: fc.constantFrom('add', 'add', 'subtract', 'take'), r: rectangle });
const steps = fc.array(step, { maxLength: 25 });

/** What holds for every region. */
function assertSound(region: Region, max = 32): void {
  const { rectangles } = region;
  assert.ok(rectangles.length <= max);
  assert.ok(rectangles.every((r) => !isEmpty(r)));
  assert.equal(region.isEmpty, rectangles.length === 0);
  const bitmap = Bitmap.of(rectangles);
  assert.equal(region.area, bitmap.area, 'rectangles overlap');
}

describe('Region', () => {
  it('begins empty, and nothing is in it', () => {
    const region = new Region();
    assert.ok(region.isEmpty);
    assert.equal(region.area, 0);
    assert.deepEqual(region.take({ x: 0, y: 0, width: 99, height: 99 }), []);
  });

  it('holds exactly what a bitmap would, as disjoint rectangles, as long as it has room', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const region = new Region(10_000);
        const bitmap = new Bitmap();
        for (const { what, r } of all) {
          if (what === 'add') {
            region.add(r);
            bitmap.set(r, 1);
          } else {
            if (what === 'subtract') region.subtract(r);
            else assert.deepEqual(Bitmap.of(region.take(r)).bits, bitmap.cut(r).bits);
            bitmap.set(r, 0);
          }
          assertSound(region, 10_000);
          assert.deepEqual(Bitmap.of(region.rectangles).bits, bitmap.bits);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('never has more rectangles than it may, and loses nothing for it', () => {
    fc.assert(
      fc.property(
        fc.array(rectangle, { maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        (all, max) => {
          const region = new Region(max);
          const bitmap = new Bitmap();
          for (const r of all) {
            region.add(r);
            bitmap.set(r, 1);
            assertSound(region, max);
            const held = Bitmap.of(region.rectangles);
            assert.ok(bitmap.bits.every((bit, i) => bit <= held.bits[i]!));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never has more rectangles than it may after a subtraction either', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, max) => {
        const region = new Region(max);
        for (const { what, r } of all) {
          if (what === 'add') region.add(r);
          else if (what === 'subtract') region.subtract(r);
          else region.take(r);
          assertSound(region, max);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('gives what is inside bounds without losing it, and take() removes just that', () => {
    fc.assert(
      fc.property(fc.array(rectangle, { maxLength: 8 }), rectangle, (all, bounds) => {
        const region = new Region(10_000);
        for (const r of all) region.add(r);
        const bitmap = Bitmap.of(all);
        assert.deepEqual(Bitmap.of(region.intersected(bounds)).bits, bitmap.cut(bounds).bits);
        assert.equal(region.intersects(bounds), bitmap.cut(bounds).area > 0);
        assert.deepEqual(Bitmap.of(region.rectangles).bits, bitmap.bits);
        region.take(bounds);
        bitmap.set(bounds, 0);
        assert.deepEqual(Bitmap.of(region.rectangles).bits, bitmap.bits);
      }),
    );
  });

  it('is empty once cleared', () => {
    const region = new Region();
    region.add({ x: 1, y: 1, width: 2, height: 2 });
    region.clear();
    assert.ok(region.isEmpty);
  });

  it('joins what is added with what it makes one rectangle with', () => {
    const region = new Region();
    for (const y of [0, 20, 10]) region.add({ x: 5, y, width: 30, height: 10 });
    region.add({ x: 35, y: 0, width: 10, height: 20 });
    const { rectangles } = region;
    assert.deepEqual(
      rectangles.map(({ x, y, width, height }) => [x, y, width, height]),
      [
        [5, 0, 30, 30],
        [35, 0, 10, 20],
      ],
    );
  });

  it('merges the two that waste least when it is full', () => {
    const region = new Region(2);
    region.add({ x: 0, y: 0, width: 2, height: 2 });
    region.add({ x: 18, y: 18, width: 2, height: 2 });
    region.add({ x: 3, y: 0, width: 2, height: 2 });
    const sorted = Array.from(region.rectangles).sort((a, b) => a.x - b.x);
    assert.deepEqual(sorted, [
      { x: 0, y: 0, width: 5, height: 2 },
      { x: 18, y: 18, width: 2, height: 2 },
    ]);
  });
});

describe('boundingBox', () => {
  it('is the smallest rectangle around both', () => {
    assert.deepEqual(
      boundingBox({ x: 1, y: 5, width: 2, height: 2 }, { x: 4, y: 1, width: 1, height: 1 }),
      { x: 1, y: 1, width: 4, height: 6 },
    );
  });
});
