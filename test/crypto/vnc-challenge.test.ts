import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { respond } from '../../src/crypto/vnc-challenge.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { utf8 } from '../../src/wire/text.ts';

const challenge = fromHex('000102030405060708090a0b0c0d0e0f');

describe('respond', () => {
  it('uses the password as a DES key with the bits of each byte reversed', () => {
    // Password bytes 80 40 c0 … are the key bytes 01 02 03 …; so this is a plain DES vector in disguise.
    const password = fromHex('c82cea9ed93dfb8f'); // key 133457799bbcdff1
    const block = '0123456789abcdef';
    assert.equal(toHex(respond(fromHex(block + block), password)), '85e813540f0ab405'.repeat(2));
  });

  it('pads a short password with zeros', () => {
    assert.deepEqual(
      respond(challenge, utf8('abc')),
      respond(challenge, fromHex('6162630000000000')),
    );
  });

  it('tells passwords apart that differ in the eighth byte', () => {
    assert.notDeepEqual(respond(challenge, utf8('passwor1')), respond(challenge, utf8('passwor2')));
  });

  it('counts bytes, not characters', () => {
    assert.equal(respond(challenge, utf8('ééé')).length, 16);
    assert.throws(() => respond(challenge, utf8('ééééé')), RangeError);
  });

  it('refuses the empty password and one of nine bytes, instead of padding or cutting', () => {
    assert.throws(() => respond(challenge, utf8('')), RangeError);
    assert.throws(() => respond(challenge, utf8('123456789')), /1 to 8 bytes, not 9/);
  });

  it('refuses a challenge that is not sixteen bytes', () => {
    assert.throws(() => respond(challenge.subarray(1), utf8('abc')), /16 bytes/);
  });
});
