import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { Secret } from '../../src/core/secret.ts';
import {
  createAuthority,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { loadTlsCredentials } from '../../src/node/credential-files.ts';
import { credentialFiles } from '../../src/node/credential-layout.ts';
import { temporaryDirectory } from './command.ts';

let authority: CertifiedKey;
let ec: CertifiedKey;
let rsa: CertifiedKey;
let other: CertifiedKey;
let crl: string;
before(async () => {
  authority = await createAuthority();
  ec = await issueServerCertificate(authority, ['a.lab']);
  rsa = await issueServerCertificate(authority, ['a.lab'], { keyType: 'RSA-3072' });
  other = await issueServerCertificate(authority, ['b.lab']);
  crl = await issueRevocationList(authority, [], { number: 1n });
});

function directory(t: TestContext, files: Readonly<Record<string, string>>): string {
  const dir = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(dir, name), text, { mode: 0o600 });
  return dir;
}

/** The names that were chosen, in order; `-` where there is none. */
async function chosen(dir: string, needCa = false): Promise<string> {
  const { certFile, keyFile, alternatives, caFile, crlFile } = await credentialFiles(
    { dir },
    'server',
    needCa,
  );
  const names = [certFile, keyFile, caFile, crlFile].map((file) => basename(file ?? '-'));
  for (const each of alternatives ?? []) names.push(basename(each.certFile));
  return names.join(' ');
}

