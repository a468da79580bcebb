import assert from 'node:assert/strict';
import { createCipheriv, getCiphers } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { desEncryptBlock, desKeySchedule } from '../../src/crypto/des.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';

const encrypt = (key: string, block: string): string =>
  toHex(desEncryptBlock(desKeySchedule(fromHex(key)), fromHex(block)));

/** Checks lines of `input output`. */
function checkAll(lines: string, run: (input: string) => string): void {
  for (const line of lines.trim().split('\n')) {
    const [input = '', output = ''] = line.trim().split(/\s+/);
    assert.equal(run(input), output, `for ${input}`);
  }
}

describe('DES', () => {
  it('encrypts the worked example of the textbooks', () => {
    assert.equal(encrypt('133457799bbcdff1', '0123456789abcdef'), '85e813540f0ab405');
  });

  it('encrypts "Now is t" as FIPS 81 prints it', () => {
    assert.equal(encrypt('0123456789abcdef', '4e6f772069732074'), '3fa40e8a984d4815');
  });

  it('agrees with NIST SP 800-17 where one bit of the plaintext is set', () => {
    checkAll(
      `8000000000000000 95f8a5e5dd31d900
       4000000000000000 dd7f121ca5015619
       2000000000000000 2e8653104f3834ea
       1000000000000000 4bd388ff6cd81d4f
       0800000000000000 20b9e767b2fb1456
       0400000000000000 55579380d77138ef
       0000000000000001 166b40b44aba4bd6`,
      (block) => encrypt('0101010101010101', block),
    );
  });

  it('agrees with NIST SP 800-17 where one bit of the key is set', () => {
    checkAll(
      `8001010101010101 95a8d72813daa94d
       4001010101010101 0eec1487dd8c26d5
       2001010101010101 7ad16ffb79c45926
       1001010101010101 d3746294ca6a6cf3
       0801010101010101 809f5f873c1fd761
       0401010101010101 c02faffec989d1fc`,
      (key) => encrypt(key, '0000000000000000'),
    );
  });

  it('ignores the parity bits of the key', () => {
    assert.equal(
      encrypt('0000000000000000', '0123456789abcdef'),
      encrypt('0101010101010101', '0123456789abcdef'),
    );
  });

  it('agrees with OpenSSL on any key and block', (t) => {
    if (!getCiphers().includes('des-ede3')) {
      t.skip('this OpenSSL has no triple DES');
      return;
    }
    const eight = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(eight, eight, (key, block) => {
        // Encrypt, decrypt and encrypt with one key is single DES, which OpenSSL 3 no longer offers by itself.
        const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null);
        cipher.setAutoPadding(false);
        assert.equal(
          toHex(desEncryptBlock(desKeySchedule(key), block)),
          cipher.update(block).toString('hex'),
        );
      }),
      { numRuns: 300 },
    );
  });
});
