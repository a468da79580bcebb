import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { createInflater } from '../../src/codec/inflate-stream.ts';
import { createDeflater } from '../../src/codec/zlib-stream.ts';
import { ProtocolError } from '../../src/core/errors.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { inflateAll } from './inflate-all.ts';

/** Bytes that neither shrink to nothing nor stay whole, the same for the same seed. */
function mixture(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return i % 100 < 50 ? 7 : state >>> 24;
  });
}

describe('createInflater', () => {
  it('undoes any series of deflates, in steps of any size', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.nat(), fc.integer({ min: 1, max: 4000 })),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        fc.constantFrom(0, 1, 6),
        (series, level) => {
          const deflater = createDeflater(level);
          const inflater = createInflater();
          for (const [length, seed, step] of series) {
            const input = mixture(length, seed);
            const data = deflater.deflate(input);
            assert.deepEqual(inflateAll(inflater, data, length, step), input);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads a block larger than its window', () => {
    const input = mixture(700_000, 3);
    const data = deflateSync(input);
    assert.deepEqual(inflateAll(createInflater(), data, input.length, 9999), input);
    assert.deepEqual(inflateAll(createInflater(), data, input.length), input);
  });

  it('shows what is left when less is there than was asked for', () => {
    const inflater = createInflater();
    inflater.open(deflateSync(Uint8Array.of(1, 2, 3)));
    assert.deepEqual(Array.from(inflater.peek(100)), [1, 2, 3]);
    inflater.skip(2);
    assert.deepEqual(Array.from(inflater.peek(100)), [3]);
    inflater.skip(1);
    inflater.close();
  });

  it('does not inflate a bomb beyond what is read', () => {
    const bomb = deflateSync(new Uint8Array(100_000_000), { level: 9 });
    const inflater = createInflater();
    inflater.open(bomb);
    assert.ok(inflater.peek(1000).length < 1_000_000);
    assert.equal(inflater.read(1000).length, 1000);
    assert.throws(() => inflater.close(), ProtocolError);
  });

  it('refuses data that yields too little or too much', () => {
    const data = createDeflater(6).deflate(mixture(100, 1)).slice();
    for (const count of [0, 1, 99, 101, 1000])
      assert.throws(() => inflateAll(createInflater(), data, count), ProtocolError, `${count}`);
    assert.equal(inflateAll(createInflater(), data, 100).length, 100);
  });

  it('refuses every strict prefix that lacks data', () => {
    const input = mixture(60, 1);
    const data = createDeflater(6).deflate(input).slice();
    // The last bytes are the flush marker, behind all data.
    for (let length = 0; length < data.length - 5; length++)
      assert.throws(
        () => inflateAll(createInflater(), data.subarray(0, length), input.length),
        ProtocolError,
        `${length} of ${data.length}`,
      );
  });

  it('refuses a broken header, block type, distance and dictionary', () => {
    for (const hex of [
      '79 01', // header check
      '78 02',
      '1f 8b 08 00', // gzip
      '78 01 06', // block type 3
      '78 01 00 05 00 05 00', // stored length and its complement differ
      '78 20 00 00 00 01', // wants a preset dictionary
      '78 01 63 00 42 00', // a distance that reaches before the start
    ])
      assert.throws(() => inflateAll(createInflater(), fromHex(hex), 4), ProtocolError, hex);
  });

  it('throws only ProtocolError on damaged data', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom(1, 9),
        (damages, level) => {
          const data = createDeflater(level).deflate(mixture(900, 8)).slice();
          for (const [place, byte] of damages) data[place % data.length] = byte;
          try {
            assert.equal(inflateAll(createInflater(), data, 900, 50).length, 900);
          } catch (error) {
            assert.ok(error instanceof ProtocolError, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('starts anew after reset, even when it was broken', () => {
    const inflater = createInflater();
    const fresh = (): Uint8Array => createDeflater(6).deflate(mixture(50, 1)).slice();
    assert.equal(inflateAll(inflater, fresh(), 50).length, 50);
    assert.throws(() => inflateAll(inflater, fresh(), 50), ProtocolError);
    inflater.reset();
    assert.deepEqual(inflateAll(inflater, fresh(), 50), mixture(50, 1));
    inflater.reset();
    assert.deepEqual(inflateAll(inflater, fresh(), 50), mixture(50, 1));
  });

  it('forgets its window at reset', () => {
    const inflater = createInflater();
    const deflater = createDeflater(9);
    const input = mixture(200, 4);
    assert.deepEqual(inflateAll(inflater, deflater.deflate(input), 200), input);
    // The second block points back into the first; without a header of its own it is raw data: add one.
    const second = Buffer.concat([fromHex('78 01'), deflater.deflate(input)]);
    inflater.reset();
    assert.throws(() => inflateAll(inflater, second, 200), ProtocolError);
  });

  it('accepts the end of a zlib stream, and nothing after it', () => {
    const ended = deflateSync(mixture(30, 1));
    assert.equal(inflateAll(createInflater(), ended, 30).length, 30);
    const more = Buffer.concat([ended, Uint8Array.of(0)]);
    assert.throws(() => inflateAll(createInflater(), more, 30), ProtocolError);
  });

  it('holds when two inflaters take turns', () => {
    const [a, b] = [createInflater(), createInflater()];
    const [da, db] = [createDeflater(6), createDeflater(6)];
    for (let i = 0; i < 4; i++) {
      assert.deepEqual(inflateAll(a, da.deflate(mixture(800, i)), 800), mixture(800, i));
      assert.deepEqual(inflateAll(b, db.deflate(mixture(500, i)), 500), mixture(500, i));
    }
  });

  it('keeps the histories of thirty streams that take turns', () => {
    const streams = Array.from({ length: 30 }, () => ({
      deflater: createDeflater(6),
      inflater: createInflater(),
    }));
    for (let round = 0; round < 4; round++) {
      for (const [i, { deflater, inflater }] of streams.entries()) {
        const input = mixture(400 + 997 * i, i);
        const data = deflater.deflate(input);
        if (round > 0) assert.ok(data.length < 800, 'refers back');
        assert.deepEqual(inflateAll(inflater, data, input.length, 5000), input);
      }
    }
  });

  it('goes on in another memory, and with plain kernels', () => {
    const deflater = createDeflater(6);
    const inflater = createInflater();
    const before = kernelSet();
    for (const kind of ['plain', 'wasm', 'plain'] as const) {
      useKernels(createKernels(kind));
      const input = mixture(3000, 1);
      assert.deepEqual(inflateAll(inflater, deflater.deflate(input), 3000), input);
    }
    useKernels(before);
  });

  it('finds what is 32 kB back, however its output is read', () => {
    const noise = Uint8Array.from(
      { length: 32_768 },
      (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24,
    );
    // The second half can only be told by distances close to the greatest, 32768.
    const input = Buffer.concat([noise.subarray(0, 32_500), noise, noise, noise, noise]);
    const data = deflateSync(input, { level: 9 });
    assert.ok(data.length < 40_000);
    for (const step of [1, 1000, 4099, 32_768, 65_536, 99_999, input.length])
      assert.deepEqual(
        inflateAll(createInflater(), data, input.length, step),
        new Uint8Array(input),
      );
  });

  it('takes inputs that are larger than the place for them', () => {
    const noise = Uint8Array.from(
      { length: 500_000 },
      (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> (i % 19),
    );
    const data = deflateSync(noise);
    assert.ok(data.length > 200_000);
    assert.deepEqual(inflateAll(createInflater(), data, noise.length, 3000), noise);
    const inflater = createInflater();
    inflater.open(Buffer.concat([data, Buffer.alloc(100_000)]));
    inflater.read(noise.length);
    assert.throws(() => inflater.close(), /100000 bytes follow the end/);
  });

  it('says what is wrong with broken data', () => {
    const inflater = createInflater();
    inflater.open(fromHex('78 01 07'));
    assert.throws(() => inflater.read(1), /zlib data is broken: a block has an unknown type/);
  });

  it('shows a decoder where its data stands', () => {
    const inflater = createInflater();
    inflater.open(deflateSync(mixture(100, 1)));
    const { bytes } = kernelSet().memory;
    const address = inflater.take(10);
    assert.deepEqual(bytes.slice(address, address + 10), mixture(100, 1).slice(0, 10));
    assert.deepEqual(
      inflater.peek(90),
      bytes.subarray(inflater.address(), inflater.address() + 90),
    );
    assert.throws(() => inflater.take(91), ProtocolError);
  });
});
