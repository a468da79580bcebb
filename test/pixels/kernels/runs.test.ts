import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeBlock, workplaces, type Workplace } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds, MANY, type Random } from './twins.ts';

const twins = createTwins();
const places = workplaces(twins);

/** What both twins return and write; they must agree. The number of bytes written is returned. */
function same(write: (place: Workplace) => number): number {
  const [first, second] = places.map((place) => {
    const length = write(place);
    return { length, bytes: bytesAt(place.set, place.target, length + 64) };
  });
  // Behind the end a kernel may scribble: only what it says it wrote counts.
  assert.equal(first!.length, second!.length);
  const { length } = first!;
  assert.deepEqual(first!.bytes.subarray(0, length), second!.bytes.subarray(0, length));
  return length;
}

/** Indexes below `most`, in runs, where the pixels would be. */
function placeIndexes(random: Random, count: number, most: number): void {
  const bytes = new Uint8Array(count);
  const together = random.between(1, 99);
  for (let i = 0; i < count; i++)
    bytes[i] = i > 0 && random.chance(together) ? bytes[i - 1]! : random.next() % most;
  for (const { set, pixels } of places) set.memory.bytes.set(bytes, pixels);
}

describe('kernels of runs', () => {
  it('writeIndexRuns agrees with its twin, and indexRunBytes tells its length', () => {
    forManySeeds(MANY, (random) => {
      const count = random.between(1, random.chance(10) ? 4096 : 200);
      placeIndexes(random, count, random.between(1, 127));
      const written = same(({ set, pixels, target }) =>
        set.kernels.writeIndexRuns(pixels, count, target),
      );
      for (const { set, pixels } of places)
        assert.equal(set.kernels.indexRunBytes(pixels, count), written);
    });
  });

  it('packIndexes agrees with its twin for 1, 2 and 4 bits', () => {
    forManySeeds(MANY, (random) => {
      const [width, height] = [random.between(1, 70), random.between(1, 9)];
      const bits = [1, 2, 4][random.next() % 3]!;
      placeIndexes(random, width * height, 1 << bits);
      same(({ set, pixels, target }) =>
        set.kernels.packIndexes(pixels, width, height, bits, target),
      );
    });
  });

  it('writePixelRuns agrees with its twin, and pixelRunBytes tells its length', () => {
    forManySeeds(MANY, (random) => {
      const { width, height, stride } = placeBlock(random, places);
      const size = random.between(1, 4);
      const shifts = [0, 8, 16, 24].map((shift) => (random.chance(50) ? shift : 24 - shift));
      const [a, b, c, d] = shifts as [number, number, number, number];
      const written = same(({ set, pixels, target }) =>
        set.kernels.writePixelRuns(pixels, stride, width, height, target, size, a, b, c, d),
      );
      for (const { set, pixels } of places) {
        const told = set.kernels.pixelRunBytes(pixels, stride, width, height, size);
        assert.equal(told, written);
      }
    });
  });
});
