import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, createInflate, inflateSync } from 'node:zlib';
import { createInflater } from '../../src/codec/inflate-stream.ts';
import { createDeflater, DeflateEffort } from '../../src/codec/zlib-stream.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';
import { Random as SeededRandom } from '../pixels/kernels/twins.ts';
import { NaiveZlibStream } from '../reference/naive-zlib-stream.ts';
import { inflateAll } from './inflate-all.ts';

/** Bytes that neither shrink to nothing nor stay whole, the same for the same seed. */
function mixture(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return i % 100 < 50 ? 7 : state >>> 24;
  });
}

const EFFORTS = Object.values(DeflateEffort);

/** A generator whose numbers also choose. */
class Random extends SeededRandom {
  of<T>(choices: readonly T[]): T {
    return choices[this.next() % choices.length]!;
  }
}

/** Runs, few values, pieces of what came before, or noise. */
function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const values = random.of([1, 2, 5, 30, 256]);
  for (let at = 0; at < length; ) {
    const run = Math.min(length - at, random.between(1, random.of([1, 4, 40, 400])));
    if (at > 0 && random.chance(50)) {
      const from = random.between(0, at - 1);
      for (let i = 0; i < run; i++) bytes[at + i] = bytes[from + i]!;
    } else if (random.chance(50)) {
      bytes.fill(random.next() % values, at, at + run);
    } else {
      for (let i = 0; i < run; i++) bytes[at + i] = random.next() % values;
    }
    at += run;
  }
  return bytes;
}

/** Quickly made bytes that repeat here and there. */
function screenBytes(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const run = Math.min(length - at, random.between(1, 4000));
    if (at > 0 && random.chance(75)) {
      const from = random.between(Math.max(0, at - 40_000), at - 1);
      bytes.copyWithin(at, from, Math.min(from + run, at));
    } else {
      for (let i = 0; i < run; i++) bytes[at + i] = random.next() >>> 9;
    }
    at += run;
  }
  return bytes;
}

/** A receiver with node:zlib and one with our own inflate, each of one stream that lasts. */
class OwnInflaters {
  readonly #node = createInflate({ flush: constants.Z_SYNC_FLUSH });
  readonly #own = createInflater();
  readonly #scratch = new Uint8Array(1 << 16);

