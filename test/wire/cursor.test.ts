import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../src/core/errors.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { fromHex } from '../../src/wire/hex.ts';

describe('Cursor', () => {
  it('reads numbers big-endian, signed ones in two’s complement', () => {
    const c = new Cursor(fromHex('01 0203 f4050607 fffe ffffff11'));
    assert.deepEqual(
      [c.u8(), c.u16(), c.u32(), c.s16(), c.s32()],
      [1, 0x203, 0xf4050607, -2, -239],
    );
    c.end('all');
  });

  it('throws ProtocolError at every read past the end, and stays where it was', () => {
    const reads: readonly ((c: Cursor) => unknown)[] = [
      (c) => c.u8(),
      (c) => c.u16(),
      (c) => c.s16(),
      (c) => c.u32(),
      (c) => c.s32(),
      (c) => c.view(5),
      (c) => c.skip(5),
    ];
    for (const read of reads) {
      for (let length = 0; length < 5; length++) {
        const c = new Cursor(new Uint8Array(length));
        let fault: unknown;
        try {
          read(c);
        } catch (error) {
          fault = error;
        }
        if (fault === undefined) assert.ok(c.offset > 0 && c.offset <= length);
        else assert.ok(fault instanceof ProtocolError && c.offset === 0);
      }
    }
  });

  it('refuses counts that are negative or no number', () => {
    const c = new Cursor(new Uint8Array(4));
    for (const count of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => c.skip(count), ProtocolError);
  });

  it('reads from an offset, in a part of a larger array', () => {
    const whole = Uint8Array.of(9, 9, 1, 2, 3, 9);
    const c = new Cursor(whole.subarray(2, 5), 1);
    assert.equal(c.remaining, 2);
    assert.equal(c.u16(), 0x0203);
    assert.throws(() => c.u8(), ProtocolError);
  });

  it('gives views on the same memory', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const c = new Cursor(bytes);
    c.skip(1);
    const view = c.view(2);
    bytes[1] = 7;
    assert.deepEqual(view, Uint8Array.of(7, 3));
  });

  it('throws at bytes that are too many, naming the message', () => {
    const c = new Cursor(new Uint8Array(3));
    c.u8();
    assert.throws(() => c.end('Bell'), { field: 'Bell', message: 'Bell has 2 bytes too many' });
  });
});
