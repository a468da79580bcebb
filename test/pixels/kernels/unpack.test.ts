import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ZRLE_WORKSPACE_BYTES, type KernelSet } from '../../../src/pixels/kernels/kernels.ts';
import { bytesAt, createTwins, forManySeeds, MANY, noise, type Random } from './twins.ts';

const MAX_SIDE = 64;
const SOURCE_BYTES = 6 * MAX_SIDE * MAX_SIDE;
const TARGET_BYTES = 4 * (MAX_SIDE + 8) * (MAX_SIDE + 2);

describe('kernels that unpack', () => {
  const { both } = createTwins();
  const places = both.map(({ memory }) => ({
    source: memory.allocate(SOURCE_BYTES),
    target: memory.allocate(TARGET_BYTES),
    palette: memory.allocate(1024),
    workspace: memory.allocate(ZRLE_WORKSPACE_BYTES),
  }));
  type Places = (typeof places)[number];

  /** Runs a kernel on both sides with the same source and palette; compares results, and targets where they count. */
  function compare(
    random: Random,
    source: Uint8Array,
    run: (set: KernelSet, at: Places) => number | undefined,
    touched = TARGET_BYTES,
  ): number | undefined {
    const seed = random.next();
    const outcomes = both.map((set, i) => {
      const at = places[i]!;
      const { bytes, words } = set.memory;
      bytes.set(source, at.source);
      for (let c = 0; c < 256; c++) words[at.palette / 4 + c] = Math.imul(c + 1, seed) | 0xff000000;
      words.fill(seed, at.target / 4, (at.target + touched) / 4);
      const result = run(set, at);
      return { result, target: bytesAt(set, at.target, touched) };
    });
    const [wasm, plain] = outcomes;
    assert.equal(wasm!.result, plain!.result);
    if (wasm!.result !== 0) assert.ok(Buffer.compare(wasm!.target, plain!.target) === 0);
    return wasm!.result;
  }

  const sizeOf = (
    random: Random,
    most = MAX_SIDE,
  ): { width: number; height: number; stride: number } => {
    const small = random.chance(96);
    const width = random.between(1, small ? 37 : most);
    const height = random.between(1, small ? 5 : most);
    return { width, height, stride: 4 * (width + random.between(0, 8)) };
  };
  const extent = (size: { stride: number; height: number }): number =>
    Math.min(TARGET_BYTES, (size.stride * (size.height + 1) + 64) & ~3);

  it('unpackPixels: agrees with its twin in every order of channels', () => {
    const orders = [0x020100, 0x000102, 0x010200, 0x020001, 0x010002, 0x000201];
    forManySeeds(MANY, (random) => {
      const size = sizeOf(random);
      const order = orders[random.next() % orders.length]!;
      const run = ({ kernels }: KernelSet, at: Places): undefined => {
        kernels.unpackPixels(at.source, at.target, size.stride, size.width, size.height, order);
      };
      compare(random, noise(random, 3 * size.width * size.height), run, extent(size));
    });
  });

  it('unpackIndexes: agrees with its twin in any number of bits, and about indexes that are too large', () => {
    let refused = 0;
    forManySeeds(MANY, (random) => {
      const { width, height, stride } = sizeOf(random);
      const bits = [1, 2, 4, 8][random.next() % 4]!;
      const colours = bits === 1 ? 2 : random.between(2, 1 << bits);
      const source = noise(random, ((width * bits + 7) >>> 3) * height);
      if (random.chance(70)) limitIndexes(source, bits, colours);
      const run = ({ kernels }: KernelSet, at: Places): number =>
        kernels.unpackIndexes(
          at.source,
          at.target,
          stride,
          width,
          height,
          bits,
          at.palette,
          colours,
        );
      if (compare(random, source, run, extent({ stride, height })) === 0) refused++;
    });
    assert.ok(refused > 2000, `${refused} were refused`);
  });

  it('unpackGradient: agrees with its twin', () => {
    forManySeeds(MANY, (random) => {
      const { width, height, stride } = sizeOf(random);
      const source = noise(random, 3 * width * height);
      // Small differences, as real pictures have them, leave the limits of a byte less often.
      if (random.chance(50)) source.forEach((byte, i) => (source[i] = (byte & 7) - 3));
      const run = ({ kernels }: KernelSet, at: Places): undefined => {
        kernels.unpackGradient(at.source, at.target + stride, stride, width, height);
      };
      compare(random, source, run, extent({ stride, height }));
    });
  });

  it('unpackZrleTile: agrees with its twin on tiles of every kind, whole and broken', () => {
    let refused = 0;
    let cases = 0;
    forManySeeds(MANY, (random) => {
      const { width, height, stride } = sizeOf(random);
      const source = zrleTile(random, width * height, width, height);
      const length = random.chance(90) ? source.length : random.between(0, source.length);
      const run = ({ kernels }: KernelSet, at: Places): number =>
        kernels.unpackZrleTile(
          at.source,
          length,
          at.target,
          stride,
          width,
          height,
          0x020100,
          at.workspace,
        );
      const result = compare(random, source, run, extent({ stride, height }));
      cases++;
      if (result === 0) refused++;
    });
    assert.ok(
      refused > 0.05 * cases && refused < 0.75 * cases,
      `${refused} of ${cases} were refused`,
    );
  });
});

/** Makes all indexes small enough. */
function limitIndexes(source: Uint8Array, bits: number, colours: number): void {
  for (const [i, byte] of source.entries()) {
    let limited = 0;
    for (let at = 0; at < 8; at += bits)
      limited |= (((byte >>> at) & ((1 << bits) - 1)) % colours) << at;
    source[i] = limited;
  }
}

/** A tile, now and then a malformed one. */
function zrleTile(random: Random, area: number, width: number, height: number): Uint8Array {
  const bytes: number[] = [];
  const put = (count: number): void => {
    for (let i = 0; i < count; i++) bytes.push(random.next() & 255);
  };
  const putRuns = (colour: () => void): void => {
    let left = area;
    while (left > 0) {
      let run = Math.min(random.between(1, random.chance(20) ? 700 : 20), left);
      if (random.chance(1)) run++;
      left -= run;
      colour();
      for (run--; run >= 255; run -= 255) bytes.push(255);
      bytes.push(run);
    }
  };
  const kind = random.between(0, 6);
  if (kind === 0) {
    bytes.push(0);
    put(3 * area);
  } else if (kind === 1) {
    bytes.push(1);
    put(3);
  } else if (kind === 2) {
    bytes.push(128);
    putRuns(() => {
      put(3);
    });
  } else if (kind === 3) {
    const colours = random.between(2, 127);
    bytes.push(128 + colours);
    put(3 * colours);
    const most = random.chance(3) ? colours : colours - 1;
    putRuns(() => {
      while (random.chance(5)) bytes.push(random.between(0, most));
      bytes.push(128 | random.between(0, most));
    });
  } else if (kind < 6) {
    const colours = random.between(2, 16);
    const bits = colours === 2 ? 1 : colours <= 4 ? 2 : 4;
    bytes.push(colours);
    put(3 * colours);
    const packed = Uint8Array.from({ length: ((width * bits + 7) >>> 3) * height }, () =>
      random.next(),
    );
    if (random.chance(80)) limitIndexes(packed, bits, colours);
    bytes.push(...packed);
  } else {
    put(20);
  }
  return Uint8Array.from(bytes);
}
