import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CRC_TABLE_BYTES, type KernelSet } from '../../../src/pixels/kernels/kernels.ts';
import { bytesAt, createTwins, forManySeeds, MANY, noise, type Random } from './twins.ts';

const ROOM = 1 << 18;
const NONE = 0;
const PAETH = 4;

describe('kernels for PNG', () => {
  const { both } = createTwins();
  const places = both.map(({ memory, kernels }) => {
    const tables = memory.allocate(CRC_TABLE_BYTES);
    kernels.crcPrepare(tables);
    return { tables, source: memory.allocate(ROOM), target: memory.allocate(ROOM) };
  });
  type Places = (typeof places)[number];

  /** Runs a kernel on both sides with the same source; their one result, and what is at the target. */
  function run(
    source: Uint8Array,
    touched: number,
    one: (set: KernelSet, at: Places) => number | undefined,
  ): { readonly result: number | undefined; readonly target: Uint8Array } {
    const [wasm, plain] = both.map((set, i) => {
      const at = places[i]!;
      set.memory.bytes.set(source, at.source);
      set.memory.bytes.fill(0xa5, at.target, at.target + touched + 64);
      return { result: one(set, at), target: bytesAt(set, at.target, touched + 64) };
    });
    assert.equal(wasm!.result, plain!.result);
    if (wasm!.result !== 0) assert.ok(Buffer.compare(wasm!.target, plain!.target) === 0);
    assert.ok(
      wasm!.target.subarray(touched).every((byte) => byte === 0xa5),
      'nothing is written past the end',
    );
    return { result: wasm!.result, target: wasm!.target.subarray(0, touched) };
  }

  /** Noise, or bytes that differ little from their neighbours. */
  const bytesOf = (random: Random, length: number): Uint8Array => {
    const bytes = noise(random, length);
    if (random.chance(50))
      bytes.forEach((byte, i) => (bytes[i] = i < 3 ? byte : bytes[i - 3]! + (byte & 3)));
    return bytes;
  };
  const sizeOf = (random: Random): { readonly width: number; readonly height: number } => ({
    width: random.between(1, random.chance(96) ? 30 : 300),
    height: random.between(1, random.chance(96) ? 4 : 60),
  });

  it('crc32: prepares the same tables as its twin', () => {
    const [wasm, plain] = both.map((set, i) => bytesAt(set, places[i]!.tables, CRC_TABLE_BYTES));
    assert.deepEqual(wasm, plain);
  });

  it('crc32 and adler32: give what is written in their specifications', () => {
    const text = new TextEncoder().encode('123456789');
    const sum = (one: (set: KernelSet, at: Places) => number): number =>
      run(text, 0, one).result! >>> 0;
    assert.equal(
      sum(({ kernels }, at) => kernels.crc32(at.tables, 0, at.source, 9)),
      0xcbf43926,
    );
    assert.equal(
      sum(({ kernels }, at) => kernels.adler32(1, at.source, 9)),
      0x091e01de,
    );
  });

  it('crc32 and adler32: agree with their twins, and go on where they were', () => {
    forManySeeds(MANY, (random) => {
      const source = bytesOf(random, random.between(1, random.next() % 1000 > 0 ? 60 : 20_000));
      const cut = random.between(0, source.length);
      for (const [start, sum] of [
        [0, ({ kernels }, at, from, size, before) => kernels.crc32(at.tables, before, from, size)],
        [1, ({ kernels }, _at, from, size, before) => kernels.adler32(before, from, size)],
      ] as const satisfies readonly (readonly [
        number,
        (set: KernelSet, at: Places, from: number, size: number, before: number) => number,
      ])[]) {
        const whole = run(source, 0, (set, at) => sum(set, at, at.source, source.length, start));
        const parts = run(source, 0, (set, at) => {
          const first = sum(set, at, at.source, cut, start);
          return sum(set, at, at.source + cut, source.length - cut, first);
        });
        assert.equal(whole.result, parts.result);
      }
    });
  });

  it('filterRows: agrees with its twin, and unfilterRows brings every byte back', () => {
    forManySeeds(MANY, (random) => {
      const { width, height } = sizeOf(random);
      const rowBytes = 3 * width;
      const rows = bytesOf(random, rowBytes * height);
      const filter = random.chance(20) ? NONE : PAETH;
      const filtered = run(rows, (rowBytes + 1) * height, ({ kernels }, at): undefined => {
        kernels.filterRows(at.source, rowBytes, height, filter, at.target);
      }).target;
      const back = run(filtered, rowBytes * (height + 1), (set, at) =>
        unfilter(set, at, { rowBytes, height, pixel: 3 }),
      );
      assert.equal(back.result, 1);
      assert.ok(Buffer.compare(back.target.subarray(rowBytes), rows) === 0);
    });
  });

  /** Into the target's second row, below one of zeros. */
  const unfilter = (
    { kernels, memory }: KernelSet,
    at: Places,
    size: { readonly rowBytes: number; readonly height: number; readonly pixel: number },
  ): number => {
    const { rowBytes, height, pixel } = size;
    memory.bytes.fill(0, at.target, at.target + rowBytes);
    return kernels.unfilterRows(at.source, at.target + rowBytes, rowBytes, height, pixel);
  };

  it('unfilterRows: agrees with its twin about every filter, row by row, and refuses others', () => {
    let refused = 0;
    let cases = 0;
    forManySeeds(MANY, (random) => {
      cases++;
      const { width, height } = sizeOf(random);
      const pixel = random.chance(50) ? 3 : random.between(1, 4);
      const rowBytes = width * pixel;
      const source = bytesOf(random, (rowBytes + 1) * height);
      for (let y = 0; y < height; y++)
        source[y * (rowBytes + 1)] = random.chance(1) ? random.next() : random.between(0, PAETH);
      const { result } = run(source, rowBytes * (height + 1), (set, at) =>
        unfilter(set, at, { rowBytes, height, pixel }),
      );
      if (result === 0) refused++;
    });
    assert.ok(refused > 0.002 * cases && refused < 0.25 * cases, `${refused} were refused`);
  });
});
