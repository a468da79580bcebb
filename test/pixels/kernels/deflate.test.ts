import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, inflateRawSync } from 'node:zlib';
import {
  HEAD_BITS,
  HEADS,
  SCRATCH,
  SYMBOL_COUNTS,
  TABLE_BYTES,
  TOKENS,
  WORK_BYTES,
} from '../../../src/pixels/kernels/assembly/deflate-layout.ts';
import { DEFLATE_END } from '../../../src/pixels/kernels/kernels.ts';
import { headOf } from '../../../src/pixels/kernels/plain/deflate-tokens.ts';
import { fourBytes } from '../../../src/pixels/kernels/plain/views.ts';
import {
  bytesAt,
  clearAt,
  createTwins,
  forManySeeds,
  MANY,
  randomPicture,
  sameBytes,
  type Random,
} from './twins.ts';

const EFFORTS = [0, 1, 2, 3, 4, 5, 6];
const LAZY = 3;
const FIRST_POSITION = 32769;
/** How many pieces of a stream are cases of one seed. */
const PIECES = 25;
/** What the kernel promises never to exceed. */
const bound = (size: number): number => size + 5 * ((size >> 14) + 1) + 5;

const inflate = (data: Uint8Array, dictionary: Uint8Array): Uint8Array =>
  inflateRawSync(data, {
    finishFlush: constants.Z_SYNC_FLUSH,
    // An empty one would be one that node:zlib refuses.
    ...(dictionary.length > 0 ? { dictionary } : {}),
  });

interface Input {
  readonly bytes: Uint8Array;
  readonly bytesPerPixel: number;
  readonly rowBytes: number;
}

/** Pixels, indexes or bits of a picture, or text-like bytes. */
function randomInput(random: Random, maxArea: number): Input {
  const width = random.between(1, 100);
  const height = random.between(1, Math.max(1, Math.floor(maxArea / width)));
  const pixels = randomPicture(random, width, height);
  const bytesPerPixel = [1, 1, 2, 3, 3, 4][random.between(0, 5)]!;
  const bytes = new Uint8Array(width * height * bytesPerPixel);
  for (const [i, pixel] of pixels.entries())
    for (let b = 0; b < bytesPerPixel; b++)
      bytes[i * bytesPerPixel + b] = bytesPerPixel === 1 ? (pixel * 31) >>> 20 : pixel >>> (8 * b);
  const rowBytes = random.chance(20) ? random.between(0, 40_000) : width * bytesPerPixel;
  return { bytes, bytesPerPixel, rowBytes };
}

