import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Framebuffer, OPAQUE } from '../../src/pixels/framebuffer.ts';
import { picture } from '../codec/codec-suite.ts';

const size = { width: 11, height: 9 };
const noise = (): Framebuffer => picture('noise', size, 1);

const outside = [
  { x: -1, y: 0, width: 1, height: 1 },
  { x: 0, y: -1, width: 1, height: 1 },
  { x: 11, y: 0, width: 1, height: 1 },
  { x: 0, y: 9, width: 1, height: 1 },
  { x: 0, y: 0, width: 12, height: 1 },
  { x: 0, y: 0, width: 1, height: 10 },
  { x: 0, y: 0, width: -1, height: 1 },
  { x: 0, y: 0, width: 1, height: Number.NaN },
];

const inside = fc
  .record({ x: fc.nat(11), y: fc.nat(9), right: fc.nat(11), bottom: fc.nat(9) })
  .map(({ x, y, right, bottom }) => ({
    x: Math.min(x, right),
    y: Math.min(y, bottom),
    width: Math.abs(right - x),
    height: Math.abs(bottom - y),
  }));

describe('Framebuffer', () => {
  it('begins opaque black', () => {
    const f = new Framebuffer(3, 2);
    assert.deepEqual(f.pixels, new Uint32Array(6).fill(0xff000000));
    assert.deepEqual(f.bounds, { x: 0, y: 0, width: 3, height: 2 });
  });

  it('uses pixels that it is given in place, and refuses a wrong number of them', () => {
    const pixels = new Uint32Array(6);
    new Framebuffer(3, 2, pixels).fill({ x: 1, y: 1, width: 1, height: 1 }, 0x123456);
    assert.equal(pixels[4], 0xff123456);
    assert.throws(() => new Framebuffer(3, 2, new Uint32Array(5)), RangeError);
  });

  it('refuses sizes that are empty or not whole', () => {
    for (const [width, height] of [
      [0, 1],
      [1, 0],
      [-1, 1],
      [1.5, 1],
      [Number.NaN, 1],
    ] as const)
      assert.throws(() => new Framebuffer(width, height), RangeError);
  });

  it('lies in memory as B, G, R, X', () => {
    const f = new Framebuffer(1, 1);
    f.fill(f.bounds, 0x112233);
    assert.deepEqual(f.bytes, Uint8Array.of(0x33, 0x22, 0x11, 0xff));
  });

  it('shows the same memory as bytes when its pixels begin inside a buffer', () => {
    const f = new Framebuffer(1, 1, new Uint32Array(3).subarray(1, 2));
    f.bytes[0] = 7;
    assert.equal(f.pixels[0], 7);
    assert.equal(f.bytes.length, 4);
  });

  it('fills exactly the rectangle', () => {
    fc.assert(
      fc.property(inside, (r) => {
        const f = noise();
        f.fill(r, 0xabcdef);
        const before = noise();
        for (let y = 0; y < size.height; y++) {
          for (let x = 0; x < size.width; x++) {
            const hit = x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;
            assert.equal(f.pixels[f.at(x, y)], hit ? 0xffabcdef : before.pixels[f.at(x, y)]);
          }
        }
      }),
    );
  });

  it('moves pixels as if through a copy, whichever way source and target overlap', () => {
    fc.assert(
      fc.property(inside, fc.nat(11), fc.nat(9), (to, someX, someY) => {
        const fromX = Math.min(someX, size.width - to.width);
        const fromY = Math.min(someY, size.height - to.height);
        const expected = noise();
        expected.put(to, noise().get({ ...to, x: fromX, y: fromY }));
        const moved = noise();
        moved.move(fromX, fromY, to);
        assert.deepEqual(moved.pixels, expected.pixels);
      }),
      { numRuns: 300 },
    );
  });

  it('moves by one pixel in each of the eight directions', () => {
    const to = { x: 2, y: 2, width: 6, height: 5 };
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        const expected = noise();
        expected.put(to, noise().get({ ...to, x: to.x + dx, y: to.y + dy }));
        const moved = noise();
        moved.move(to.x + dx, to.y + dy, to);
        assert.deepEqual(moved.pixels, expected.pixels);
      }
    }
  });

  it('copies blocks out and in again', () => {
    fc.assert(
      fc.property(inside, (r) => {
        const block = noise().get(r);
        assert.equal(block.length, r.width * r.height);
        const f = new Framebuffer(size.width, size.height);
        f.put(r, block);
        assert.deepEqual(f.get(r), block);
        const other = new Framebuffer(size.width, size.height);
        other.put(r, block);
        f.fill(r, 0);
        assert.deepEqual(f.pixels, new Framebuffer(size.width, size.height).pixels);
      }),
    );
  });

  it('copies out into a block that is larger, and leaves the rest of it', () => {
    const block = new Uint32Array(5).fill(9);
    const f = new Framebuffer(2, 2);
    assert.equal(f.get(f.bounds, block), block);
    assert.deepEqual(block, Uint32Array.of(OPAQUE, OPAQUE, OPAQUE, OPAQUE, 9));
  });

  it('throws at every rectangle that leaves it: our own fault, for peers’ were checked before', () => {
    const f = noise();
    for (const r of outside) {
      assert.throws(() => f.fill(r, 0), /invariant/);
      assert.throws(() => f.put(r, new Uint32Array(200)), /invariant/);
      assert.throws(() => f.get(r, new Uint32Array(200)), /invariant/);
      assert.throws(() => f.move(0, 0, r), /invariant/);
      assert.throws(
        () => f.move(r.x, r.y, { x: 0, y: 0, width: r.width, height: r.height }),
        /invariant/,
      );
    }
    assert.deepEqual(f.pixels, noise().pixels);
  });

  it('keeps what fits at another size, the rest black', () => {
    const f = noise();
    for (const [width, height] of [
      [11, 9],
      [5, 20],
      [20, 5],
      [1, 1],
    ] as const) {
      const other = f.resized(width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const expected = x < 11 && y < 9 ? f.pixels[f.at(x, y)] : OPAQUE;
          assert.equal(other.pixels[other.at(x, y)], expected);
        }
      }
    }
  });
});
