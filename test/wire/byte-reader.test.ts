import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ClosedError, SecurityError } from '../../src/core/errors.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

const pair = (chunkBytes?: number): { reader: ByteReader; far: ByteStream } => {
  const [near, far] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  return { reader: new ByteReader(near), far };
};

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 255);

for (const [name, chunkBytes] of [
  ['in one chunk', undefined],
  ['one byte at a time', 1],
  ['three bytes at a time', 3],
] as const) {
  describe(`ByteReader, fed ${name}`, () => {
    it('reads numbers, big-endian', async () => {
      const { reader, far } = pair(chunkBytes);
      far.write(Uint8Array.of(1, 2, 3, 0xf4, 5, 6, 7));
      assert.equal(await reader.u8(), 1);
      assert.equal(await reader.u16(), 0x0203);
      assert.equal(await reader.u32(), 0xf4050607);
      assert.equal(reader.consumed, 7);
      assert.equal(reader.buffered, 0);
    });

    it('gives the same bytes by any series of reads', async () => {
      const read = fc.record({
        how: fc.constantFrom('bytes', 'view', 'cursor', 'skip', 'peek', 'need'),
        count: fc.nat(9),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(read, { maxLength: 12 }), async (reads) => {
          const sent = counting(200);
          const { reader, far } = pair(chunkBytes);
          // In two writes, so that a read may lie across both.
          far.write(sent.slice(0, 11));
          far.write(sent.slice(11));
          let at = 0;
          for (const { how, count } of reads) {
            const expected = sent.slice(at, at + count);
            if (how === 'bytes') assert.deepEqual(await reader.bytes(count), expected);
            else if (how === 'view') assert.deepEqual((await reader.view(count)).slice(), expected);
            else if (how === 'cursor')
              assert.deepEqual((await reader.cursor(count)).view(count).slice(), expected);
            else if (how === 'skip') await reader.skip(count);
            else if (how === 'peek') assert.deepEqual((await reader.peek(count)).slice(), expected);
            else {
              await reader.need(count);
              for (let i = 0; i < count; i++) assert.equal(reader.byteAt(i), expected[i]);
            }
            if (how !== 'peek' && how !== 'need') at += count;
            assert.equal(reader.consumed, at);
          }
          assert.deepEqual(await reader.bytes(200 - at), sent.slice(at));
        }),
        { numRuns: 60 },
      );
    });

    it('throws ClosedError with its phase when the stream ends inside, and again at each read', async () => {
      const { reader, far } = pair(chunkBytes);
      reader.phase = 'init';
      far.write(Uint8Array.of(1, 2));
      far.end();
      for (let i = 0; i < 2; i++) {
        await assert.rejects(reader.bytes(3), (error) => {
          assert.ok(error instanceof ClosedError);
          assert.equal(error.message, 'the connection ended inside a message');
          return error.phase === 'init';
        });
      }
      assert.deepEqual(await reader.bytes(2), Uint8Array.of(1, 2));
      await assert.rejects(reader.u8(), { message: 'the peer closed the connection' });
    });

    it('skips more than a chunk, and ends in ClosedError when there is not so much', async () => {
      const { reader, far } = pair(chunkBytes);
      far.write(counting(300));
      far.end();
      await reader.skip(299);
      assert.equal(await reader.u8(), 299 & 255);
      await assert.rejects(reader.skip(1), ClosedError);
    });

    it('gives bytes() to keep, whatever is read afterwards', async () => {
      const { reader, far } = pair(chunkBytes);
      far.write(counting(64));
      const kept = await reader.bytes(4);
      await reader.skip(60);
      far.write(new Uint8Array(64).fill(255));
      await reader.view(64);
      assert.deepEqual(kept, Uint8Array.of(0, 1, 2, 3));
    });
  });
}

describe('ByteReader', () => {
  it('rejects with the error that the stream was destroyed with', async () => {
    const { reader } = pair();
    const waiting = reader.u8();
    const reason = new ClosedError('reset');
    reader.stream.destroy(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(reader.u8(), reason);
  });

  it('throws at a second read meanwhile, and the first goes on', async () => {
    const { reader, far } = pair();
    const first = reader.u8();
    await assert.rejects(reader.u8(), /two reads of one ByteReader/);
    far.write(Uint8Array.of(5));
    assert.equal(await first, 5);
  });

  it('throws at take and byteAt of bytes that were not waited for', async () => {
    const { reader, far } = pair();
    assert.throws(() => reader.byteAt(0), /invariant/);
    far.write(Uint8Array.of(1, 2));
    await reader.need(2);
    assert.throws(() => reader.take(3), /invariant/);
    assert.throws(() => reader.take(-1), /invariant/);
    assert.throws(() => reader.byteAt(2), /invariant/);
    assert.throws(() => reader.byteAt(-1), /invariant/);
    assert.deepEqual(reader.take(2).slice(), Uint8Array.of(1, 2));
  });

  it('refuses TLS while a clear byte is left, with the code that says so', async () => {
    const { reader, far } = pair();
    reader.assertEmptyBeforeTls();
    far.write(Uint8Array.of(1, 2));
    await reader.u8();
    assert.throws(
      () => reader.assertEmptyBeforeTls(),
      (error) => error instanceof SecurityError && error.code === 'ERR_VNC_BYTES_BEFORE_TLS',
    );
    await reader.u8();
    reader.assertEmptyBeforeTls();
  });

  it('takes time in proportion when a large message comes in small chunks', async () => {
    const { reader, far } = pair(16);
    const sent = counting(200_000);
    far.write(sent);
    assert.deepEqual(await reader.bytes(200_000), sent);
  });
});
