import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import {
  beginState,
  faultTexts,
  Field,
  Inflated,
  STATE_BYTES,
} from '../../../src/pixels/kernels/inflate-state.ts';
import { TABLE_BYTES, WORK_BYTES } from '../../../src/pixels/kernels/assembly/deflate-layout.ts';
import { DEFLATE_END, type KernelSet } from '../../../src/pixels/kernels/kernels.ts';
import { fromHex } from '../../../src/wire/hex.ts';
import { createTwins, forManySeeds, MANY, noise, sameBytes, type Random } from './twins.ts';

const MAX_INPUT = 1 << 18;
const MAX_OUTPUT = 1 << 18;
/** So many bytes behind the room must stay as they are. */
const CANARIES = 64;

const RUBBISH = new Uint8Array(16_384).fill(0xa5);

/** One stream, with all of its output in one place. */
class Stream {
  readonly #set: KernelSet;
  readonly #state: number;
  readonly #input: number;
  readonly #start: number;
  output: number;

  constructor(set: KernelSet) {
    this.#set = set;
    this.#state = set.memory.allocate(STATE_BYTES);
    this.#input = set.memory.allocate(MAX_INPUT);
    this.#start = set.memory.allocate(MAX_OUTPUT + CANARIES);
    this.output = this.#start;
    this.begin();
  }

