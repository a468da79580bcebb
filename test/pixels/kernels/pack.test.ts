import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeBlock, workplaces, type Workplace } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds, MANY, sameBytes } from './twins.ts';

const places = workplaces(createTwins());

function same(of: (place: Workplace) => Uint8Array): Uint8Array {
  const [first, second] = places.map(of);
  assert.ok(sameBytes(first!, second!));
  return first!;
}

describe('kernel packPixels', () => {
  it('agrees with its twin for all sizes, orders and shifts, and writes no byte too much', () => {
    forManySeeds(MANY, (random) => {
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

const channelTables = new Map<number, Uint32Array>();

/** What each value of a channel becomes; made once, as it takes longer than the kernels. */
function channelTable(shift: number, filler: number): Uint32Array {
  const known = channelTables.get(filler + shift);
  if (known !== undefined) return known;
  const table = Uint32Array.from({ length: 256 }, (_, value) => (value << shift) | filler);
  channelTables.set(filler + shift, table);
  return table;
}

describe('kernels moveChannels and translatePixels', () => {
  it('agree with their twins, and with each other where both can do it', () => {
    const tables = places.map(({ set }) => set.memory.allocate(3 * 1024));
    forManySeeds(MANY, (random) => {
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
        for (const [channel, shift] of shifts.entries()) {
          const table = channelTable(shift, channel === 0 ? filler : 0);
          set.memory.words.set(table, (tables[i]! >>> 2) + 256 * channel);
        }
      });
      const translated = same((place) => {
        const { set, pixels, target } = place;
        set.memory.bytes.fill(0xa5, target, target + targetStride * height + 32);
        const table = tables[places.indexOf(place)]!;
        set.kernels.translatePixels(pixels, stride, width, height, target, targetStride, table);
        return bytesAt(set, target, targetStride * height + 32);
      });
      assert.ok(sameBytes(translated, moved));
    });
  });
});
