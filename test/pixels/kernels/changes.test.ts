import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FEATURE_TABLE_BYTES, type KernelSet } from '../../../src/pixels/kernels/kernels.ts';
import {
  bytesAt,
  clearAt,
  createTwins,
  forManySeeds,
  MANY,
  randomPicture,
  sameBytes,
  type Random,
} from './twins.ts';

const SIDE = 160;
const PICTURE_BYTES = 4 * SIDE * SIDE;
const OUT_BYTES = 4096;

/** Two pictures and room for results, at the same places in both memories. */
function arrange(both: readonly KernelSet[]) {
  const addresses = both.map(({ memory }) => memory.allocate(2 * PICTURE_BYTES + OUT_BYTES));
  return (set: KernelSet) => {
    const a = addresses[both.indexOf(set)]!;
    return { a, b: a + PICTURE_BYTES, out: a + 2 * PICTURE_BYTES };
  };
}

/** A block, its place in the pictures, and what of it is made different. */
function randomCase(random: Random, maxWidth: number, maxHeight: number) {
  const [width, height] = [random.between(1, maxWidth), random.between(1, maxHeight)];
  const changes = Array.from({ length: random.between(0, 3) }, () => ({
    x: random.between(0, width - 1),
    y: random.between(0, height - 1),
    bit: 1 << random.between(0, 23),
  }));
  const [aStride, bStride] = [0, 0].map(() => 4 * (width + random.between(0, 9))) as [
    number,
    number,
  ];
  return { width, height, changes, aStride, bStride };
}

type Case = ReturnType<typeof randomCase>;

/** Makes `b` what `a` is, but for the changes. */
function prepare(set: KernelSet, at: { a: number; b: number }, given: Case): void {
  const { words } = set.memory;
  for (let y = 0; y < given.height; y++) {
    const from = (at.a + y * given.aStride) >>> 2;
    words.copyWithin((at.b + y * given.bStride) >>> 2, from, from + given.width);
  }
  for (const { x, y, bit } of given.changes) words[((at.b + y * given.bStride) >>> 2) + x]! ^= bit;
}

const isChanged = ({ changes }: Case, x: number, y: number): boolean =>
  changes.filter((c) => c.x === x && c.y === y).reduce((bits, c) => bits ^ c.bit, 0) !== 0;

describe('kernels for what changed', () => {
  const { both } = createTwins();
  const placed = arrange(both);
  const picture = new Uint32Array(SIDE * SIDE).map((_, i) => Math.imul(i, 0x9e3779b1) >>> 0);
  for (const set of both) set.memory.words.set(picture, placed(set).a >>> 2);

  it('changedTiles flags the columns of 64 pixels that differ, as its twin', () => {
    forManySeeds(MANY, (random) => {
      const given = randomCase(random, 150, 4);
      const [wasm, plain] = both.map((set) => {
        const at = placed(set);
        prepare(set, at, given);
        const { width, height, aStride, bStride } = given;
        const count = set.kernels.changedTiles(at.a, aStride, at.b, bStride, width, height, at.out);
        const columns = Math.ceil(width / 64);
        return [count, ...set.memory.bytes.subarray(at.out, at.out + columns)];
      });
      assert.deepEqual(wasm, plain);
      const wanted = [0, 64, 128]
        .filter((x) => x < given.width)
        .map((x) => given.changes.some((c) => isChanged(given, c.x, c.y) && c.x >> 6 === x >> 6));
      assert.deepEqual(wasm!.slice(1), wanted.map(Number));
      assert.equal(wasm![0], wanted.filter(Boolean).length);
    });
  });

  it('takeChanges copies just the smallest rectangle around all changes, as its twin', () => {
    forManySeeds(MANY, (random) => {
      const given = randomCase(random, 40, 6);
      const { width, height, aStride, bStride } = given;
      const results = both.map((set) => {
        const at = placed(set);
        prepare(set, at, given);
        set.memory.words.fill(7, at.out >>> 2, (at.out >>> 2) + 4);
        const found = set.kernels.takeChanges(at.a, aStride, at.b, bStride, width, height, at.out);
        const differs = set.kernels.differ(at.a, aStride, at.b, bStride, width, height);
        const box = Array.from(set.memory.words.subarray(at.out >>> 2, (at.out >>> 2) + 4));
        return { found, differs, box, written: bytesAt(set, at.b, height * bStride) };
      });
      assert.deepEqual(results[0], results[1]);
      const changed = given.changes.filter((c) => isChanged(given, c.x, c.y));
      assert.equal(results[0]!.differs, 0);
      assert.equal(results[0]!.found, changed.length > 0 ? 1 : 0);
      if (changed.length === 0) return;
      const [xs, ys] = [changed.map((c) => c.x), changed.map((c) => c.y)];
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      assert.deepEqual(results[0]!.box, [x, y, Math.max(...xs) + 1 - x, Math.max(...ys) + 1 - y]);
    });
  });

  it('equalCells compares 32 pixels of a row at a time, as its twin', () => {
    forManySeeds(MANY, (random) => {
      const given = randomCase(random, 100, 4);
      const { width, height, aStride, bStride } = given;
      const columns = Math.ceil(width / 32);
      const cellsStride = columns + random.between(0, 2);
      const [wasm, plain] = both.map((set) => {
        const at = placed(set);
        prepare(set, at, given);
        set.memory.bytes.fill(9, at.out, at.out + height * cellsStride);
        set.kernels.equalCells(at.a, aStride, at.b, bStride, width, height, at.out, cellsStride);
        return bytesAt(set, at.out, height * cellsStride);
      });
      assert.deepEqual(wasm, plain);
      for (const { x, y } of given.changes) {
        if (isChanged(given, x, y)) assert.equal(wasm![y * cellsStride + (x >> 5)], 0);
      }
    });
  });

  it('moveBlock moves as if through a copy, whichever way the places overlap, as its twin', () => {
    const [width, height] = [24, 16];
    forManySeeds(MANY, (random) => {
      const [w, h] = [random.between(1, width), random.between(1, height)];
      const [fromX, fromY] = [random.between(0, width - w), random.between(0, height - h)];
      const [toX, toY] = [random.between(0, width - w), random.between(0, height - h)];
      const start = random.between(0, 1000);
      const before = picture.subarray(start, start + width * height);
      const [wasm, plain] = both.map((set) => {
        const { b } = placed(set);
        set.memory.words.set(before, b >>> 2);
        const at = (x: number, y: number): number => b + 4 * (y * width + x);
        set.kernels.moveBlock(at(fromX, fromY), at(toX, toY), 4 * width, w, h);
        return set.memory.words.slice(b >>> 2, (b >>> 2) + width * height);
      });
      const wanted = before.slice();
      for (let y = 0; y < h; y++) {
        const from = (fromY + y) * width + fromX;
        wanted.set(before.subarray(from, from + w), (toY + y) * width + toX);
      }
      assert.ok(Buffer.from(wasm!.buffer).equals(Buffer.from(plain!.buffer)));
      assert.ok(Buffer.from(wasm!.buffer).equals(Buffer.from(wanted.buffer)));
    });
  });
});

