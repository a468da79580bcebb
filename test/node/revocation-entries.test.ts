import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VncError } from '../../src/core/errors.ts';
import {
  createAuthority,
  issueRevocationList,
  revocationReasons,
} from '../../src/node/certificate-authority.ts';
import { readPem } from '../../src/node/pem.ts';
import { readRevocationEntries } from '../../src/node/revocation-entries.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { withoutPeers } from '../support/peers.ts';

function derOf(pem: string): Uint8Array {
  const [block] = readPem(Buffer.from(pem), 'list');
  assert.ok(block !== undefined);
  return block.der;
}

describe('readRevocationEntries', () => {
  it('reads back serial numbers, dates, reasons, the number and the end', async () => {
    const date = new Date('2026-01-02T03:04:05Z');
    const nextUpdate = new Date('2049-12-31T23:59:59Z');
    const revoked = [
      { serialNumber: '01', date },
      ...revocationReasons.map((reason, i) => ({ serialNumber: `FF0${i}`, date, reason })),
    ];
    const crl = await issueRevocationList(await createAuthority(), revoked, {
      number: 0x80n,
      nextUpdate,
    });
    assert.deepEqual(readRevocationEntries(derOf(crl)), { number: 0x80n, nextUpdate, revoked });
  });
  it('reads an empty list', async () => {
    const crl = await issueRevocationList(await createAuthority(), [], { number: 0n });
    const { number, revoked } = readRevocationEntries(derOf(crl));
    assert.deepEqual([number, revoked], [0n, []]);
  });
  it('reads a list that OpenSSL wrote, which has no number', {
    skip: withoutPeers('openssl'),
  }, (t) => {
    const pki = makeTestPki();
    t.after(() => pki.remove());
    const { number, nextUpdate, revoked } = readRevocationEntries(derOf(pki.crl));
    assert.equal(number, 0n);
    assert.ok(nextUpdate !== undefined && nextUpdate > new Date());
    assert.equal(revoked.length, 2);
  });
  it('refuses a list that was cut at any byte', async () => {
    const revoked = [{ serialNumber: '0A', reason: 'superseded' as const }];
    const der = derOf(await issueRevocationList(await createAuthority(), revoked, { number: 1n }));
    for (let length = 0; length < der.length; length++)
      assert.throws(() => readRevocationEntries(der.subarray(0, length)), VncError);
  });
});
