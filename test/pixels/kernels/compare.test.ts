import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTwins, forManySeeds, MANY } from './twins.ts';

describe('kernel differ', () => {
  const { both } = createTwins();

  it('agrees with its twin wherever two blocks differ by one bit of one pixel, or not at all', () => {
    const width = 64;
    const addresses = both.map(({ memory }) => memory.allocate(2 * 4 * width * width));
    forManySeeds(MANY, (random) => {
      const [w, h] = [random.between(1, 40), random.between(1, 5)];
      const stride = 4 * (w + random.between(0, 8));
      const changed = random.chance(70) ? random.between(0, h * stride - 1) : undefined;
      const bit = 1 << random.between(0, 7);
      const results = both.map(({ memory, kernels }, i) => {
        const a = addresses[i]!;
        const b = a + 4 * width * width;
        const { bytes } = memory;
        if (changed !== undefined) bytes[b + changed]! ^= bit;
        const result = kernels.differ(a, stride, b, stride, w, h);
        if (changed !== undefined) bytes[b + changed]! ^= bit;
        return result;
      });
      const inside = changed !== undefined && changed % stride < 4 * w;
      assert.deepEqual(results, inside ? [1, 1] : [0, 0]);
    });
  });
});