  begin(): void {
    const { bytes, words } = this.#set.memory;
    // Not 0, so that nothing is taken for granted.
    bytes.set(RUBBISH, this.#start);
    bytes.set(RUBBISH.subarray(0, STATE_BYTES), this.#state);
    beginState(words, this.#state);
    this.output = this.#start;
  }

  /** One call: what it returned and how many bytes of the input it took. */
  step(input: Uint8Array, room: number): { readonly result: number; readonly taken: number } {
    const { memory, kernels } = this.#set;
    memory.bytes.set(input, this.#input);
    const end = Math.min(this.output + room, this.#start + MAX_OUTPUT);
    const behind = memory.bytes.slice(end, end + CANARIES);
    const result = kernels.inflate(
      this.#state,
      this.#input,
      this.#input + input.length,
      this.output,
      end,
      this.#start,
    );
    assert.ok(
      sameBytes(memory.bytes.subarray(end, end + CANARIES), behind),
      'writes only where it may',
    );
    const taken = this.#field(Field.Input) - this.#input;
    const written = this.#field(Field.Output) - this.output;
    assert.ok(taken >= 0 && taken <= input.length && written >= 0 && written <= room);
    if (result === Inflated.WantsInput) assert.equal(taken, input.length);
    if (result === Inflated.WantsRoom) assert.equal(written, end - this.output);
    this.output += written;
    return { result, taken };
  }

  #field(field: number): number {
    return this.#set.memory.words[(this.#state + field) >>> 2]!;
  }

  /** The fields that matter between calls. */
  get fields(): readonly number[] {
    const { Bits, BitCount, Mode, LastBlock, Index, Length, Checksum } = Field;
    return [Bits, BitCount, Mode, LastBlock, Index, Length, Checksum].map((f) => this.#field(f));
  }

  get fault(): string {
    return faultTexts[this.#field(Field.Fault)]!;
  }

  /** The output so far. */
  get bytes(): Uint8Array {
    return this.#set.memory.bytes.slice(this.#start, this.output);
  }
}

/** All of an input, in parts as `inputStep` and `roomStep` say. The last result. */
function inflateAll(
  stream: Stream,
  input: Uint8Array,
  inputStep: () => number,
  roomStep: () => number,
): number {
  stream.begin();
  let at = 0;
  let given = 0;
  for (;;) {
    const { result, taken } = stream.step(input.subarray(at, given), roomStep());
    at += taken;
    if (result === Inflated.WantsInput) {
      if (given === input.length) return result;
      given = Math.min(input.length, given + inputStep());
    } else if (result !== Inflated.WantsRoom) return result;
  }
}

const whole = (): number => MAX_INPUT;

/** Bytes in which compressors find something to do: runs, repeats near and far, rows of pixels, noise. */
function randomBytes(random: Random, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const alphabet = random.between(1, 256);
  for (let at = 0; at < length; ) {
    const count = Math.min(length - at, random.between(1, random.chance(10) ? 3000 : 40));
    const kind = random.between(0, 3);
    const distance = random.chance(50) ? random.between(1, 20) : random.between(1, 40_000);
    for (const end = at + count; at < end; at++)
      out[at] =
        kind > 0 && distance <= at
          ? out[at - distance]!
          : kind === 0
            ? random.next() % alphabet
            : at >> 3;
  }
  return out;
}

/** A whole stream of our own, which takes a tenth of the time of node:zlib to make. */
function quickDeflate({ memory, kernels }: KernelSet) {
  const work = memory.allocate(WORK_BYTES);
  kernels.deflatePrepare(work);
  const tables = memory.allocate(TABLE_BYTES);
  const input = memory.allocate(4096);
  const output = memory.allocate(2 * 4096);
  return (random: Random, bytes: Uint8Array): Uint8Array => {
    memory.bytes.set(bytes, input);
    // What was compressed before must not matter: a seed makes the same stream always.
    kernels.clearBytes(tables, TABLE_BYTES);
    const effort = random.between(0, 6) + DEFLATE_END;
    const { length } = bytes;
    const row = random.between(1, 40);
    const size = kernels.deflate(
      work,
      tables,
      input,
      input,
      length,
      32_769,
      1,
      row,
      effort,
      output,
    );
    const stream = new Uint8Array(2 + size + 4);
    stream.set([0x78, 0x01]);
    stream.set(memory.bytes.subarray(output, output + size), 2);
    new DataView(stream.buffer).setUint32(2 + size, kernels.adler32(1, input, length));
    return stream;
  };
}

const strategies = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

const randomDeflate = (random: Random, bytes: Uint8Array): Uint8Array =>
  deflateSync(bytes, {
    level: random.between(0, 9),
    strategy: strategies[random.next() % strategies.length]!,
    windowBits: random.between(9, 15),
    memLevel: random.between(1, 9),
  });

/** What zlib makes of an input that may end anywhere: its output, or undefined when it is broken. */
function zlibVerdict(input: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(input, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

describe('kernel inflate', () => {
  const { wasm, plain, both } = createTwins();
  const stream = new Stream(wasm);
  const twin = new Stream(plain);

  it('undoes every level and strategy of zlib', () => {
    forManySeeds(1, (random) => {
      const bytes = randomBytes(random, 150_000);
      for (let level = 0; level <= 9; level++) {
        for (const strategy of strategies) {
          const data = deflateSync(bytes, { level, strategy });
          for (const one of [stream, twin]) {
            assert.equal(inflateAll(one, data, whole, whole), Inflated.Ended);
            assert.deepEqual(one.bytes, bytes);
          }
        }
      }
    });
  });

  it('stops at any byte of the input, and of the room, and goes on there', () => {
    forManySeeds(8, (random) => {
      const bytes = randomBytes(random, 700);
      const data = randomDeflate(random, bytes);
      for (let cut = 0; cut <= data.length; cut++) {
        let first = true;
        const twoParts = (): number => {
          const step = first && cut > 0 ? cut : MAX_INPUT;
          first = false;
          return step;
        };
        assert.equal(inflateAll(stream, data, twoParts, whole), Inflated.Ended);
        assert.ok(sameBytes(stream.bytes, bytes), `input cut at ${cut}`);
      }
      for (const step of [1, 2, 3, 257, 400]) {
        for (const one of [stream, twin]) {
          assert.equal(
            inflateAll(one, data, whole, () => step),
            Inflated.Ended,
          );
          assert.deepEqual(one.bytes, bytes);
          assert.equal(
            inflateAll(
              one,
              data,
              () => 1,
              () => step,
            ),
            Inflated.Ended,
          );
          assert.deepEqual(one.bytes, bytes);
        }
      }
    });
  });

  it('agrees with its twin after every call, on whole and on damaged streams', () => {
    const streams = both.map((set) => new Stream(set));
    const quick = quickDeflate(wasm);
    forManySeeds(MANY, (random) => {
      const bytes = randomBytes(random, random.between(0, random.chance(98) ? 60 : 3000));
      const data = random.chance(10)
        ? invented(random, 40)
        : damaged(random, (random.chance(95) ? quick : randomDeflate)(random, bytes));
      for (const one of streams) one.begin();
      let at = 0;
      let given = 0;
      let result: number = Inflated.WantsInput;
      while (
        result === Inflated.WantsRoom ||
        (result === Inflated.WantsInput && given < data.length)
      ) {
        if (result === Inflated.WantsInput)
          given = Math.min(data.length, given + random.between(1, random.chance(50) ? 4000 : 30));
        const room = random.between(0, random.chance(60) ? 5000 : 30);
        const [one, other] = streams.map((s) => s.step(data.subarray(at, given), room));
        result = one!.result;
        assert.equal(other!.result, result);
        if (result === Inflated.Failed) assert.equal(streams[1]!.fault, streams[0]!.fault);
        else {
          assert.equal(other!.taken, one!.taken);
          assert.equal(String(streams[1]!.fields), String(streams[0]!.fields));
        }
        assert.ok(sameBytes(streams[1]!.bytes, streams[0]!.bytes));
        at += one!.taken;
      }
    });
  });

  it('judges damaged and invented streams as zlib does, and yields the same', () => {
    let broken = 0;
    forManySeeds(10_000, (random) => {
      const data = random.chance(30)
        ? invented(random)
        : damaged(random, randomDeflate(random, randomBytes(random, random.between(0, 800))));
      const expected = zlibVerdict(data);
      const small = random.chance(30) ? (): number => random.between(1, 50) : whole;
      const result = inflateAll(stream, data, small, small);
      // A stream that wants a dictionary is refused at once; zlib first reads which.
      if (stream.fault.includes('dictionary')) return;
      assert.equal(result === Inflated.Failed, expected === undefined, stream.fault);
      if (expected === undefined) broken++;
      else assert.ok(sameBytes(stream.bytes, expected));
    });
    assert.ok(broken > 2000, `${broken} were broken`);
  });

  it('says what is wrong', () => {
    const faults: Readonly<Record<string, string>> = {
      '79 01': 'the header is none of zlib',
      '77 09': 'the compression method is unknown',
      '88 1c': 'the window is too large',
      '78 20': 'it wants a preset dictionary',
      '78 01 07': 'a block has an unknown type',
      '78 01 00 05 00 05 00': 'the length of a stored block and its complement differ',
      '78 01 fd ff ff': 'a block has too many codes',
      '78 01 05 00 92 24 49 92 24 49 92 24': 'the lengths of the code lengths make no code',
      '78 01 63 00 42 00': 'a distance reaches too far back',
      '78 01 03 00 00 00 00 02': 'the checksum is wrong',
    };
    for (const [hex, fault] of Object.entries(faults)) {
      for (const one of [stream, twin]) {
        assert.equal(inflateAll(one, fromHex(hex), whole, whole), Inflated.Failed, hex);
        assert.equal(one.fault, fault);
        assert.equal(one.step(fromHex('78 01'), 100).result, Inflated.Failed, 'and stays broken');
      }
    }
  });

  it('takes nothing behind the end of a stream', () => {
    const data = deflateSync(Uint8Array.of(1, 2, 3));
    for (const one of [stream, twin]) {
      one.begin();
      const input = Uint8Array.of(...data, 9, 9);
      assert.deepEqual(one.step(input, 100), { result: Inflated.Ended, taken: data.length });
      assert.deepEqual(one.step(Uint8Array.of(9), 100), { result: Inflated.Ended, taken: 0 });
    }
  });
});

/** Sometimes as it was; else with bits turned, bytes changed, or its end cut off. */
function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const data = bytes.slice(0, random.chance(20) ? random.between(0, bytes.length) : bytes.length);
  if (random.chance(25) || data.length === 0) return data;
  for (let i = random.between(1, 3); i > 0; i--) {
    // Most often where a block's codes stand.
    const at = random.next() % (random.chance(60) ? Math.min(80, data.length) : data.length);
    if (random.chance(70)) data[at]! ^= 1 << random.between(0, 7);
    else data[at] = random.next();
  }
  return data;
}

/** A right header and then a block of some type, of noise. */
function invented(random: Random, most = 400): Uint8Array {
  const data = noise(random, random.between(3, most));
  data.set(fromHex('78 01'));
  data[2] = (data[2]! & 0xf8) | random.between(0, 7);
  // With this many codes a block's header is more often right.
  if (random.chance(50)) data[2] = 0b0000_0100 | (data[2]! & 1);
  return data;
}