describe('kernels for features', () => {
  const { both } = createTwins();
  const places = both.map(({ memory }) => ({
    old: memory.allocate(PICTURE_BYTES),
    fresh: memory.allocate(PICTURE_BYTES),
    table: memory.allocate(FEATURE_TABLE_BYTES),
    votes: memory.allocate(OUT_BYTES),
  }));

  /** What both sets find between two pictures: a table and votes, which are the same. */
  function votesOf(
    before: Uint32Array,
    after: Uint32Array,
    shape: { width: number; height: number; x: number; y: number; rowStep: number; room: number },
  ): { count: number; added: number; votes: readonly number[] } {
    const { width, height, x, y, rowStep, room } = shape;
    const results = both.map(({ memory, kernels }, i) => {
      const { old, fresh, table, votes } = places[i]!;
      memory.words.set(before, old >>> 2);
      memory.words.set(after, fresh >>> 2);
      clearAt(both[i]!, table, FEATURE_TABLE_BYTES);
      const stride = 4 * width;
      const added = kernels.indexFeatures(old, stride, width, height, x, y, rowStep, table, room);
      const count = kernels.matchFeatures(fresh, stride, width, height, x, y, table, votes, 1000);
      return {
        added,
        count,
        votes: Array.from(memory.words.subarray(votes >>> 2, (votes >>> 2) + count)),
        table: memory.bytes.subarray(table, table + FEATURE_TABLE_BYTES),
      };
    });
    assert.equal(results[0]!.added, results[1]!.added);
    assert.deepEqual(results[0]!.votes, results[1]!.votes);
    assert.ok(sameBytes(results[0]!.table, results[1]!.table));
    return results[0]!;
  }

  it('agree with their twins on pictures of every kind', () => {
    forManySeeds(MANY, (random) => {
      const small = random.chance(97);
      const [width, height] = small
        ? [random.between(30, 50), random.between(1, 3)]
        : [random.between(30, 90), random.between(1, 16)];
      const before = randomPicture(random, width, height);
      const after = before.slice();
      if (random.chance(80)) after.copyWithin(0, random.between(0, width * 3), before.length);
      const shape = {
        width,
        height,
        x: random.between(0, 60_000),
        y: random.between(0, 60_000),
        rowStep: random.between(1, 3),
        room: random.between(0, 400),
      };
      const { added } = votesOf(before, after, shape);
      assert.ok(added <= shape.room);
    });
  });

  it('vote for how far a picture moved, in both directions', () => {
    const [width, height] = [150, 100];
    const noise = new Uint32Array(width * height).map((_, i) => Math.imul(i, i) >>> 7);
    const after = new Uint32Array(width * height);
    const [dx, dy] = [-5, 7];
    for (let y = dy; y < height; y++)
      for (let x = 0; x < width + dx; x++) after[y * width + x] = noise[(y - dy) * width + x - dx]!;
    const shape = { width, height, x: 10, y: 20, rowStep: 3, room: 6000 };
    const { votes, count } = votesOf(noise, after, shape);
    assert.ok(count > 50, `${count} votes`);
    assert.ok(votes.every((vote) => vote === ((dy << 16) | (dx & 0xffff)) >>> 0));
  });
});
