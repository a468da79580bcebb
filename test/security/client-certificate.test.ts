import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeCertificate } from '../../src/security/client-certificate.ts';
import type { PeerCertificate, TlsAcceptor, TlsInfo } from '../../src/security/tls-port.ts';
import { fakeAuthenticator, localPeer } from '../support/fake-authenticator.ts';
import { aliceCertificate } from '../support/fake-tls.ts';

const infoOf = (peerCertificate?: PeerCertificate): TlsInfo => ({
  layer: 'x509',
  protocol: 'TLSv1.3',
  cipher: 'FAKE',
  ...(peerCertificate === undefined ? {} : { peerCertificate }),
});

describe('judgeCertificate', () => {
  const unverified = { ...aliceCertificate, verified: false };
  const rows: readonly [
    TlsAcceptor['verifyClient'],
    string,
    PeerCertificate | undefined,
    boolean,
  ][] = [
    ['off', 'none', undefined, true],
    ['off', 'a bad one', unverified, true],
    ['off', 'a good one', aliceCertificate, true],
    ['request', 'none', undefined, true],
    ['request', 'a bad one', unverified, false],
    ['request', 'a good one', aliceCertificate, true],
    ['require', 'none', undefined, false],
    ['require', 'a bad one', unverified, false],
    ['require', 'a good one', aliceCertificate, true],
  ];
  for (const [verifyClient, what, certificate, enters] of rows) {
    it(`${verifyClient}: ${enters ? 'takes' : 'denies'} ${what}`, async () => {
      const authenticator = fakeAuthenticator();
      const info = infoOf(certificate);
      const refusal = await judgeCertificate(verifyClient, info, authenticator, localPeer);
      assert.equal(refusal === undefined, enters);
      // The name rules see good certificates only.
      const asked = verifyClient !== 'off' && certificate?.verified === true;
      assert.equal(authenticator.asked.length, asked ? 1 : 0);
    });
  }

  it('keeps control characters of a name out of the log, and its length', async () => {
    const long = `C=GB,O=${'x'.repeat(1000)},CN=a`;
    for (const [distinguishedName, shown] of [
      ['CN=\u001b[2Jalice\n', 'CN=·[2Jalice·'],
      [long, long],
    ] as const) {
      const info = infoOf({ ...unverified, distinguishedName });
      const refusal = await judgeCertificate('require', info, fakeAuthenticator(), localPeer);
      assert.equal(
        refusal?.message,
        `client certificate is not good: not verified, of ${JSON.stringify(shown)}`,
      );
    }
  });

  it('passes on what is no denial: rules that cannot be read', async () => {
    const authenticator = {
      ...fakeAuthenticator(),
      certificate: () => Promise.reject(new Error('disk')),
    };
    await assert.rejects(
      judgeCertificate('require', infoOf(aliceCertificate), authenticator, localPeer),
      /^Error: disk$/,
    );
  });
});
