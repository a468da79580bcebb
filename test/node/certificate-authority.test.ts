import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { describePeerCertificate } from '../../src/node/peer-certificate.ts';
import type { KeyType } from '../../src/node/signing-keys.ts';
import type { PeerCertificate } from '../../src/security/tls-port.ts';
import { needs, run, temporaryDirectory } from './command.ts';

const describePem = (pem: string): PeerCertificate =>
  describePeerCertificate(new X509Certificate(pem).raw, { verified: true });
const names = ['console.lab', 'localhost', '127.0.0.1', '::1', '[fe80::1%eth0]', '*.vm.lab'];

const keyTypes: readonly KeyType[] = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'Ed25519'];

for (const keyType of keyTypes)
  describe(`certificates of a ${keyType} authority`, () => {
    let authority: CertifiedKey;
    let server: CertifiedKey;
    let alice: CertifiedKey;
    let revoked: CertifiedKey;
    let crl: string;
    before(async () => {
      authority = await createAuthority({ keyType });
      server = await issueServerCertificate(authority, names, { keyType });
      alice = await issueClientCertificate(authority, 'C=GB,O=Lab,CN=alice', { keyType });
      revoked = await issueClientCertificate(authority, 'C=GB,O=Lab,CN=bob');
      const { serialNumber } = describePem(revoked.cert);
      const entries = [{ serialNumber, reason: 'keyCompromise' as const }];
      crl = await issueRevocationList(authority, entries, { number: 1n });
    });
    const write = (t: TestContext): ((name: string) => string) => {
      const dir = temporaryDirectory(t);
      const files = {
        ca: authority.cert,
        crl,
        server: server.cert,
        alice: alice.cert,
        revoked: revoked.cert,
      };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
      return (name) => join(dir, name);
    };

    it('verify strictly in OpenSSL, each for its own purpose', { ...needs('openssl') }, (t) => {
      const at = write(t);
      const verify = (name: string, ...more: string[]) =>
        run('openssl', [
          'verify',
          '-x509_strict',
          '-crl_check',
          '-CAfile',
          at('ca'),
          '-CRLfile',
          at('crl'),
          ...more,
          at(name),
        ]);
      for (const [name, ...more] of [
        ['server', '-purpose', 'sslserver', '-verify_hostname', 'console.lab'],
        ['server', '-purpose', 'sslserver', '-verify_hostname', 'any.vm.lab'],
        ['server', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1'],
        ['server', '-purpose', 'sslserver', '-verify_ip', '::1'],
        ['server', '-purpose', 'sslserver', '-verify_ip', 'fe80::1'],
        ['alice', '-purpose', 'sslclient'],
      ] as const)
        assert.deepEqual(verify(name, ...more), { status: 0, output: `${at(name)}: OK\n` });
      assert.match(
        verify('alice', '-purpose', 'sslserver').output,
        /unsuitable certificate purpose/,
      );
      assert.match(
        verify('server', '-purpose', 'sslclient').output,
        /unsuitable certificate purpose/,
      );
      assert.match(verify('revoked', '-purpose', 'sslclient').output, /certificate revoked/);
    });

    it('verify in GnuTLS, and the revoked one does not', { ...needs('certtool') }, (t) => {
      const at = write(t);
      const verify = (name: string) =>
        run('certtool', [
          '--verify',
          '--load-ca-certificate',
          at('ca'),
          '--load-crl',
          at('crl'),
          '--infile',
          at(name),
        ]);
      assert.match(verify('server').output, /The certificate is trusted/);
      assert.match(verify('alice').output, /The certificate is trusted/);
      assert.match(verify('revoked').output, /revoked/);
      const list = run('certtool', [
        '--verify-crl',
        '--load-ca-certificate',
        at('ca'),
        '--infile',
        at('crl'),
      ]);
      assert.match(list.output, /Verification output: Verified/);
    });

    it('have a revocation list that OpenSSL can check', { ...needs('openssl') }, (t) => {
      const at = write(t);
      const { output } = run('openssl', [
        'crl',
        '-in',
        at('crl'),
        '-CAfile',
        at('ca'),
        '-noout',
        '-text',
      ]);
      assert.match(output, /verify OK/);
      assert.match(output, /X509v3 CRL Number: *\n *1\n/);
      assert.match(output, /Key Compromise/);
    });
  });

describe('createAuthority', () => {
  it('makes an authority that signs certificates but no authorities', async () => {
    const { cert } = await createAuthority({ subject: 'O=Lab,CN=Our CA' });
    const parsed = new X509Certificate(cert);
    assert.equal(parsed.ca, true);
    assert.equal(describePem(cert).distinguishedName, 'O=Lab,CN=Our CA');
    assert.ok(parsed.verify(parsed.publicKey));
  });
  it('is valid since an hour ago, for ten years', async () => {
    const { validFrom, validTo } = new X509Certificate((await createAuthority()).cert);
    const hours = (Date.now() - Date.parse(validFrom)) / 3_600_000;
    assert.ok(hours > 0.99 && hours < 1.1, validFrom);
    const days = (Date.parse(validTo) - Date.now()) / 86_400_000;
    assert.ok(days > 3649 && days < 3651, validTo);
  });
});

describe('issueServerCertificate', () => {
  it('names the host by names and addresses, each once', async () => {
    const authority = await createAuthority();
    const { cert } = await issueServerCertificate(authority, [...names, 'localhost']);
    const { distinguishedName, subjectAltNames } = describePem(cert);
    assert.equal(distinguishedName, 'CN=console.lab');
    assert.deepEqual(subjectAltNames, [
      'DNS:console.lab',
      'DNS:localhost',
      'IP:127.0.0.1',
      'IP:::1',
      'IP:fe80::1',
      'DNS:*.vm.lab',
    ]);
  });
  it('is valid for 825 days, but never longer than its authority', async () => {
    const days = async (authority: CertifiedKey): Promise<number> => {
      const { cert } = await issueServerCertificate(authority, ['a']);
      return Math.round((Date.parse(new X509Certificate(cert).validTo) - Date.now()) / 86_400_000);
    };
    assert.equal(await days(await createAuthority()), 825);
    const notAfter = new Date(Date.now() + 10 * 86_400_000);
    assert.equal(await days(await createAuthority({ notAfter })), 10);
  });
  it('refuses what is no name, and no names', async () => {
    const authority = await createAuthority();
    for (const bad of ['a b', 'a,b', '', 'http://x', '*', 'a*.b'])
      await assert.rejects(issueServerCertificate(authority, ['ok', bad]), TypeError);
    await assert.rejects(issueServerCertificate(authority, []), /at least one name/);
  });
});

describe('issueClientCertificate', () => {
  it('keeps the order and every character of the subject', async () => {
    const authority = await createAuthority();
    for (const subject of [
      'C=GB,O=Pro\\,to "X"'.replaceAll('"', '\\"'),
      'O=\\#abc,CN=\\ a\\ ',
      'CN=日本,OU=a,OU=b',
      'DC=org,DC=lab,UID=u,EMAIL=a@b.c',
      'CN=a\\0ab\\\\\\+',
    ]) {
      const { cert } = await issueClientCertificate(authority, subject);
      assert.equal(describePem(cert).distinguishedName, subject);
    }
  });
  it('refuses a subject that it cannot write', async () => {
    const authority = await createAuthority();
    for (const bad of ['alice', 'CN=', 'FOO=x', 'CN=a+OU=b', 'CN=#0c0161'])
      await assert.rejects(issueClientCertificate(authority, bad), TypeError);
  });
  it('gives each certificate its own serial number of 16 bytes', async () => {
    const authority = await createAuthority();
    const serials = await Promise.all(
      Array.from(
        { length: 20 },
        async () =>
          describePem((await issueClientCertificate(authority, 'CN=a')).cert).serialNumber,
      ),
    );
    assert.equal(new Set(serials).size, 20);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  });
  it('works for an authority that openssl made', { ...needs('openssl') }, async (t) => {
    const dir = temporaryDirectory(t);
    const at = (name: string): string => join(dir, name);
    run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      at('k'),
      '-out',
      at('ca'),
      '-days',
      '9',
      '-subj',
      '/O=x/CN=ca',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    ]);
    const authority = { cert: readFileSync(at('ca'), 'utf8'), key: readFileSync(at('k'), 'utf8') };
    writeFileSync(at('c'), (await issueClientCertificate(authority, 'CN=a')).cert);
    const { output } = run('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      at('ca'),
      at('c'),
    ]);
    assert.equal(output, `${at('c')}: OK\n`);
  });
});

describe('issueRevocationList', () => {
  it('writes the label that every TLS library knows', async () => {
    const crl = await issueRevocationList(await createAuthority(), [], { number: 0n });
    assert.match(crl, /^-----BEGIN X509 CRL-----\n[^]*\n-----END X509 CRL-----\n$/);
  });
  it('writes large numbers, and refuses those beyond 20 bytes', {
    ...needs('openssl'),
  }, async () => {
    const authority = await createAuthority();
    for (const [number, shown] of [
      [0x80n, /128/],
      [1n << 100n, /1267650600228229401496703205376/],
    ] as const) {
      const crl = await issueRevocationList(authority, [], { number });
      assert.match(run('openssl', ['crl', '-noout', '-crlnumber'], crl).output, /crlNumber=/);
      assert.match(run('openssl', ['crl', '-noout', '-text'], crl).output, shown);
    }
    for (const number of [-1n, 1n << 160n])
      await assert.rejects(issueRevocationList(authority, [], { number }), RangeError);
  });
});
