import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Palette } from '../../src/codec/palette.ts';

describe('Palette', () => {
  it('numbers values in order of appearance', () => {
    const palette = new Palette();
    palette.clear(256);
    assert.deepEqual(
      [9, 7, 9, 0, 0xffffffff, 7, 0].map((value) => palette.add(value)),
      [0, 1, 0, 2, 3, 1, 2],
    );
    assert.deepEqual(Array.from(palette.found()), [9, 7, 0, 0xffffffff]);
  });

  it('has no room beyond its limit, and still knows what it has', () => {
    const palette = new Palette();
    palette.clear(2);
    assert.deepEqual(
      [1, 2, 3, 1, 3, 2].map((value) => palette.add(value)),
      [0, 1, -1, 0, -1, 1],
    );
    assert.equal(palette.count, 2);
  });

  it('never holds more than 256 colours', () => {
    const palette = new Palette();
    palette.clear(1000);
    for (let i = 0; i < 256; i++) assert.equal(palette.add(i * 0x01010101), i);
    assert.equal(palette.add(5), -1);
  });

  it('agrees with a Map, used again and again', () => {
    const palette = new Palette();
    fc.assert(
      fc.property(
        // Few distinct low bits, so that many share a slot.
        fc.array(
          fc.integer({ min: 0, max: 400 }).map((n) => (n << 22) >>> 0),
          { maxLength: 600 },
        ),
        fc.integer({ min: 1, max: 256 }),
        (values, limit) => {
          palette.clear(limit);
          const known = new Map<number, number>();
          for (const value of values) {
            if (!known.has(value) && known.size < limit) known.set(value, known.size);
            assert.equal(palette.add(value), known.get(value) ?? -1);
          }
          assert.deepEqual(Array.from(palette.found()), [...known.keys()]);
        },
      ),
    );
  });
});
