import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HEXTILE_STATE_BYTES } from '../../../src/pixels/kernels/hextile-layout.ts';
import { workplaces } from './blocks.ts';
import { bytesAt, createTwins, forManySeeds, MANY, type Random, randomPicture } from './twins.ts';

const twins = createTwins();
const places = workplaces(twins);
const states = places.map(({ set }) => set.memory.allocate(HEXTILE_STATE_BYTES));

/** What viewers remember, one colour in three of which the tile has. */
function remember(random: Random, values: Uint32Array): readonly number[] {
  const some = (): number =>
    random.chance(60) ? values[random.next() % values.length]! : random.next();
  return [some(), some(), random.between(0, 3)];
}

/** A tile, mostly of few colours. */
function tile(random: Random, columns: number, height: number): Uint32Array {
  if (random.chance(30)) return randomPicture(random, columns, height);
  const colours = Array.from({ length: random.between(1, 5) }, () => random.next());
  const together = random.between(0, 95);
  const values = new Uint32Array(columns * height);
  for (let i = 0; i < values.length; i++) {
    if (i >= columns && random.chance(together)) values[i] = values[i - columns]!;
    else if (i > 0 && random.chance(together)) values[i] = values[i - 1]!;
    else values[i] = colours[random.next() % colours.length]!;
  }
  return values;
}

describe('the kernel for Hextile', () => {
  it('agrees with its twin, in what it writes and what it remembers', () => {
    const kinds = new Set<number>();
    forManySeeds(MANY, (random) => {
      const [width, height] = random.chance(20)
        ? [16, 16]
        : [random.between(1, random.chance(20) ? 40 : 12), random.between(1, 10)];
      const columns = width + random.between(0, 3);
      const values = tile(random, columns, height);
      const known = remember(random, values);
      const size = random.between(1, 4);
      const shifts = random.chance(50) ? 0x18100800 : 0x00081018;
      const results = places.map(({ set, pixels, target }, i) => {
        set.memory.words.set(values, pixels >>> 2);
        set.memory.words.set(known, states[i]! >>> 2);
        const length = set.kernels.writeHextileTiles(
          pixels,
          4 * columns,
          width,
          height,
          size,
          shifts,
          states[i]!,
          target,
        );
        return {
          length,
          bytes: bytesAt(set, target, length),
          state: knownOf(bytesAt(set, states[i]!, 12)),
        };
      });
      assert.deepEqual(results[0], results[1]);
      assert.ok(results[0]!.length <= Math.ceil(width / 16) + width * height * size);
      kinds.add(results[0]!.bytes[0]!);
    });
    // One colour or two or more, named or remembered, and raw.
    assert.deepEqual(
      [...kinds].sort((a, b) => a - b),
      [0, 1, 2, 8, 10, 12, 14, 24, 26],
    );
  });
});

/** Colours count only where they are known. */
function knownOf(state: Uint8Array): readonly number[] {
  const [background, foreground, known] = new Uint32Array(state.slice().buffer) as unknown as [
    number,
    number,
    number,
  ];
  return [known, known & 1 ? background : 0, known & 2 ? foreground : 0];
}
