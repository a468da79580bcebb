import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { TileMap } from '../../src/server/tile-map.ts';

const WIDTH = 200;
const HEIGHT = 150;

const rectangle = fc.record({
  x: fc.integer({ min: -50, max: 250 }),
  y: fc.integer({ min: -50, max: 200 }),
  width: fc.nat(200),
  height: fc.nat(200),
});

describe('TileMap', () => {
  it('begins empty', () => {
    const map = new TileMap(WIDTH, HEIGHT);
    assert.ok(map.isEmpty);
    assert.equal(map.count, 0);
    assert.deepEqual(Array.from(map.runs()), []);
    assert.deepEqual(map.box, { x: 0, y: 0, width: 0, height: 0 });
    assert.ok(!map.touches({ x: 0, y: 0, width: WIDTH, height: HEIGHT }));
  });

  it('gives runs of tiles that cover all that was marked inside the picture, and no tile besides', () => {
    fc.assert(
      fc.property(fc.array(rectangle, { maxLength: 4 }), (marked) => {
        const map = new TileMap(WIDTH, HEIGHT);
        for (const r of marked) map.mark(r);
        const tiles = new Set<number>();
        const tileOf = (x: number, y: number): number => (x >> 6) + 100 * (y >> 6);
        for (const r of marked)
          for (let y = Math.max(0, r.y); y < Math.min(HEIGHT, r.y + r.height); y++)
            for (let x = Math.max(0, r.x); x < Math.min(WIDTH, r.x + r.width); x++)
              tiles.add(tileOf(x, y));
        assert.equal(map.count, tiles.size);
        assert.equal(map.isEmpty, tiles.size === 0);
        const covered = Array.from(map.runs()).flatMap((run) => {
          assert.ok(run.x + run.width <= WIDTH && run.y + run.height <= HEIGHT);
          const columns = Array.from({ length: Math.ceil(run.width / 64) }, (_, i) => i * 64);
          return columns.map((dx) => tileOf(run.x + dx, run.y));
        });
        assert.deepEqual(covered, Array.from(tiles).sort(byRow));
        for (const x of [0, 64, 128, 199]) {
          const pixel: Rectangle = { x, y: 70, width: 1, height: 1 };
          assert.equal(map.touches(pixel), tiles.has(tileOf(x, 70)));
        }
      }),
      { numRuns: 100 },
    );
  });
});

const byRow = (a: number, b: number): number =>
  Math.floor(a / 100) - Math.floor(b / 100) || (a % 100) - (b % 100);
