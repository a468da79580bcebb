import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, inflateSync } from 'node:zlib';
import { createDeflater } from '../../src/codec/zlib-stream.ts';
import { NaiveZlibStream } from '../reference/naive-zlib-stream.ts';

/** Bytes that neither shrink to nothing nor stay whole, the same for the same seed. */
function mixture(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return i % 100 < 50 ? 7 : state >>> 24;
  });
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
