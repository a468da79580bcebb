import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeBlock, workplaces, type Workplace } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds } from './twins.ts';

const places = workplaces(createTwins());

function same<T>(of: (place: Workplace) => T): T {
  const [first, second] = places.map(of);
  assert.deepEqual(first, second);
  return first!;
}

describe('kernel packPixels', () => {
  it('agrees with its twin for all sizes, orders and shifts, and writes no byte too much', () => {
    forManySeeds(40_000, (random) => {
      const { width, height, stride, values } = placeBlock(random, places);
      const size = random.between(1, 4);
      const whole = random.chance(70);
      const shifts = [0, 1, 2, 3].map((i) =>
        i >= size ? 0 : whole ? 8 * random.between(0, 3) : random.between(0, 31),
      ) as [number, number, number, number];
      const length = size * width * height;
      const bytes = same(({ set, pixels, target }) => {
        set.kernels.packPixels(pixels, stride, width, height, target, size, ...shifts);
        return bytesAt(set, target, length + 32);
      });
      assert.ok(bytes.subarray(length).every((byte) => byte === 0xa5));
      assert.equal(bytes[size - 1], (values[0]! >>> shifts[size - 1]!) & 255);
    });
  });
});

describe('kernels moveChannels and translatePixels', () => {
  it('agree with their twins, and with each other where both can do it', () => {
    const tables = places.map(({ set }) => set.memory.allocate(3 * 1024));
    forManySeeds(30_000, (random) => {
      const { width, height, stride } = placeBlock(random, places);
      const targetStride = 4 * (width + random.between(0, 4));
      const shifts = [0, 1, 2].map((i) => 8 * i + random.between(0, 8)) as [number, number, number];
      const filler = random.chance(50) ? 0xff000000 : 0;
      const moved = same(({ set, pixels, target }) => {
        set.kernels.moveChannels(
          pixels,
          stride,
          width,
          height,
          target,
          targetStride,
          ...shifts,
          filler,
        );
        return bytesAt(set, target, targetStride * height + 32);
      });
      places.forEach(({ set }, i) => {
        for (let entry = 0; entry < 768; entry++)
          set.memory.words[(tables[i]! >>> 2) + entry] =
            ((entry & 255) << shifts[entry >> 8]!) | (entry < 256 ? filler : 0);
      });
      const translated = same((place) => {
        const { set, pixels, target } = place;
        set.memory.bytes.fill(0xa5, target, target + targetStride * height + 32);
        const table = tables[places.indexOf(place)]!;
        set.kernels.translatePixels(pixels, stride, width, height, target, targetStride, table);
        return bytesAt(set, target, targetStride * height + 32);
      });
      assert.deepEqual(translated, moved);
    });
  });
});
