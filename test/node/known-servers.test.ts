/** Servers that were met before, through connect() and against servers that change. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { VncError } from '../../src/core/errors.ts';
import { parseAddress } from '../../src/node/address.ts';
import { connect, type ConnectOptions } from '../../src/node/connect.ts';
import { findServer, rememberServer } from '../../src/node/known-servers.ts';
import { createFbsFile } from '../../src/node/recording/fbs.ts';
import { recordSession } from '../../src/node/recording/record.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { makeTestPki } from '../support/test-pki.ts';

const PRINT = '0f'.repeat(32);
const folder = mkdtempSync(join(tmpdir(), 'sallyport-known-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const host = parseAddress('vm1:1', 'connect');

function file(name: string, text: string, mode = 0o600): string {
  writeFileSync(path(name), text);
  chmodSync(path(name), mode);
  return path(name);
}

describe('the file of known servers', () => {
  it('is made for its user alone, with a line for each', async () => {
    const name = path('new/known_servers');
    await rememberServer(name, host, { weakest: 'X509Vnc', fingerprint256: PRINT });
    await rememberServer(name, { kind: 'unix', path: '/run/vm 1%' }, { weakest: 'None' });
    assert.equal(
      readFileSync(name, 'utf8'),
      `vm1:1 X509Vnc ${PRINT}\nunix:/run/vm%201%25 None -\n`,
    );
    assert.equal(statSync(name).mode & 0o777, 0o600);
    assert.equal(statSync(path('new')).mode & 0o777, 0o700);
    const unix = await findServer(name, { kind: 'unix', path: '/run/vm 1%' });
    assert.deepEqual(unix, { weakest: 'None' });
  });

  it('knows a server by host and port, however they are written', async () => {
    const name = file('known', `# mine\n\nvm1:1 X509Vnc ${PRINT}\n`);
    for (const text of ['vm1:1', 'vm1::5901', 'vnc://vm1:5901'])
      assert.deepEqual(await findServer(name, parseAddress(text, 'connect')), {
        weakest: 'X509Vnc',
        fingerprint256: PRINT,
      });
    assert.equal(await findServer(name, parseAddress('vm1:2', 'connect')), undefined);
    assert.equal(await findServer(path('none'), host), undefined);
  });

  it('is not believed when others may write it, or when a line means nothing', async () => {
    for (const [name, words] of [
      [file('open', '', 0o666), /can be written by other users/],
      [file('short', '\nvm2:1 X509Vnc\n'), /short, line 2: not an address/],
      [file('type', `vm2:1 X509Best ${PRINT}\n`), /type, line 1/],
      [file('print', 'vm2:1 X509Vnc 0f0f\n'), /print, line 1/],
      [folder, /is a directory/],
    ] as const)
      await assert.rejects(findServer(name, host), {
        code: 'ERR_VNC_TLS_CONFIGURATION',
        message: words,
      });
  });
});

describe('connect with known servers', () => {
  const pki = makeTestPki();
  const url = `unix:${path('vnc')}`;
  const display = new FakeDisplay();
  const first = { key: pki.server.key, cert: pki.server.cert, ca: pki.ca };
  const second = { key: pki.alice.key, cert: pki.alice.cert, ca: pki.ca };
  const password = 'sesame';
  let serving: Serving | undefined;
  after(async () => {
    await serving?.close();
    pki.remove();
  });

  async function serveNow(options: Partial<ServeOptions>): Promise<Serving> {
    await serving?.close();
    serving = await serve({ display, listen: url, access: { password }, ...options });
    return serving;
  }

  async function meet(name: string, options: ConnectOptions = {}): Promise<string> {
    const knownServers = { file: path(name), trustFirst: true, ...options.knownServers };
    const vnc = await connect(url, { password, ...options, knownServers });
    await vnc.close();
    return vnc.security.name;
  }

  async function fails(work: Promise<unknown>, code: string, words: RegExp): Promise<void> {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof VncError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.match(error.cure, /take the line of unix:\S+ out of \S+/);
      return true;
    });
  }

  it('believes a server once, when asked to, and refuses another certificate later', async () => {
    await serveNow({ security: 'X509Vnc', tls: { credentials: first } });
    await assert.rejects(meet('a', { knownServers: { trustFirst: false } }), {
      code: 'ERR_VNC_CERTIFICATE',
      cure: /knownServers\.trustFirst/,
    });
    await meet('a');
    const print = new X509Certificate(first.cert).fingerprint256.replaceAll(':', '').toLowerCase();
    assert.equal(readFileSync(path('a'), 'utf8'), `${url} X509Vnc ${print}\n`);
    await meet('a', { knownServers: { trustFirst: false } });
    await serveNow({ security: 'X509Vnc', tls: { credentials: second } });
    await fails(meet('a'), 'ERR_VNC_CERTIFICATE', /has another certificate than before/);
    assert.equal(readFileSync(path('a'), 'utf8').split('\n').length, 2);
  });

  it('keeps what the caller verifies the server by', async () => {
    await serveNow({ security: 'X509Vnc', tls: { credentials: first } });
    await meet('b', { tls: { ca: pki.ca } });
    assert.equal(readFileSync(path('b'), 'utf8'), `${url} X509Vnc -\n`);
    await assert.rejects(meet('b', { tls: { ca: pki.evilCa } }), { code: 'ERR_VNC_CERTIFICATE' });
    await assert.rejects(meet('c', { tls: { ca: pki.evilCa } }), { code: 'ERR_VNC_CERTIFICATE' });
    // Nor does an authority that was not named make it a stranger.
    await assert.rejects(meet('b'), { code: 'ERR_VNC_CERTIFICATE' });
  });

  it('never falls back behind the type that was used', async () => {
    await serveNow({ security: 'X509Vnc,VncAuth,None', tls: { credentials: first } });
    assert.equal(await meet('d', { security: 'X509Vnc,VncAuth' }), 'X509Vnc');
    await fails(
      meet('d', { security: 'VncAuth,None' }),
      'ERR_VNC_POLICY',
      /is known with X509Vnc, and VncAuth, None would be weaker/,
    );
    await serveNow({ security: 'VncAuth' });
    await fails(
      meet('d', { security: 'X509Vnc,VncAuth' }),
      'ERR_VNC_NO_COMMON_TYPE',
      /is known with X509Vnc, and offers nothing as strong: the server offers VNC authentication/,
    );
    assert.equal(await meet('e', { security: 'VncAuth' }), 'VncAuth');
    await serveNow({ security: 'X509Vnc', tls: { credentials: first } });
    assert.equal(await meet('e', { security: 'X509Vnc', tls: { ca: pki.ca } }), 'X509Vnc');
  });

  it('takes wss for X.509 around what is inside', async () => {
    const secure = await serveNow({
      security: 'X509Vnc',
      tls: { credentials: first },
      websocket: { listen: '127.0.0.1::0' },
    });
    const [address] = secure.websocketAddresses;
    assert.ok(address?.kind === 'tcp');
    const wss = `wss://127.0.0.1:${address.port}/`;
    for (const trustFirst of [true, false]) {
      const vnc = await connect(wss, { password, knownServers: { file: path('f'), trustFirst } });
      await vnc.close();
    }
    const knownServers = { file: path('g'), trustFirst: true };
    const recording = await createFbsFile(path('wss.fbs'));
    await (await recordSession(wss, recording, { password, knownServers })).close();
    await recording.close();
    assert.equal(readFileSync(path('g'), 'utf8'), readFileSync(path('f'), 'utf8'));
    assert.match(readFileSync(path('f'), 'utf8'), /^127\.0\.0\.1::\d+ X509Vnc [0-9a-f]{64}\n$/);
  });
});
