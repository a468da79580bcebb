import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Secret } from '../../src/core/secret.ts';
import { createAuthority, issueClientCertificate } from '../../src/node/certificate-authority.ts';
import { initStore } from '../../src/node/certificate-store.ts';
import { exportPair } from '../../src/node/pair-export.ts';
import { certificateBlocks, keyBlock, readPem } from '../../src/node/pem.ts';
import { encodePkcs12 } from '../../src/node/pkcs12.ts';
import type { KeyType } from '../../src/node/signing-keys.ts';
import { withoutPeers } from '../support/peers.ts';
import { run, temporaryDirectory } from './command.ts';

const password = 'correct horse battery staple';

/** What OpenSSL unpacks: text, key and certificates. */
function unpack(file: string, words = password) {
  const args = ['pkcs12', '-in', file, '-info', '-nodes', '-passin', `pass:${words}`];
  const { output, status } = run('openssl', args);
  return { output, status };
}

describe('encodePkcs12', () => {
  const keyTypes: readonly KeyType[] = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'Ed25519'];
  for (const keyType of keyTypes)
    it(`packs a ${keyType} key, its certificate and its authority, as OpenSSL reads them`, {
      skip: withoutPeers('openssl'),
    }, async (t) => {
      const authority = await createAuthority({ keyType });
      const pair = await issueClientCertificate(authority, 'O=Lab,CN=alice', { keyType });
      const file = join(temporaryDirectory(t), 'alice.p12');
      const content = { ...pair, authorities: [authority.cert], name: 'alice of the lab' };
      writeFileSync(file, await encodePkcs12(content, new Secret(password)));
      const { output, status } = unpack(file);
      assert.equal(status, 0, output);
      assert.match(output, /MAC: sha256/);
      assert.match(output, /Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, .*PRF hmacWithSHA256/);
      assert.match(
        output,
        /PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, .*PRF hmacWithSHA256/,
      );
      assert.equal(output.match(/friendlyName: alice of the lab/g)?.length, 2);
      assert.equal(new Set(output.match(/localKeyID: .*/g)).size, 1);
      const blocks = readPem(
        Buffer.from(output.slice(0, output.lastIndexOf('-----END') + 25)),
        'output',
      );
      const certificates = certificateBlocks(blocks, 'output');
      assert.deepEqual(
        certificates.map(({ text }) => new X509Certificate(text).fingerprint256),
        [pair.cert, authority.cert].map((pem) => new X509Certificate(pem).fingerprint256),
      );
      const key = createPrivateKey(keyBlock(blocks, 'output').text);
      assert.ok(new X509Certificate(pair.cert).checkPrivateKey(key));
      assert.notEqual(unpack(file, 'wrong').status, 0);
    });
  it('is read by GnuTLS too', { skip: withoutPeers('certtool') }, async (t) => {
    const authority = await createAuthority();
    const pair = await issueClientCertificate(authority, 'CN=alice');
    const file = join(temporaryDirectory(t), 'alice.p12');
    const content = { ...pair, authorities: [authority.cert], name: 'alice' };
    writeFileSync(file, await encodePkcs12(content, new Secret(password)));
    const { output } = run('certtool', [
      '--p12-info',
      '--inder',
      '--infile',
      file,
      '--password',
      password,
    ]);
    assert.equal(output.match(/BEGIN CERTIFICATE/g)?.length, 2, output);
    assert.match(output, /BEGIN (ENCRYPTED )?PRIVATE KEY/);
  });
  it('refuses passwords that programs read differently', async () => {
    const authority = await createAuthority();
    const content = { ...authority, authorities: [], name: 'a' };
    for (const bad of ['', 'Grüße', 'a\nb', '日本'])
      await assert.rejects(encodePkcs12(content, new Secret(bad)), TypeError);
  });
});

describe('exportPair', () => {
  it('packs a pair of the store for its owner only, and overwrites nothing', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    await initStore(dir, { hosts: ['console.lab'], client: 'alice' });
    const file = join(dir, 'alice.p12');
    const entry = await exportPair(dir, 'alice', file, new Secret(password));
    assert.equal(entry.kind, 'client');
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
    const before = readFileSync(file);
    await assert.rejects(exportPair(dir, 'alice', file, new Secret(password)), /exists already/);
    assert.deepEqual(readFileSync(file), before);
    const server = join(dir, 'server.p12');
    const { kind } = await exportPair(dir, 'console.lab', server, new Secret(password));
    assert.equal(kind, 'server');
    await assert.rejects(
      exportPair(dir, 'nobody', join(dir, 'x.p12'), new Secret(password)),
      /has no server named nobody on record/,
    );
  });
});
