import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  PALETTE_BYTES,
  PALETTE_COLOURS,
  PALETTE_COUNT,
  PALETTE_TRANSITIONS,
} from '../../../src/pixels/kernels/palette-layout.ts';
import { placeBlock, workplaces, type TwinBlock } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds, MANY, Random } from './twins.ts';

const twins = createTwins();
const places = workplaces(twins).map((place) => {
  const { memory } = place.set;
  const palettes = [0, 1].map(() => memory.allocate(PALETTE_BYTES)) as [number, number];
  for (const palette of palettes) memory.bytes.fill(0, palette, palette + PALETTE_BYTES);
  return { ...place, palettes, lookup: memory.allocate(256), list: memory.allocate(2048) };
});
type Place = (typeof places)[number];

/** The same of both twins, which is returned. */
function same<T>(of: (place: Place) => T): T {
  const [first, second] = places.map(of);
  assert.deepEqual(first, second);
  return first!;
}

/** A whole palette, or what users read of it: slots need not agree, as one kind may skip look-ups that the other makes. */
const paletteOf = ({ set, palettes: [palette] }: Place): number[] => {
  const { words } = set.memory;
  const count = words[(palette + PALETTE_COUNT) >>> 2]!;
  const colours = (palette + PALETTE_COLOURS) >>> 2;
  return [
    words[(palette + PALETTE_TRANSITIONS) >>> 2]!,
    ...words.subarray(colours, colours + count),
  ];
};

const scan = (place: Place, block: TwinBlock, limit: number, which = 0): number =>
  place.set.kernels.scanPalette(
    place.pixels,
    block.stride,
    block.width,
    block.height,
    limit,
    place.palettes[which]!,
    place.target,
  );

describe('kernel scanPalette', () => {
  it('agrees with its twin, and with what a Set finds', () => {
    forManySeeds(MANY, (random) => {
      const block = placeBlock(random, places);
      const limit = random.chance(50) ? 256 : random.between(1, 256);
      const count = same((place) => scan(place, block, limit));
      const { width, height, stride, values } = block;
      const rows = Array.from({ length: height }, (_, y) =>
        values.subarray((y * stride) / 4, (y * stride) / 4 + width),
      );
      const all = rows.flatMap((row) => [...row]);
      const distinct = [...new Set(all)];
      assert.equal(count, distinct.length > limit ? 0 : distinct.length);
      if (count === 0) return;
      const transitions = all.filter((value, i) => i > 0 && value !== all[i - 1]).length;
      assert.deepEqual(same(paletteOf), [transitions, ...distinct]);
      const again = same(({ set: { kernels }, pixels, palettes: [palette] }) =>
        kernels.scanPalette(pixels, stride, width, height, limit, palette, 0),
      );
      assert.equal(again, count);
      assert.deepEqual(same(paletteOf), [transitions, ...distinct]);
      const indexes = same(({ set, target }) => bytesAt(set, target, width * height + 32));
      const position = new Map(distinct.map((value, i) => [value, i]));
      assert.deepEqual(
        [...indexes.subarray(0, width * height)],
        all.map((value) => position.get(value)),
      );
      assert.ok(indexes.subarray(width * height).every((byte) => byte === 0xa5));
    });
  });

  it('starts again after more palettes than its generations count', () => {
    const random = new Random(3);
    const block = placeBlock(random, places);
    const before = same((place) => [scan(place, block, 256), ...paletteOf(place)]);
    for (const { set, palettes } of places)
      for (let i = 0; i < 0x10001; i++) set.kernels.clearPalette(palettes[0]);
    assert.deepEqual(
      same((place) => [scan(place, block, 256), ...paletteOf(place)]),
      before,
    );
  });
});

describe('kernels mapIndexes and mapBits', () => {
  it('agree with their twins, and mapIndexes with the scan', () => {
    forManySeeds(MANY, (random) => {
      const block = placeBlock(random, places);
      const { width, height, stride, values } = block;
      if (same((place) => scan(place, block, 256)) > 0) {
        const scanned = same(({ set, target }) => bytesAt(set, target, width * height));
        const mapped = same(({ set, pixels, palettes, target }) => {
          set.memory.bytes.fill(0xa5, target, target + width * height);
          set.kernels.mapIndexes(pixels, stride, width, height, palettes[0], target);
          return bytesAt(set, target, width * height + 32);
        });
        assert.deepEqual(mapped.subarray(0, width * height), scanned);
      }
      same(({ set, pixels, target }) => {
        set.memory.bytes.fill(0xa5, target, target + width * height + 32);
        set.kernels.mapBits(pixels, stride, width, height, values[0]!, target);
        return bytesAt(set, target, ((width + 7) >> 3) * height + 32);
      });
    });
  });
});

describe('kernels copyColours, addColours, dropColours and remapIndexes', () => {
  it('agree with their twins: palettes are joined, cut back and joined again', () => {
    forManySeeds(MANY, (random) => {
      for (const { set, palettes } of places) set.kernels.clearPalette(palettes[0]);
      const limit = random.chance(50) ? 256 : random.between(1, 256);
      let count = 0;
      for (let round = random.between(1, 4); round > 0; round--) {
        const block = placeBlock(random, places);
        const { width, height } = block;
        const found = same((place) => scan(place, block, 256, 1));
        if (found === 0) continue;
        const joined = same(({ set, palettes, lookup, list }) => {
          set.kernels.copyColours(palettes[1], list);
          return set.kernels.addColours(palettes[0], list, limit, lookup);
        });
        const after = same(paletteOf);
        assert.equal(after.length - 1, joined === 0 ? count : joined);
        assert.equal(new Set(after.slice(1)).size, after.length - 1);
        if (joined === 0) continue;
        count = joined;
        const to = same(({ set, lookup, target }) => {
          const next = target + width * height + 64;
          set.kernels.remapIndexes(target, width, height, lookup, found, next, width + 3);
          return bytesAt(set, next, (width + 3) * height);
        });
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            assert.equal(
              after[1 + to[y * (width + 3) + x]!],
              block.values[(y * block.stride) / 4 + x],
            );
        if (random.chance(30)) {
          count = random.between(0, count);
          for (const { set, palettes } of places) set.kernels.dropColours(palettes[0], count);
          assert.deepEqual(same(paletteOf).slice(1), after.slice(1, 1 + count));
        }
      }
    });
  });
});