/** Large ones are as many cases as small ones, and take a hundred times as long. */
function mostlySmall(random: Random): Input {
  return randomInput(random, random.chance(94) ? 40 : random.chance(90) ? 400 : 4000);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

describe('kernel deflate', () => {
  const { both } = createTwins();
  const ROOM = 1 << 19;
  const places = both.map(({ memory, kernels }) => {
    const work = memory.allocate(WORK_BYTES);
    kernels.deflatePrepare(work);
    return {
      work,
      tables: memory.allocate(TABLE_BYTES),
      buffer: memory.allocate(ROOM),
      output: memory.allocate(ROOM + 1000),
    };
  });
  const clear = (): void => {
    for (const [i, set] of both.entries()) clearAt(set, places[i]!.tables, TABLE_BYTES);
  };
  /** Both twins on input that stands at an offset of the buffer; their one result. */
  const deflate = (input: Input, at: number, history: number, position: number, effort: number) => {
    const [ours, twin] = both.map(({ memory, kernels }, i) => {
      const { work, tables, buffer, output } = places[i]!;
      memory.bytes.set(input.bytes, buffer + at);
      const length = kernels.deflate(
        work,
        tables,
        buffer + history,
        buffer + at,
        input.bytes.length,
        position,
        input.bytesPerPixel,
        input.rowBytes,
        effort,
        output,
      );
      return memory.bytes.slice(output, output + length);
    });
    assert.ok(sameBytes(ours!, twin!));
    assert.ok(ours!.length <= bound(input.bytes.length), `${ours!.length} bytes`);
    return ours!;
  };

  const undo = (size: number, at: number, history: number, position: number): void => {
    for (const [i, { kernels }] of both.entries()) {
      const { tables, buffer } = places[i]!;
      kernels.deflateUndo(tables, buffer + history, buffer + at, size, position);
    }
  };

  it('prepares the same work space as its twin', () => {
    const [ours, twin] = both.map((set, i) => {
      const { work } = places[i]!;
      set.kernels.clearBytes(work, WORK_BYTES);
      set.kernels.deflatePrepare(work);
      return bytesAt(set, work, SCRATCH);
    });
    assert.deepEqual(ours, twin);
  });

  it('agrees with its twin in streams of many pieces, all of which node:zlib inflates', () => {
    forManySeeds(MANY / PIECES, (random) => {
      clear();
      let position = random.chance(10) ? 2 ** 32 - random.between(1, 5000) : FIRST_POSITION;
      let at = 0;
      let history = 0;
      const sent: Uint8Array[] = [];
      const sticky = random.chance(50) ? random.between(0, 6) : undefined;
      for (let pieces = PIECES; pieces > 0; pieces--) {
        const input = mostlySmall(random);
        if (random.chance(5)) history = at;
        const effort = sticky ?? random.between(0, 6);
        const data = deflate(input, at, history, position, effort);
        // Most pieces become history; a trial does not.
        if (random.chance(70)) {
          sent.push(data);
          at += input.bytes.length;
          position = (position + input.bytes.length) >>> 0;
          continue;
        }
        const known = bytesAt(both[0], places[0]!.buffer + history, at - history);
        const dictionary = known.subarray(Math.max(0, known.length - 32768));
        assert.ok(sameBytes(inflate(data, dictionary), input.bytes));
        if (random.chance(70) && effort > LAZY) undo(input.bytes.length, at, history, position);
      }
      const all = bytesAt(both[0], places[0]!.buffer, at);
      if (at > 0) assert.ok(sameBytes(inflate(Buffer.concat(sent), new Uint8Array(0)), all));
      const tables = both.map((set, i) => bytesAt(set, places[i]!.tables, TABLE_BYTES));
      assert.ok(sameBytes(tables[0]!, tables[1]!), 'the same tables');
    });
  });

  it('agrees with its twin in blocks of all sizes', () => {
    forManySeeds(20, (random) => {
      clear();
      const input = randomInput(random, 70_000);
      for (const effort of EFFORTS) {
        clear();
        const first = deflate(input, 0, 0, FIRST_POSITION, effort);
        assert.deepEqual(new Uint8Array(inflate(first, new Uint8Array(0))), input.bytes);
      }
    });
  });

  it('agrees with its twin about a stream that ends with its only piece, and leaves nothing for a receiver to wait for', () => {
    forManySeeds(300, (random) => {
      clear();
      const input = randomInput(random, 3000);
      const effort = random.between(0, 6);
      const data = deflate(input, 0, 0, FIRST_POSITION, effort + DEFLATE_END);
      assert.deepEqual(new Uint8Array(inflateRawSync(data)), input.bytes);
      const flushed = deflate(input, 0, 0, FIRST_POSITION + ROOM, effort);
      assert.ok(data.length <= flushed.length);
    });
  });

  it('finds again, after a trial is undone, all that was in reach even at its end, and nothing of the trial', () => {
    const headsOf = (i: number): Uint32Array =>
      both[i]!.memory.words.subarray(
        (places[i]!.tables + HEADS) >>> 2,
        ((places[i]!.tables + HEADS) >>> 2) + (1 << HEAD_BITS),
      );
    forManySeeds(MANY / PIECES, (random) => {
      clear();
      let position = FIRST_POSITION;
      let at = 0;
      const effort = random.between(LAZY + 1, 6);
      for (let pieces = PIECES; pieces > 0; pieces--) {
        // Up to more than a window, of which the chains do not remember what was before.
        const trial = random.next() % 300 > 0 ? mostlySmall(random) : randomInput(random, 12_000);
        const before = headsOf(0).slice();
        deflate(trial, at, 0, position, effort);
        undo(trial.bytes.length, at, 0, position);
        const after = headsOf(0);
        /** How far back a head lies from the end of the trial, 0 when that is out of reach. */
        const reach = (head: number): number => {
          const distance = position + trial.bytes.length - head;
          return distance <= 32768 ? distance : 0;
        };
        // Only what the trial and the three bytes before it are hashed to may have changed, if it was out of reach.
        const { bytes } = both[0].memory;
        const start = places[0]!.buffer + at;
        for (let i = Math.max(0, at - 3) - at; i < trial.bytes.length; i++) {
          const head = headOf(fourBytes(bytes, start + i));
          if (after[head] === before[head]) continue;
          assert.equal(reach(after[head]!), reach(before[head]!));
          before[head] = after[head]!;
        }
        assert.ok(sameBytes(bytesOf(after), bytesOf(before)));
        assert.ok(sameBytes(bytesOf(after), bytesOf(headsOf(1))));
        if (random.chance(50)) continue;
        const input = mostlySmall(random);
        deflate(input, at, 0, position, effort);
        at += input.bytes.length;
        position += input.bytes.length;
      }
    });
  });

  it('writes the same whatever stood in its work space before', () => {
    forManySeeds(20, (random) => {
      const input = randomInput(random, 3000);
      const effort = random.between(0, 6);
      clear();
      const first = deflate(input, 0, 0, FIRST_POSITION, effort);
      for (const [i, { memory }] of both.entries()) {
        const { work } = places[i]!;
        memory.bytes.fill(random.next(), work + TOKENS, work + SYMBOL_COUNTS);
      }
      clear();
      assert.deepEqual(deflate(input, 0, 0, FIRST_POSITION, effort), first);
    });
  });
});
