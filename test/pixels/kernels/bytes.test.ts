import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesAt, createTwins, forManySeeds, MANY } from './twins.ts';

describe('kernels copyBytes and clearBytes', () => {
  const { both } = createTwins();
  const SIZE = 512;
  const addresses = both.map(({ memory }) => memory.allocate(SIZE));

  it('agree with their twins wherever from and to overlap', () => {
    for (const [i, { memory }] of both.entries())
      memory.bytes.set(
        Uint8Array.from({ length: SIZE }, (_, n) => n * 7),
        addresses[i]!,
      );
    forManySeeds(MANY, (random) => {
      const [from, to] = [random.between(0, 255), random.between(0, 255)];
      const size = random.between(0, 256);
      const clear = random.chance(5);
      const [ours, twin] = both.map((set, i) => {
        const block = addresses[i]!;
        set.kernels.copyBytes(block + from, block + to, size);
        if (clear) set.kernels.clearBytes(block + to, size >> 3);
        else set.memory.bytes[block + from] = size;
        return bytesAt(set, block, SIZE);
      });
      assert.ok(Buffer.from(ours!).equals(twin!));
    });
  });
});
