import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesAt, createTwins, forManySeeds, MANY, sameBytes } from './twins.ts';

describe('kernels copyBytes and clearBytes', () => {
  const { both } = createTwins();
  const SIZE = 512;
  const addresses = both.map(({ memory }) => memory.allocate(SIZE));

  /** Both twins begin with the same bytes, none of them 0. */
  const fill = (): void => {
    for (const [i, { memory }] of both.entries())
      memory.bytes.set(
        Uint8Array.from({ length: SIZE }, (_, n) => 1 + (n % 255)),
        addresses[i]!,
      );
  };

  it('copyBytes agrees with its twin wherever from and to overlap', () => {
    fill();
    forManySeeds(MANY, (random) => {
      const [from, to] = [random.between(0, 255), random.between(0, 255)];
      const size = random.between(0, 256);
      const [ours, twin] = both.map((set, i) => {
        const block = addresses[i]!;
        set.kernels.copyBytes(block + from, block + to, size);
        set.memory.bytes[block + from] = size;
        return bytesAt(set, block, SIZE);
      });
      assert.ok(sameBytes(ours!, twin!));
    });
  });

  it('clearBytes agrees with its twin wherever it begins and ends', () => {
    fill();
    forManySeeds(MANY, (random) => {
      const at = random.between(0, 255);
      const size = random.between(0, 256);
      const value = random.between(1, 255);
      const [ours, twin] = both.map((set, i) => {
        const block = addresses[i]!;
        set.memory.bytes.fill(value, block + at, block + at + size);
        set.kernels.clearBytes(block + at, size);
        const cleared = bytesAt(set, block, SIZE);
        set.memory.bytes.fill(value, block + at, block + at + size);
        return cleared;
      });
      assert.ok(sameBytes(ours!, twin!));
      assert.ok(ours!.subarray(at, at + size).every((byte) => byte === 0));
    });
  });
});