describe('layout of a directory', () => {
  it("is QEMU's, Kubernetes's or Let's Encrypt's, in this order", async (t) => {
    const letsEncrypt = { 'fullchain.pem': ec.cert, 'privkey.pem': ec.key };
    const kubernetes = { ...letsEncrypt, 'tls.crt': ec.cert, 'tls.key': ec.key };
    const qemu = { ...kubernetes, 'server-cert.pem': ec.cert, 'server-key.pem': ec.key };
    assert.equal(await chosen(directory(t, letsEncrypt)), 'fullchain.pem privkey.pem - -');
    assert.equal(await chosen(directory(t, kubernetes)), 'tls.crt tls.key - -');
    assert.equal(await chosen(directory(t, qemu)), 'server-cert.pem server-key.pem - -');
  });

  it('has an authority and a list under its own names', async (t) => {
    const own = { 'ca-cert.pem': authority.cert, 'ca-crl.pem': crl };
    const letsEncrypt = { 'fullchain.pem': ec.cert, 'privkey.pem': ec.key, ...own };
    assert.match(await chosen(directory(t, letsEncrypt)), / ca-cert\.pem ca-crl\.pem$/);
    const kubernetes = { 'tls.crt': ec.cert, 'tls.key': ec.key, 'ca.crt': authority.cert };
    assert.match(await chosen(directory(t, kubernetes)), / ca\.crt -$/);
    assert.match(await chosen(directory(t, { ...kubernetes, 'ca.crl': crl })), / ca\.crt ca\.crl$/);
  });

  it('takes an empty ca.crt for none, as cert-manager means it, unless one is needed', async (t) => {
    const dir = directory(t, { 'tls.crt': ec.cert, 'tls.key': ec.key, 'ca.crt': '' });
    assert.equal((await loadTlsCredentials({ dir }, { needCa: false })).ca, undefined);
    await assert.rejects(loadTlsCredentials({ dir }, { needCa: true }), /ca\.crt is empty/);
  });

  it('names the accepted names when it has none of them', async (t) => {
    await assert.rejects(
      loadTlsCredentials({ dir: directory(t, { 'cert.pem': ec.cert }) }, { needCa: false }),
      {
        code: 'ERR_VNC_TLS_CONFIGURATION',
        message:
          /has no certificate under a name that is known: server-cert\.pem and server-key\.pem \(QEMU, libvirt\), tls\.crt and tls\.key \(Kubernetes\), or fullchain\.pem and privkey\.pem \(Let's Encrypt\)$/,
      },
    );
  });

  it('says so when the directory is not there', async (t) => {
    const dir = join(temporaryDirectory(t), 'none');
    await assert.rejects(loadTlsCredentials({ dir }, { needCa: false }), /none does not exist/);
  });

  it('lets an authority for viewers beside a public certificate be another one, with a warning', async (t) => {
    const own = await createAuthority({ subject: 'CN=Viewers' });
    const files = { 'fullchain.pem': ec.cert, 'privkey.pem': ec.key, 'ca-cert.pem': own.cert };
    const loaded = await loadTlsCredentials({ dir: directory(t, files) }, { needCa: true });
    assert.match(loaded.warnings.join(), /fullchain\.pem holds a certificate that does not lead/);
  });
});

describe("QEMU's indexed certificates", () => {
  const numbered = (index: number, { cert, key }: CertifiedKey): Record<string, string> => ({
    [`server-cert-${index}.pem`]: cert,
    [`server-key-${index}.pem`]: key,
  });

  it('stand beside server-cert.pem, or in its place, up to the first gap', async (t) => {
    const plain = { 'server-cert.pem': ec.cert, 'server-key.pem': ec.key };
    const two = { ...numbered(0, rsa), ...numbered(1, other) };
    assert.equal(
      await chosen(directory(t, { ...plain, ...two })),
      'server-cert.pem server-key.pem - - server-cert-0.pem server-cert-1.pem',
    );
    assert.equal(
      await chosen(directory(t, { ...two, ...numbered(3, ec) })),
      'server-cert-0.pem server-key-0.pem - - server-cert-1.pem',
    );
  });

  it('are loaded in order, with what expires', async (t) => {
    const files = { ...numbered(0, ec), ...numbered(1, rsa), 'ca-cert.pem': authority.cert };
    const loaded = await loadTlsCredentials({ dir: directory(t, files) }, { needCa: true });
    assert.equal(loaded.cert, ec.cert);
    assert.deepEqual(loaded.alternatives, [rsa]);
    assert.deepEqual(
      loaded.expiries.map(({ what }) => what),
      ['certificate', 'certificate', 'authority'],
    );
    assert.deepEqual(loaded.warnings, []);
  });

  it('are checked like the first: a pair that does not match, a half that is missing', async (t) => {
    const wrong = { ...numbered(0, ec), 'server-cert-1.pem': rsa.cert, 'server-key-1.pem': ec.key };
    await assert.rejects(
      loadTlsCredentials({ dir: directory(t, wrong) }, { needCa: false }),
      /server-key-1\.pem is not the key of/,
    );
    const half = { ...numbered(0, ec), 'server-key-1.pem': rsa.key };
    await assert.rejects(
      loadTlsCredentials({ dir: directory(t, half) }, { needCa: false }),
      /server-cert-1\.pem does not exist/,
    );
  });

  it('get a warning when they would never be shown', async (t) => {
    const again = await issueServerCertificate(authority, ['a.lab']);
    const files = { ...numbered(0, ec), ...numbered(1, again) };
    const { warnings } = await loadTlsCredentials({ dir: directory(t, files) }, { needCa: false });
    assert.match(
      warnings.join(),
      /server-cert-1\.pem is of no use: .*server-cert-0\.pem has the same kind of key and the same names/,
    );
  });

  it('count for the hosts that must be named', async (t) => {
    const dir = directory(t, { ...numbered(0, ec), ...numbered(1, other) });
    const hosts = ['a.lab', 'b.lab', 'c.lab'];
    const { warnings } = await loadTlsCredentials({ dir }, { needCa: false, hosts });
    assert.deepEqual(warnings, [
      'none of the certificates names c.lab, so viewers that connect to it will refuse; they name DNS:a.lab, DNS:b.lab',
    ]);
  });
});

describe('encrypted private keys', () => {
  it('open with the password, in each layout', async (t) => {
    const cipher = 'aes-256-cbc';
    const encrypted = createPrivateKey(ec.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher,
      passphrase: 'lock',
    });
    const dir = directory(t, { 'tls.crt': ec.cert, 'tls.key': encrypted.toString() });
    const keyPassword = new Secret('lock');
    const { key } = await loadTlsCredentials({ dir }, { needCa: false, keyPassword });
    assert.equal(createPrivateKey(key).equals(createPrivateKey(ec.key)), true);
    await assert.rejects(
      loadTlsCredentials({ dir }, { needCa: false, keyPassword: new Secret('key') }),
      /cannot be decrypted with the password/,
    );
    await assert.rejects(loadTlsCredentials({ dir }, { needCa: false }), /is encrypted/);
  });

  it('may stand beside others that are not encrypted', async (t) => {
    const locked = createPrivateKey(rsa.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'lock',
    });
    const dir = directory(t, {
      'server-cert.pem': ec.cert,
      'server-key.pem': ec.key,
      'server-cert-0.pem': rsa.cert,
      'server-key-0.pem': locked.toString(),
    });
    const keyPassword = new Secret('lock');
    const loaded = await loadTlsCredentials({ dir }, { needCa: false, keyPassword });
    assert.equal(loaded.alternatives?.length, 1);
  });
});
