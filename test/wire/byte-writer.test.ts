import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

describe('ByteWriter', () => {
  it('writes numbers big-endian, signed ones in two’s complement', () => {
    const w = new ByteWriter().u8(1).u16(0x0203).u32(0xf4050607).s16(-2).s32(-239);
    assert.equal(toHex(w.take()), '01' + '0203' + 'f4050607' + 'fffe' + 'ffffff11');
  });

  it('grows in the middle of any kind of write', () => {
    const writes: readonly ((w: ByteWriter) => ByteWriter)[] = [
      (w) => w.u8(0xab),
      (w) => w.u16(0xabcd),
      (w) => w.u32(0xabcdef01),
      (w) => w.s16(-3),
      (w) => w.s32(-3),
      (w) => w.bytes(Uint8Array.of(1, 2, 3, 4, 5)),
      (w) => w.pad(5),
    ];
    for (const write of writes) {
      const expected = toHex(write(new ByteWriter(64)).take());
      for (const capacity of [0, 1, 2, 3, 4]) {
        const w = write(new ByteWriter(capacity));
        assert.equal(toHex(w.written()), expected);
        assert.equal(toHex(write(w).take()), expected + expected);
      }
    }
  });

  it('keeps thousands of bytes in order, though it starts with room for one', () => {
    const w = new ByteWriter(1);
    for (let i = 0; i < 5000; i++) w.u16(i);
    const c = new Cursor(w.take());
    for (let i = 0; i < 5000; i++) assert.equal(c.u16(), i);
    c.end('all');
  });

  it('pads with zeros, even over stale bytes', () => {
    const w = new ByteWriter(8).u32(0xffffffff);
    w.truncate(0);
    assert.equal(toHex(w.pad(4).written()), '00000000');
  });

  it('reserves room that is filled in place', () => {
    const w = new ByteWriter(2).u8(1);
    w.reserve(3).set([2, 3, 4]);
    w.u8(5);
    assert.equal(toHex(w.take()), '0102030405');
  });

  it('takes bytes over without a copy when they are many, in order with all else', () => {
    const many = Uint8Array.from({ length: 5000 }, (_, i) => i & 255);
    const few = Uint8Array.of(7, 8);
    const write = (): ByteWriter =>
      new ByteWriter(4).u8(1).shared(many).shared(few).u8(2).shared(many).shared(many);
    const expected = [1, ...many, 7, 8, 2, ...many, ...many];
    assert.equal(write().length, expected.length);
    assert.deepEqual(Array.from(write().written()), expected);
    assert.deepEqual(Array.from(write().u8(3).take()), [...expected, 3]);
    const given: Uint8Array[] = [];
    const [near] = memoryPair();
    const w = write().u8(9);
    w.send(Object.assign(near, { write: (bytes: Uint8Array) => given.push(bytes) }));
    assert.deepEqual(
      given.flatMap((bytes) => Array.from(bytes)),
      [...expected, 9],
    );
    assert.equal(given.filter((bytes) => bytes === many).length, 3);
    assert.equal(w.length, 0);
    assert.equal(toHex(w.u8(4).take()), '04');
  });

  it('truncates behind what it took over, and not into it', () => {
    const many = new Uint8Array(5000);
    const w = new ByteWriter().shared(many).u32(1);
    w.truncate(5002);
    assert.equal(w.length, 5002);
    assert.throws(() => w.truncate(4999), /invariant/);
    w.u8(5);
    assert.deepEqual(Array.from(w.take().subarray(5000)), [0, 0, 5]);
  });

  it('throws at a truncation beyond what was written', () => {
    const w = new ByteWriter(64).u8(1);
    assert.throws(() => w.truncate(2), /invariant/);
  });

  it('gives away what it took, and starts again empty', () => {
    const w = new ByteWriter(4).u32(0x01020304);
    const taken = w.take();
    assert.equal(w.length, 0);
    w.u32(0xffffffff);
    assert.equal(toHex(taken), '01020304');
  });

  it('sends everything in one write, and nothing when empty', async () => {
    const [near, far] = memoryPair();
    const w = new ByteWriter(1).u16(0x0102).u8(3);
    w.send(near);
    w.send(near);
    near.end();
    assert.deepEqual(await far.read(), Uint8Array.of(1, 2, 3));
    assert.equal(await far.read(), null);
  });
});
