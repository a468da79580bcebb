import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { createAuthority, issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { x509ServerOptions, type TlsCredentials } from '../../src/node/tls-context.ts';
import { makeTestPki } from '../support/test-pki.ts';

const pki = makeTestPki();
after(() => pki.remove());

/** Subjects of the certificates that a server with these credentials sends, in order. */
function sent(credentials: TlsCredentials): string[] {
  const pem = String(x509ServerOptions(credentials, 'TLSv1.2').cert);
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block).subject);
}

const subject = (pem: string): string => new X509Certificate(pem).subject;

describe('x509ServerOptions', () => {
  it('puts the authority behind a certificate that stands alone, so that no handshake has to look for it', () => {
    const { cert, key } = pki.server;
    assert.deepEqual(sent({ cert, key, ca: pki.ca }), [subject(cert), subject(pki.ca)]);
  });

  it('sends a chain as it was written', () => {
    const { cert, key } = pki.server;
    const chain = `${cert}\n${pki.ca}`;
    const { cert: shown } = x509ServerOptions({ cert: chain, key, ca: pki.ca }, 'TLSv1.2');
    assert.deepEqual(shown, [chain]);
  });

  it('sends a certificate alone when no authority of it is known', async () => {
    const { cert, key } = pki.server;
    const stranger = await createAuthority({ subject: 'CN=stranger' });
    assert.deepEqual(sent({ cert, key }), [subject(cert)]);
    assert.deepEqual(sent({ cert, key, ca: stranger.cert }), [subject(cert)]);
  });

  it('takes no authority that only has the name of the issuer', async () => {
    const real = await createAuthority({ subject: 'CN=twin' });
    const twin = await createAuthority({ subject: 'CN=twin' });
    const { cert, key } = await issueServerCertificate(real, ['localhost']);
    const both = `${twin.cert}${real.cert}`;
    const pem = String(x509ServerOptions({ cert, key, ca: both }, 'TLSv1.2').cert);
    assert.ok(pem.includes(real.cert.trim()) && !pem.includes(twin.cert.trim()));
  });
});
