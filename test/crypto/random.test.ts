import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomBytes } from '../../src/crypto/random.ts';
import { toHex } from '../../src/wire/hex.ts';

describe('randomBytes', () => {
  it('gives as many bytes as asked for, beyond what one call of the system gives too', () => {
    for (const count of [0, 1, 16, 65536, 65537]) assert.equal(randomBytes(count).length, count);
    // The last bytes were filled, not left zero: the chance of 64 zeros is nil.
    assert.ok(
      randomBytes(65600)
        .subarray(65536)
        .some((byte) => byte !== 0),
    );
  });

  it('never repeats sixteen bytes', () => {
    const seen = new Set(Array.from({ length: 1000 }, () => toHex(randomBytes(16))));
    assert.equal(seen.size, 1000);
  });
});
