import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeBlock, workplaces, type Workplace } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds, MANY } from './twins.ts';

const twins = createTwins();
const { both } = twins;
const places = workplaces(twins);

function same<T>(of: (place: Workplace) => T): T {
  const [first, second] = places.map(of);
  assert.deepEqual(first, second);
  return first!;
}

describe('kernels equalRows, equalLeft and equalRight', () => {
  it('agree with their twins on blocks with a margin of one colour', () => {
    forManySeeds(MANY, (random) => {
      const { width, height, stride } = placeBlock(random, places);
      const value = 0xff123456;
      const [top, left] = [random.between(0, height), random.between(0, width)];
      const right = random.between(0, width - left);
      for (const { set, pixels } of places) {
        for (let y = 0; y < height; y++) {
          const row = (pixels + y * stride) >>> 2;
          if (y < top) set.memory.words.fill(value, row, row + width);
          set.memory.words.fill(value, row, row + left);
          set.memory.words.fill(value, row + width - right, row + width);
        }
      }
      const counts = same(({ set: { kernels }, pixels }) => [
        kernels.equalRows(pixels, stride, width, height, value),
        kernels.equalRows(pixels + (height - 1) * stride, -stride, width, height, value),
        kernels.equalLeft(pixels, stride, width, height, value),
        kernels.equalRight(pixels, stride, width, height, value),
      ]);
      const [rows, , fromLeft, fromRight] = counts as [number, number, number, number];
      assert.ok(rows >= top && fromLeft >= left && fromRight >= right);
      if (top === height || left + right === width)
        assert.deepEqual(counts, [height, height, width, width]);
    });
  });
});

describe('kernel solidSquares', () => {
  it('agrees with its twin where some squares are solid', () => {
    const places = both.map((set) => ({
      set,
      pixels: set.memory.allocate(4 * 512 * 8),
      flags: set.memory.allocate(8),
    }));
    forManySeeds(MANY, (random) => {
      const [width, height] = [random.between(1, 500), random.between(1, 8)];
      const solid = Array.from({ length: 8 }, () => random.next());
      const flaw = random.chance(80) ? random.between(0, width * height - 1) : undefined;
      const counts = places.map(({ set, pixels, flags }) => {
        const { words } = set.memory;
        for (let y = 0; y < height; y++)
          for (let square = 0; 64 * square < width; square++)
            words.fill(
              solid[square]!,
              (pixels >>> 2) + y * width + 64 * square,
              (pixels >>> 2) + (y + 1) * width,
            );
        if (flaw !== undefined) words[(pixels >>> 2) + flaw]! ^= 1;
        set.memory.bytes.fill(0xa5, flags, flags + 9);
        return [
          set.kernels.solidSquares(pixels, 4 * width, width, height, flags),
          ...bytesAt(set, flags, 9),
        ];
      });
      assert.deepEqual(counts[0], counts[1]);
      const squares = Math.ceil(width / 64);
      const flawless =
        flaw === undefined || (height === 1 && flaw === width - 1 && width % 64 === 1);
      assert.ok(counts[0]![0]! >= squares - (flawless ? 0 : 1));
      assert.equal(counts[0]![1 + squares], 0xa5);
    });
  });
});

describe('kernel solidSquaresIn', () => {
  it('tells of any part of a picture what the pixels tell, by tiles that are of one value', () => {
    const [columns, rows] = [4, 3];
    const places = both.map((set) => ({
      set,
      picture: set.memory.allocate(4 * 64 * 64 * columns * rows),
      tiles: set.memory.allocate(columns * rows),
      flags: set.memory.allocate(columns + 1),
    }));
    forManySeeds(3000, (random) => {
      const [width, height] = [random.between(129, 256), random.between(65, 192)];
      const stride = 4 * width;
      const colours = [random.next(), random.next()];
      // Tiles of one of two colours, some of them with another pixel.
      const solid = Array.from({ length: columns * rows }, () => random.chance(60));
      const values = solid.map(() => colours[random.between(0, 3) === 0 ? 1 : 0]!);
      const flaws = solid.map(() => [random.between(0, 63), random.between(0, 63)] as const);
      for (const { set, picture, tiles } of places) {
        const { words } = set.memory;
        for (let i = 0; i < columns * rows; i++) {
          const left = 64 * (i % columns);
          const top = 64 * Math.floor(i / columns);
          const [right, bottom] = [Math.min(left + 64, width), Math.min(top + 64, height)];
          for (let y = top; y < bottom; y++)
            words.fill(
              values[i]!,
              (picture >>> 2) + y * width + left,
              (picture >>> 2) + y * width + right,
            );
          const [x, y] = [left + flaws[i]![0], top + flaws[i]![1]];
          if (!solid[i] && x < right && y < bottom) words[(picture >>> 2) + y * width + x]! ^= 1;
          const first = picture + top * stride + 4 * left;
          const [across, down] = [right - left, bottom - top];
          if (across > 0 && down > 0)
            set.kernels.solidSquares(first, stride, across, down, tiles + i);
        }
      }
      for (let cut = 0; cut < 40; cut++) {
        const [x, y] = [random.between(0, width - 1), random.between(0, height - 1)];
        const [w, h] = [random.between(1, width - x), random.between(1, Math.min(64, height - y))];
        const aligned = random.chance(50) ? ~63 : ~0;
        const [left, top] = [x & aligned, y & aligned];
        const flags = places.map((place) => {
          const { set, picture, tiles } = place;
          const start = picture + top * stride + 4 * left;
          set.memory.bytes.fill(0xa5, place.flags, place.flags + columns + 1);
          return [
            set.kernels.solidSquaresIn(start, stride, w, h, place.flags, tiles, columns, left, top),
            ...bytesAt(set, place.flags, columns + 1),
          ];
        });
        assert.deepEqual(flags[0], flags[1]);
      }
    });
  });
});

describe('kernels countTransitions and countRepeats', () => {
  it('agree with their twins', () => {
    forManySeeds(MANY, (random) => {
      const { width, height, stride } = placeBlock(random, places);
      const step = random.between(1, 8);
      same(({ set: { kernels }, pixels }) => [
        kernels.countTransitions(pixels, stride, width, height, step),
        kernels.countRepeats(pixels, stride, width, height, step),
      ]);
    });
  });
});

describe('kernel filterGradient', () => {
  it('agrees with its twin, and is undone by what viewers do', () => {
    forManySeeds(MANY, (random) => {
      const { width, height } = placeBlock(random, places);
      const [rowBytes, length] = [3 * width, 3 * width * height];
      const source = bytesAt(places[0]!.set, places[0]!.pixels, length);
      const filtered = same(({ set, pixels, target }) => {
        set.kernels.filterGradient(pixels, rowBytes, height, target);
        return bytesAt(set, target, length + 32);
      });
      assert.ok(filtered.subarray(length).every((byte) => byte === 0xa5));
      const restored = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const [first, top] = [i % rowBytes < 3, i < rowBytes];
        const left = first ? 0 : restored[i - 3]!;
        const above = top ? 0 : restored[i - rowBytes]!;
        const aboveLeft = first || top ? 0 : restored[i - rowBytes - 3]!;
        restored[i] = filtered[i]! + Math.max(0, Math.min(255, left + above - aboveLeft));
      }
      assert.deepEqual(restored, source);
    });
  });
});
