import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
} from '../../src/node/certificate-authority.ts';
import { openCertificate } from '../../src/node/certificate-checks.ts';
import {
  describeCertificate,
  type CertificateDescription,
} from '../../src/node/certificate-description.ts';
import { readPem } from '../../src/node/pem.ts';

function describePem(pem: string): CertificateDescription {
  const [block] = readPem(Buffer.from(pem), 'file');
  assert.ok(block !== undefined);
  return describeCertificate(openCertificate(block, 'file'));
}

describe('describeCertificate', () => {
  it('gives the name in both orders, and the rule that lets exactly it in', async () => {
    const { cert } = await issueClientCertificate(await createAuthority(), 'C=GB,O=L\\*b,CN=alice');
    const described = describePem(cert);
    assert.equal(described.kind, 'client');
    assert.equal(described.subject, 'C=GB,O=L*b,CN=alice');
    assert.equal(described.subjectReversed, 'CN=alice,O=L*b,C=GB');
    assert.equal(described.allowName, 'C=GB,O=L\\*b,CN=alice');
    assert.equal(described.issuer, 'O=Sallyport,CN=Sallyport CA');
    assert.match(described.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    for (const date of [described.notBefore, described.notAfter])
      assert.match(date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
  it('knows authorities, servers and the kinds of keys', async () => {
    for (const [keyType, words] of [
      ['P-256', 'P-256'],
      ['P-384', 'P-384'],
      ['RSA-2048', 'RSA 2048'],
      ['Ed25519', 'Ed25519'],
    ] as const) {
      const authority = await createAuthority({ keyType });
      const server = await issueServerCertificate(authority, ['a.lab', '::1'], { keyType });
      assert.equal(describePem(authority.cert).kind, 'authority');
      const described = describePem(server.cert);
      assert.equal(described.kind, 'server');
      assert.equal(described.keyType, words);
      assert.deepEqual(described.subjectAltNames, ['DNS:a.lab', 'IP:::1']);
    }
  });
});
