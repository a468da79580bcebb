import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ZRLE_LAST_COUNT,
  ZRLE_LENGTHS,
  ZRLE_SOLID,
  ZRLE_STATE_BYTES,
} from '../../../src/pixels/kernels/zrle-layout.ts';
import { placeBlock, TARGET_BYTES, workplaces, type TwinBlock } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds, type Random } from './twins.ts';

const twins = createTwins();
const places = workplaces(twins).map((place) => {
  const state = place.set.memory.allocate(ZRLE_STATE_BYTES);
  place.set.kernels.clearBytes(state, ZRLE_STATE_BYTES);
  return { ...place, state };
});

/** Pixels of few bytes, in either order, or with bits that are no whole bytes. */
const shiftsOf = (random: Random, size: number): number =>
  random.chance(50)
    ? [0, 0x0800, 0x100800, 0x18100800][size - 1]!
    : [3, 0x0008, 0x000810, 0x00081018][size - 1]!;

/** Writes rows of tiles; both twins must agree on all that they tell and write. Returns how long the tiles are together. */
function writeRows(block: TwinBlock, side: number, size: number, shifts: number): number {
  const { width, height, stride } = block;
  const columns = Math.ceil(width / side);
  let total = 0;
  for (const { set, state } of places) set.memory.words[(state + ZRLE_LAST_COUNT) >>> 2] = 0;
  for (let y = 0; y < height; y += side) {
    const rows = Math.min(side, height - y);
    const [first, second] = places.map(({ set, pixels, target, state }) => {
      const from = pixels + y * stride;
      set.kernels.solidSquares(from, stride, width, rows, state + ZRLE_SOLID);
      const length = set.kernels.writeZrleTiles(
        from,
        stride,
        width,
        rows,
        side,
        size,
        shifts,
        state,
        target,
      );
      const lengths = (state + ZRLE_LENGTHS) >>> 2;
      return {
        length,
        lengths: set.memory.words.slice(lengths, lengths + columns),
        bytes: bytesAt(set, target, length),
        behind: bytesAt(set, target + length + 16, 48),
      };
    });
    assert.equal(first!.length, second!.length);
    assert.deepEqual(first!.lengths, second!.lengths);
    assert.deepEqual(first!.bytes, second!.bytes);
    assert.ok(first!.length <= width * rows * size + columns, 'no tile is larger than its pixels');
    assert.equal(
      first!.lengths.reduce((sum, length) => sum + length, 0),
      first!.length,
    );
    assert.ok(
      first!.behind.every((byte) => byte === 0xa5),
      'what stands behind the tiles is left alone',
    );
    total += first!.length;
    for (const { set, target } of places)
      set.memory.bytes.fill(0xa5, target, target + Math.min(TARGET_BYTES, first!.length + 64));
  }
  return total;
}

describe('kernels that write tiles', () => {
  it('writeZrleTiles agrees with its twin on tiles of ZRLE', () => {
    forManySeeds(12_000, (random) => {
      const block = placeBlock(random, places);
      const size = random.between(1, 4);
      writeRows(block, 64, size, shiftsOf(random, size));
    });
  });

  it('writeZrleTiles agrees with its twin on tiles of TRLE, which know the palette before', () => {
    forManySeeds(12_000, (random) => {
      const block = placeBlock(random, places);
      const size = random.between(1, 4);
      writeRows(block, 16, size, shiftsOf(random, size));
    });
  });

  it('writeZrleTiles finds exactly as many colours as there are, wherever they first appear', () => {
    forManySeeds(2000, (random) => {
      const [width, height] = [random.between(1, 64), random.between(1, 20)];
      const colours = Array.from({ length: random.between(1, 20) }, () => random.next());
      const pixels = new Uint32Array(width * height).fill(colours[0]!);
      for (const colour of colours)
        for (let i = random.between(0, 9); i > 0; i--)
          pixels[random.next() % pixels.length] = colour;
      for (const { set, pixels: at, target } of places) {
        set.memory.words.set(pixels, at >>> 2);
        set.memory.bytes.fill(0xa5, target, target + 4 * pixels.length + 128);
      }
      writeRows({ width, height, stride: 4 * width, values: pixels }, 64, 3, 0x100800);
    });
  });
});
