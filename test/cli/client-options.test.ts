/** How commands that are viewers prove their server, and themselves. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { keyCommand } from '../../src/cli/key.ts';
import { recordCommand } from '../../src/cli/record.ts';
import { openCredentialStore } from '../../src/node/credential-store.ts';
import { recordedPicture } from '../../src/node/recording/playback.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { startSallyport } from '../support/sallyport.ts';
import { fails, succeeds } from './in-process.ts';
import { makeTestPki, type TestPki } from '../support/test-pki.ts';

describe('TLS options of viewers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-client-tls-'));
  const url = `unix:${join(folder, 'vnc')}`;
  const path = (name: string): string => join(folder, name);
  let pki: TestPki;
  let serving: Serving;
  let fingerprint: string;
  const display = new FakeDisplay();

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
    display.paint(0x336699);
    serving = await serve({
      display,
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
  const fine = (...args: string[]) => succeeds(keyCommand(), url, 'a', ...args);
  const refused = (code: number, words: RegExp, ...args: string[]) =>
    fails(keyCommand(), code, words, url, 'a', ...args);

  it('bring a certificate to a server that asks for one', async () => {
    await fine(...ca(), ...own('alice'));
    await refused(3, /the server refused the login/, ...ca());
    await refused(3, /the server refused the login/, ...ca(), ...own('bob'));
  });
  it('take a fingerprint in place of authority and name', async () => {
    await fine('--fingerprint', fingerprint, ...own('alice'));
    const words = /the server's certificate has the fingerprint/;
    await refused(3, words, '--fingerprint', '00'.repeat(32), ...own('alice'));
  });
  it('take another name for the server, and hold it to that', async () => {
    await fine(...ca(), ...own('alice'), '--servername', '127.0.0.1');
    const words = /is not of vm1\.example, but of/;
    await refused(3, words, ...ca(), ...own('alice'), '--servername', 'vm1.example');
  });
  it('trust no authority but the one that is named, and heed its list', async () => {
    await refused(3, /certificate is refused/, '--ca', path('evil-ca.pem'), ...own('alice'));
    await fine(...ca(), '--crl', path('crl.pem'), ...own('alice'));
  });
  it('are those of recordings, too, which are of what came inside TLS', async () => {
    const file = path('tls.fbs');
    const args = [url, file, '--duration', '0.3', ...ca(), ...own('alice')];
    await succeeds(recordCommand(), ...args);
    const { framebuffer } = await recordedPicture(file, Number.POSITIVE_INFINITY);
    assert.deepEqual(framebuffer.pixels, display.framebuffer.pixels);
  });
  it('are refused where they contradict each other', async () => {
    await refused(2, /--cert and --key belong together/, '--cert', path('alice.pem'));
    await refused(2, /--crl goes with --ca/, '--crl', path('crl.pem'));
    await refused(2, /stands in place of/, '--fingerprint', '0'.repeat(64), ...ca());
    await refused(2, /is not a SHA-256 in hexadecimal/, '--fingerprint', 'abc');
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
