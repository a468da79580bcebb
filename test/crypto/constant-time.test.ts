import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constantTimeEqual } from '../../src/crypto/constant-time.ts';
import { fromHex } from '../../src/wire/hex.ts';

describe('constantTimeEqual', () => {
  it('holds for equal bytes, and for none', () => {
    assert.equal(constantTimeEqual(fromHex('00ff10'), fromHex('00ff10')), true);
    assert.equal(constantTimeEqual(fromHex(''), fromHex('')), true);
  });

  it('notices a difference in any byte', () => {
    const right = fromHex('000102030405060708090a0b0c0d0e0f');
    for (let at = 0; at < right.length; at++) {
      for (const bit of [1, 0x80]) {
        const wrong = right.slice();
        wrong[at]! ^= bit;
        assert.equal(constantTimeEqual(right, wrong), false, `byte ${at}`);
      }
    }
  });

  it('notices a difference in length', () => {
    assert.equal(constantTimeEqual(fromHex('0000'), fromHex('000000')), false);
  });
});
