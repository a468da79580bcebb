import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Region } from '../../src/pixels/region.ts';
import { inMovingOrder, partOf, sourceOf, type Move } from '../../src/server/move.ts';

const SIDE = 40;

describe('inMovingOrder', () => {
  it('lets any disjoint parts of one motion be moved one after the other, as if all at once', () => {
    const part = fc.record({
      x: fc.integer({ min: 10, max: 28 }),
      y: fc.integer({ min: 10, max: 28 }),
      width: fc.integer({ min: 1, max: 12 }),
      height: fc.integer({ min: 1, max: 12 }),
    });
    const distance = fc.integer({ min: -10, max: 10 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), distance, distance, (sources, dx, dy) => {
        const region = new Region(10_000);
        for (const { x, y, width, height } of sources) {
          const [right, bottom] = [Math.min(x + width, 30), Math.min(y + height, 30)];
          region.add({ x, y, width: right - x, height: bottom - y });
        }
        const parts = region.rectangles.map(
          (r): Move => ({ from: r, to: { ...r, x: r.x + dx, y: r.y + dy } }),
        );
        const before = new Framebuffer(SIDE, SIDE);
        before.pixels.forEach((_, i) => {
          before.pixels[i] = i;
        });
        const wanted = new Framebuffer(SIDE, SIDE, before.pixels.slice());
        for (const { from, to } of parts) wanted.put(to, before.get({ ...to, ...xy(from) }));
        const moved = new Framebuffer(SIDE, SIDE, before.pixels.slice());
        const ordered = inMovingOrder(parts);
        for (const { from, to } of ordered) moved.move(from.x, from.y, to);
        assert.equal(ordered.length, parts.length);
        assert.deepEqual(moved.pixels, wanted.pixels);
      }),
      { numRuns: 1000 },
    );
  });
});

const xy = ({ x, y }: { x: number; y: number }) => ({ x, y });

describe('partOf', () => {
  it('comes from as far away as the whole', () => {
    const move = { from: { x: 1, y: 2 }, to: { x: 11, y: 22, width: 5, height: 6 } };
    const part = partOf(move, { x: 13, y: 23, width: 1, height: 2 });
    assert.deepEqual(sourceOf(part), { x: 3, y: 3, width: 1, height: 2 });
  });
});
