import assert from 'node:assert/strict';
import { createDiffieHellman } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { dhParameters, type DhGroup } from '../../src/node/ffdhe.ts';

/** e scaled by 2^bits, rounded down: the sum of 1/n! with enough guard bits. */
function scaledE(bits: bigint): bigint {
  const guard = 64n;
  let term = 1n << (bits + guard);
  let sum = 0n;
  for (let n = 1n; term > 0n; n += 1n) {
    sum += term;
    term /= n;
  }
  return sum >> guard;
}

/** RFC 7919 appendix A: p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1. */
function prime(bits: bigint, x: bigint): bigint {
  return (1n << bits) - (1n << (bits - 64n)) + ((scaledE(bits - 130n) + x) << 64n) - 1n;
}

const groups: ReadonlyArray<readonly [DhGroup, bigint, bigint]> = [
  ['ffdhe2048', 2048n, 560316n],
  ['ffdhe3072', 3072n, 2625351n],
];

describe('RFC 7919 groups', () => {
  for (const [group, bits, x] of groups) {
    it(`${group} is the prime of the RFC's formula, with generator 2`, () => {
      // SEQUENCE { INTEGER p, INTEGER g }; both lengths take two bytes: 30 82 .. .. 02 82 .. .. p 02 01 02.
      const der = Buffer.from(dhParameters[group].replaceAll(/-----.*-----|\s/g, ''), 'base64');
      const length = der.readUInt16BE(6);
      const p = BigInt(`0x${der.subarray(8, 8 + length).toString('hex')}`);
      assert.equal(p, prime(bits, x));
      assert.equal(der.subarray(8 + length).toString('hex'), '020102');
    });

    it(`${group} is known to OpenSSL by its name`, () => {
      const args = ['dhparam', '-noout', '-text'];
      const text = execFileSync('openssl', args, { input: dhParameters[group], encoding: 'utf8' });
      assert.match(text, new RegExp(`GROUP: ${group}`));
    });
  }

  it('makes keys that two ends agree on', () => {
    const der = Buffer.from(dhParameters.ffdhe2048.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    const p = der.subarray(8, 8 + der.readUInt16BE(6));
    const [a, b] = [createDiffieHellman(p, 2), createDiffieHellman(p, 2)];
    const [ours, theirs] = [a.generateKeys(), b.generateKeys()];
    assert.deepEqual(a.computeSecret(theirs), b.computeSecret(ours));
  });
});
