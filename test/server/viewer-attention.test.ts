import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Region } from '../../src/pixels/region.ts';
import { ViewerAttention } from '../../src/server/viewer-attention.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const near = { x: 100, y: 100, width: 20, height: 20 };
const far = { x: 1500, y: 900, width: 10, height: 10 };
const film = { x: 400, y: 200, width: 800, height: 600 };

function damaged(): Region {
  const damage = new Region();
  for (const r of [film, far, near]) damage.add(r);
  return damage;
}

describe('ViewerAttention', () => {
  it('takes small changes soon after a key or a pointer event for its echo', () => {
    const attention = new ViewerAttention();
    assert.deepEqual(attention.echoes(damaged(), [screen], 0), []);
    attention.input(0);
    assert.deepEqual(attention.echoes(damaged(), [screen], 100), [far, near]);
    assert.deepEqual(attention.echoes(damaged(), [screen], 1000), []);
  });

  it('puts small changes near to the pointer in front', () => {
    const attention = new ViewerAttention();
    attention.input(0, { x: 110, y: 90 });
    assert.deepEqual(attention.nearestFirst([film, far, near]), [near, far, film]);
    attention.input(10, { x: 1500, y: 900 });
    assert.deepEqual(attention.nearestFirst([film, far, near]), [far, near, film]);
  });
});
