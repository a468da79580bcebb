import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changedTiles } from '../../bench/support/corpora.ts';
import { contains } from '../../src/rfb/rectangle.ts';

const [width, height] = [300, 200];
const blank = new Uint32Array(width * height);

function changedAt(...points: ReadonlyArray<readonly [x: number, y: number]>): Uint32Array {
  const picture = blank.slice();
  for (const [x, y] of points) picture[y * width + x] = 1;
  return picture;
}

describe('the damage between two frames', () => {
  it('is nothing when they are the same', () => {
    assert.deepEqual(changedTiles(blank, blank.slice(), width, height), []);
  });

  it('is the tile of 64x64 that a pixel changed in, cut at the edges', () => {
    const found = changedTiles(blank, changedAt([299, 199]), width, height);
    assert.deepEqual(found, [{ x: 256, y: 192, width: 44, height: 8 }]);
  });

  it('joins tiles beside and below each other', () => {
    const all = changedAt([0, 0], [64, 0], [10, 70], [100, 70]);
    assert.deepEqual(changedTiles(blank, all, width, height), [
      { x: 0, y: 0, width: 128, height: 128 },
    ]);
  });

  it('holds every changed pixel in rectangles that do not overlap', () => {
    const points = [
      [0, 0],
      [200, 10],
      [70, 70],
      [299, 100],
      [5, 199],
    ] as const;
    const found = changedTiles(blank, changedAt(...points), width, height);
    for (const [x, y] of points) {
      const holding = found.filter((r) => contains(r, { x, y, width: 1, height: 1 }));
      assert.equal(holding.length, 1);
    }
  });
});
