/** How commands that are viewers prove their server, and themselves. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openCredentialStore } from '../../src/node/credential-store.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { startSallyport } from '../support/sallyport.ts';
import { makeTestPki, type TestPki } from '../support/test-pki.ts';

describe('TLS options of viewers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-client-tls-'));
  const url = `unix:${join(folder, 'vnc')}`;
  const path = (name: string): string => join(folder, name);
  let pki: TestPki;
  let serving: Serving;
  let fingerprint: string;

  before(async () => {
    pki = makeTestPki();
    fingerprint = new X509Certificate(pki.server.cert).fingerprint256;
    const files = {
      'ca.pem': pki.ca,
      'crl.pem': pki.crl,
      'evil-ca.pem': pki.evilCa,
      'server.pem': pki.server.cert,
      'server-key.pem': pki.server.key,
      'alice.pem': pki.alice.cert,
      'alice-key.pem': pki.alice.key,
      'bob.pem': pki.bob.cert,
      'bob-key.pem': pki.bob.key,
    };
    for (const [name, text] of Object.entries(files))
      writeFileSync(path(name), text, { mode: 0o600 });
    const credentials = await openCredentialStore(
      {
        certFile: path('server.pem'),
        keyFile: path('server-key.pem'),
        caFile: path('ca.pem'),
        crlFile: path('crl.pem'),
      },
      { needCa: true },
    );
    serving = await serve({
      display: new FakeDisplay(),
      listen: url,
      security: 'X509None',
      tls: { credentials, verifyClient: 'require' },
    });
  });
  after(async () => {
    await serving?.close();
    pki?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const ca = () => ['--ca', path('ca.pem')];
  const own = (name: string) => ['--cert', path(`${name}.pem`), '--key', path(`${name}-key.pem`)];
  const run = (...args: string[]) => startSallyport(['key', url, 'a', ...args], {}).ended;

  it('bring a certificate to a server that asks for one', async () => {
    assert.deepEqual(await run(...ca(), ...own('alice')), { code: 0, stdout: '', stderr: '' });
    const without = await run(...ca());
    assert.notEqual(without.code, 0, 'without one it is refused');
    assert.notEqual((await run(...ca(), ...own('bob'))).code, 0, 'revoked');
  });
  it('take a fingerprint in place of authority and name', async () => {
    const pinned = await run('--fingerprint', fingerprint, ...own('alice'));
    assert.deepEqual(pinned, { code: 0, stdout: '', stderr: '' });
    const other = await run('--fingerprint', '00'.repeat(32), ...own('alice'));
    assert.equal(other.code, 3);
    assert.match(other.stderr, /the server's certificate has the fingerprint/);
  });
  it('take another name for the server, and hold it to that', async () => {
    const named = await run(...ca(), ...own('alice'), '--servername', '127.0.0.1');
    assert.deepEqual(named, { code: 0, stdout: '', stderr: '' });
    const other = await run(...ca(), ...own('alice'), '--servername', 'vm1.example');
    assert.equal(other.code, 3);
    assert.match(other.stderr, /is not of vm1\.example, but of/);
  });
  it('trust no authority but the one that is named, and heed its list', async () => {
    assert.equal((await run('--ca', path('evil-ca.pem'), ...own('alice'))).code, 3);
    const listed = await run(...ca(), '--crl', path('crl.pem'), ...own('alice'));
    assert.deepEqual(listed, { code: 0, stdout: '', stderr: '' });
  });
  it('are refused where they contradict each other', async () => {
    for (const [words, ...args] of [
      ['--cert and --key belong together', '--cert', path('alice.pem')],
      ['--crl goes with --ca', '--crl', path('crl.pem')],
      ['--fingerprint stands in place of', '--fingerprint', '0'.repeat(64), ...ca()],
      ['is not a SHA-256 in hexadecimal', '--fingerprint', 'abc'],
    ]) {
      const ended = await run(...args);
      assert.equal(ended.code, 2);
      assert.ok(ended.stderr.includes(words ?? '?'), ended.stderr);
    }
  });
});

describe('a password on the command line', () => {
  it('is refused with the words of what to do, and not repeated', async () => {
    for (const args of [
      ['shot', '--password', 'sesame', 'host:1', 'x.png'],
      ['do', '-s', 'host:1', '-p', 'sesame', 'key', 'a'],
      ['watch', 'host:1', '--password=sesame'],
    ]) {
      const ended = await startSallyport(args, {}).ended;
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, /every user of this machine: use --password-file, VNC_PASSWORD/);
      assert.doesNotMatch(ended.stderr, /sesame/);
    }
  });
});