  check(data: Uint8Array, expected: Uint8Array): void {
    assert.ok(Buffer.from(this.#nodeInflate(data)).equals(expected), 'node:zlib');
    const inflated = inflateAll(this.#own, data, expected.length, 50_000);
    assert.ok(Buffer.from(inflated).equals(expected), 'our inflate');
  }

  close(): void {
    this.#node.close();
  }

  /** The public calls are asynchronous; the handle below them is not. */
  #nodeInflate(data: Uint8Array): Uint8Array {
    const { _handle: handle, _writeState: left } = this.#node as unknown as {
      readonly _handle: { readonly writeSync: (...args: unknown[]) => void };
      readonly _writeState: Uint32Array;
    };
    const parts: Uint8Array[] = [];
    let at = 0;
    do {
      handle.writeSync(
        constants.Z_SYNC_FLUSH,
        data,
        at,
        data.length - at,
        this.#scratch,
        0,
        this.#scratch.length,
      );
      parts.push(this.#scratch.slice(0, this.#scratch.length - left[0]!));
      at = data.length - left[1]!;
    } while (left[0] === 0);
    return Buffer.concat(parts);
  }
}

describe('createDeflater', () => {
  for (const level of [0, 1, 2, 6, 9]) {
    it(`ends every call with a sync flush that leaves nothing behind, level ${level}`, () => {
      const deflater = createDeflater(level);
      const naive = new NaiveZlibStream();
      for (const [i, length] of [1, 12, 300, 4096, 70_000, 300_000, 5].entries()) {
        const input = mixture(length, i);
        const output = deflater.deflate(input).slice();
        assert.deepEqual(Array.from(output.subarray(-4)), [0, 0, 255, 255]);
        assert.ok(output.length >= 5);
        assert.deepEqual(naive.next(output), input);
      }
    });
  }

  it('is understood at every effort, in any mix of shapes and sizes, with trials in between', () => {
    for (const { effort, rounds, size } of [
      ...EFFORTS.map((e) => ({ effort: e, rounds: 350, size: 3000 })),
      { effort: undefined, rounds: 1500, size: 1500 },
    ]) {
      const random = new Random(17 + (effort ?? 7));
      const stream = new OwnInflaters();
      const deflater = createDeflater(2);
      for (let round = 0; round < rounds; round++) {
        const input = randomBytes(random, random.between(0, random.chance(2) ? 90_000 : size));
        const shape = {
          bytesPerPixel: random.between(1, 4),
          rowBytes: random.chance(30) ? 0 : random.between(1, 5000),
          effort: effort ?? random.of(EFFORTS),
        };
        if (random.chance(20)) {
          deflater.deflate(randomBytes(random, random.between(0, 5000)), shape);
          deflater.rewind();
        }
        const output = deflater.deflate(input, shape);
        assert.ok(output.length <= input.length + 12 + 20 * (1 + (input.length >> 16)));
        stream.check(output.slice(), input);
      }
      stream.close();
    }
  });

  it('takes megabytes at once, gives their memory back, and can undo them', () => {
    for (const effort of EFFORTS) {
      const shape = { bytesPerPixel: 3, rowBytes: 3000, effort };
      const deflater = createDeflater(2);
      const stream = new OwnInflaters();
      const large = screenBytes(2_500_000, effort + 1);
      const small = large.subarray(2_400_000, 2_430_000);
      const { memory } = kernelSet();
      const check = (input: Uint8Array): number => {
        const output = deflater.deflate(input, shape).slice();
        stream.check(output, input);
        return output.length;
      };
      const first = check(small);
      if (effort > DeflateEffort.Huffman) assert.ok(check(small) < first / 3);
      deflater.deflate(large, shape);
      deflater.rewind();
      check(small);
      check(large);
      check(small);
      assert.ok(memory.used < 20_000_000, `${memory.used} bytes`);
      check(large.subarray(0, 100_000));
      check(large.subarray(0, 98_304));
      check(large.subarray(0, 98_305));
      stream.close();
    }
  });

  it('compresses less than it asked room for', () => {
    const deflater = createDeflater(6);
    const stream = new OwnInflaters();
    const input = screenBytes(400_000, 9);
    for (const [asked, used] of [
      [400_000, 10],
      [400_000, 50_000],
      [300, 0],
      [90_000, 7000],
      [400_000, 400_000],
    ] as const) {
      const address = deflater.begin(asked);
      kernelSet().memory.bytes.set(input.subarray(0, used), address);
      const output = deflater.finish(used, { bytesPerPixel: 1, rowBytes: 0 });
      stream.check(output.slice(), input.subarray(0, used));
    }
    stream.close();
  });

  it('gives the same bytes for the same calls, whatever other streams did', () => {
    const outputs = [0, 1].map((others) => {
      const random = new Random(5);
      const deflater = createDeflater(2);
      return Array.from({ length: 60 }, () => {
        if (others === 1) createDeflater(9).deflate(screenBytes(3000, 3));
        const effort = random.of(EFFORTS);
        const input = randomBytes(random, random.between(1, 2000));
        const rowBytes = random.between(0, 400);
        return Array.from(deflater.deflate(input, { bytesPerPixel: 3, rowBytes, effort }));
      });
    });
    // The other streams are fewer than make it lose its history.
    assert.deepEqual(outputs[1]!.slice(0, 31), outputs[0]!.slice(0, 31));
  });

  it('does the same in plain TypeScript', () => {
    const run = (): number[][] => {
      const random = new Random(23);
      const deflater = createDeflater(2);
      return Array.from({ length: 120 }, () => {
        const large = random.chance(3);
        const input = randomBytes(random, random.between(0, large ? 120_000 : 1500));
        const shape = {
          bytesPerPixel: random.between(1, 4),
          rowBytes: random.between(0, 300),
          effort: random.of(EFFORTS),
        };
        const output = Array.from(deflater.deflate(input, shape));
        if (random.chance(30)) deflater.rewind();
        return output;
      });
    };
    const wasm = run();
    const before = useKernels(createKernels('plain'));
    try {
      assert.deepEqual(run(), wasm);
    } finally {
      if (before !== undefined) useKernels(before);
    }
  });

  it('does not rewind twice, nor finish what was not begun', () => {
    const deflater = createDeflater(1);
    const shape = { bytesPerPixel: 1, rowBytes: 0 };
    assert.throws(() => deflater.rewind(), /rewind/);
    deflater.deflate(mixture(100, 1));
    deflater.rewind();
    assert.throws(() => deflater.rewind(), /rewind/);
    assert.throws(() => deflater.finish(0, shape), /begin/);
    deflater.begin(10);
    assert.throws(() => deflater.finish(11, shape), /begin/);
    createDeflater(1).begin(10);
    assert.throws(() => deflater.finish(10, shape), /begin/);
  });

  it('refuses levels that zlib does not have', () => {
    for (const level of [-1, 10, 1.5, Number.NaN])
      assert.throws(() => createDeflater(level), RangeError);
  });

  it('finds again what an earlier call has sent', () => {
    const deflater = createDeflater(1);
    const input = mixture(3000, 5);
    const first = deflater.deflate(input).length;
    assert.ok(deflater.deflate(input).length < first / 10);
  });

  it('takes input where begin says, and undoes a trial', () => {
    for (const trialFirst of [true, false]) {
      const deflater = createDeflater(2);
      const naive = new NaiveZlibStream();
      for (let i = 0; i < 8; i++) {
        const input = mixture(900 + 200 * i, i % 3);
        if (trialFirst || i > 0) {
          deflater.deflate(mixture(5000, i + 1), { bytesPerPixel: 3, rowBytes: 300 });
          deflater.rewind();
        }
        kernelSet().memory.bytes.set(input, deflater.begin(input.length));
        const output = deflater.finish(input.length, { bytesPerPixel: 1, rowBytes: 100 });
        assert.deepEqual(naive.next(output.slice()), input);
      }
    }
  });

  it('begins anew as if nothing had been before, and takes no time for it', () => {
    for (const effort of EFFORTS) {
      const worn = createDeflater(2);
      const random = new Random(9);
      for (let i = 0; i < 12; i++) {
        const fresh = createDeflater(2);
        worn.restart();
        for (const size of [300, 40_000 * (i & 1) + 5000, 900]) {
          const shape = { bytesPerPixel: 3, rowBytes: 120, effort };
          const input = random.chance(50) ? mixture(size, i) : screenBytes(size, 3);
          assert.deepEqual(
            Array.from(worn.deflate(input, shape)),
            Array.from(fresh.deflate(input, shape)),
          );
        }
      }
    }
  });

  it('keeps streams apart', () => {
    const one = createDeflater(6);
    const other = createDeflater(6);
    const first = one.deflate(mixture(500, 1)).slice();
    assert.deepEqual(other.deflate(mixture(500, 1)).slice(), first);
    const more = one.deflate(mixture(500, 2)).slice();
    const all = inflateSync(Buffer.concat([first, more]), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    assert.deepEqual(
      new Uint8Array(all),
      new Uint8Array(Buffer.concat([mixture(500, 1), mixture(500, 2)])),
    );
  });
});

describe('createDeflater, a hundred at a time', () => {
  it('goes on with a stream whose history made room for others', () => {
    const streams = Array.from({ length: 100 }, (_, i) => ({
      deflater: createDeflater(i % 3 === 0 ? 6 : 1),
      naive: new NaiveZlibStream(),
    }));
    for (let round = 0; round < 4; round++) {
      for (const [i, { deflater, naive }] of streams.entries()) {
        const input = mixture(400 + 37 * i, round);
        assert.deepEqual(naive.next(deflater.deflate(input).slice()), input);
      }
    }
  });

  it('never refers to what another stream has sent', () => {
    const input = mixture(3000, 5);
    const lengths = Array.from({ length: 100 }, () => createDeflater(6).deflate(input).length);
    assert.equal(new Set(lengths).size, 1);
  });

  it('keeps the history of those in use', () => {
    const busy = createDeflater(6);
    const input = mixture(3000, 5);
    const first = busy.deflate(input).length;
    for (let i = 0; i < 100; i++) {
      createDeflater(6).deflate(input);
      assert.ok(busy.deflate(input).length < first / 10);
    }
  });
});
