import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { VncError } from '../../src/core/errors.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { connect, type ConnectOptions } from '../../src/node/connect.ts';
import { dial } from '../../src/node/dial.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { hashPassword, nodeScrypt } from '../../src/node/users-file.ts';
import type { CredentialsRequest } from '../../src/security/security-type.ts';
import { DesktopSizeStatus } from '../../src/rfb/constants.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { until } from '../support/until.ts';
import { urlOf } from '../support/websocket-pair.ts';

const pki = makeTestPki();
const { ca } = pki;
const alice = { username: 'alice', password: 'correct horse' };

describe('connect', () => {
  let folder: string;
  let users: UserStore;
  let secure: Serving;
  let plain: Serving;
  let port: number;
  let path: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-connect-'));
    path = join(folder, 'vnc.sock');
    users = new UserStore(parseUsers(`alice:${await hashPassword(alice.password)}\n`), {
      scrypt: nodeScrypt,
    });
    secure = await serve({
      display: createTestCard(),
      listen: ['127.0.0.1::0', `unix:${path}`],
      websocket: { listen: '127.0.0.1::0' },
      security: 'X509Plain',
      access: { users },
      tls: { credentials: { ...pki.server, ca } },
    });
    plain = await serve({
      display: createTestCard(),
      listen: '127.0.0.1::0',
      websocket: { listen: '127.0.0.1::0' },
      security: 'None',
    });
    port = portOf(secure);
  });
  after(async () => {
    await secure.close();
    await plain.close();
    pki.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const portOf = ({ addresses }: Serving): number => {
    const [address] = addresses;
    assert.ok(address?.kind === 'tcp');
    return address.port;
  };
  const webSocketOf = (serving: Serving): string => {
    const [address] = serving.websocketAddresses;
    assert.ok(address !== undefined);
    return urlOf(address, serving.websocketTls);
  };

  async function fails(
    target: Parameters<typeof connect>[0],
    options: ConnectOptions,
    { code, message, cure }: { code: string; message: RegExp; cure: RegExp },
  ): Promise<void> {
    await assert.rejects(connect(target, options), (error) => {
      assert.ok(error instanceof VncError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.match(error.cure, cure);
      return true;
    });
  }

  it('takes host::port, vnc://, unix: and a stream, and verifies the server on each', async () => {
    const tls = { ca };
    for (const target of [`127.0.0.1::${port}`, `vnc://localhost:${port}`, `unix:${path}`]) {
      const vnc = await connect(target, { tls, ...alice });
      assert.equal(vnc.security.name, 'X509Plain');
      await vnc.close();
    }
    const stream = await dial({ kind: 'unix', path });
    const vnc = await connect(stream, { tls: { ca, servername: 'localhost' }, ...alice });
    assert.equal(vnc.security.tlsInfo?.peerCertificate?.verified, true);
    await vnc.close();
  });

  it('logs in by SASL where a server with a certificate asks for nothing else', async () => {
    const serving = await serve({
      display: createTestCard(),
      listen: '127.0.0.1::0',
      security: 'X509SASL',
      access: { users },
      tls: { credentials: { ...pki.server, ca } },
    });
    try {
      const vnc = await connect(`127.0.0.1::${portOf(serving)}`, { tls: { ca }, ...alice });
      assert.equal(vnc.security.name, 'X509SASL');
      await vnc.close();
    } finally {
      await serving.close();
    }
  });

  it('takes ws:// and wss://, and verifies the server of wss before its request leaves', async () => {
    const vnc = await connect(webSocketOf(secure), { tls: { ca }, ...alice });
    assert.deepEqual([vnc.security.name, vnc.security.tlsInfo?.protocol], ['Plain', 'TLSv1.3']);
    await vnc.events.once('damage');
    await vnc.close();
    await fails(webSocketOf(secure), alice, {
      code: 'ERR_VNC_CERTIFICATE',
      message: /authority that is not trusted/,
      cure: /tls\.ca/,
    });
    const clear = await connect(webSocketOf(plain), { security: 'None' });
    assert.equal(clear.security.tlsInfo, undefined);
    await clear.close();
  });

  it('takes user, password, pin and view-only from a vnc:// address, where no option names them', async () => {
    const { fingerprint256 } = (await probe()).security.tlsInfo?.peerCertificate ?? assert.fail();
    const query = `VncUsername=alice&VncPassword=correct%20horse&IdHashAlgorithm=4&IdHash=${fingerprint256}&ViewOnly=true`;
    const vnc = await connect(`vnc://127.0.0.1:${port}/?${query}`);
    assert.equal(vnc.security.name, 'X509Plain');
    await vnc.close();
    await fails(
      `vnc://127.0.0.1:${port}/?${query}`,
      { password: 'wrong' },
      {
        code: 'ERR_VNC_AUTHENTICATION',
        message: /refused the login/,
        cure: /password/,
      },
    );
    // What the program trusts is not replaced by what an address says.
    await fails(
      `vnc://127.0.0.1:${port}/?${query}`,
      { tls: { ca: pki.evilCa } },
      {
        code: 'ERR_VNC_CERTIFICATE',
        message: /not trusted/,
        cure: /fingerprint256/,
      },
    );
  });

  const probe = async () => {
    const vnc = await connect(`127.0.0.1::${port}`, { tls: { ca }, ...alice });
    await vnc.close();
    return vnc;
  };

  it('lets an address narrow what is allowed, never widen it', async () => {
    const target = `vnc://127.0.0.1:${portOf(plain)}?SecurityType=1`;
    await fails(
      target,
      {},
      {
        code: 'ERR_VNC_POLICY',
        message: /asks for no authentication \(None, 1\); allowed here: VeNCrypt \(19\)/,
        cure: /option `security`/,
      },
    );
    const vnc = await connect(target, { security: 'None,VncAuth' });
    assert.equal(vnc.security.name, 'None');
    await vnc.close();
  });

  it('asks for credentials once the server is verified, and says by what', async () => {
    const asked: CredentialsRequest[] = [];
    const vnc = await connect(`127.0.0.1::${port}`, {
      tls: { ca },
      credentials: async (request) => {
        asked.push(request);
        const { Secret } = await import('../../src/core/secret.ts');
        return { username: alice.username, password: new Secret(alice.password) };
      },
    });
    await vnc.close();
    assert.deepEqual(
      asked.map(({ username, password, security, tlsInfo }) => [
        username,
        password,
        security,
        tlsInfo?.peerCertificate?.verified,
      ]),
      [[true, true, 'X509Plain', true]],
    );
  });

  it('view-only sends nothing that acts', async () => {
    const display = new FakeDisplay({ resizable: true });
    const serving = await serve({ display, listen: '127.0.0.1::0', security: 'None' });
    const vnc = await connect(`127.0.0.1::${portOf(serving)}`, {
      security: 'None',
      viewOnly: true,
    });
    vnc.key({ down: true, keysym: 0x61 });
    vnc.pointer(1, 1, 1);
    vnc.clipboard('text');
    assert.equal(await vnc.power('reset'), false);
    await vnc.refresh(false);
    assert.equal(vnc.resizable, true);
    assert.equal(await vnc.resize(10, 10), DesktopSizeStatus.Prohibited);
    assert.deepEqual([display.keys, display.pointers, display.clipboards], [[], [], []]);
    await vnc.close();
    await serving.close();
  });

  it('uses every extension with our own server', async () => {
    const display = new FakeDisplay({ power: () => Promise.resolve(false) });
    const serving = await serve({ display, listen: '127.0.0.1::0', security: 'None' });
    const vnc = await connect(`127.0.0.1::${portOf(serving)}`, { security: 'None' });
    await vnc.events.once('damage');
    await until('a round trip', () => vnc.roundTripMs !== undefined);
    await until('the clipboard', () => vnc.unicodeClipboard && vnc.powerable);
    vnc.clipboard('h\u20acllo');
    vnc.pointer(0x180, 1, 1);
    assert.ok(((await vnc.sync()) ?? Number.NaN) >= 0);
    assert.deepEqual(display.clipboards, ['h\u20acllo']);
    assert.deepEqual(display.pointers.at(-1), { buttonMask: 0x180, x: 1, y: 1 });
    const pasted = vnc.events.once('clipboard');
    display.events.emit('clipboard', '\u65e5\u672c');
    assert.equal(await pasted, '\u65e5\u672c');
    assert.equal(await vnc.power('reset'), false);
    assert.deepEqual(display.powers, ['reset']);
    const updates = vnc.updates();
    const next = updates.next();
    display.paint(0xff0000, { x: 1, y: 1, width: 1, height: 1 });
    assert.deepEqual((await next).value, [{ x: 1, y: 1, width: 1, height: 1 }]);
    await vnc.close();
    await serving.close();
  });

  it('says cause and cure when the certificate is of another name, expired, revoked or not the pinned one', async () => {
    const server = `127.0.0.1::${port}`;
    await fails(
      server,
      { ...alice, tls: { ca, servername: 'other.example' } },
      {
        code: 'ERR_VNC_CERTIFICATE',
        message: /not of other\.example, but of DNS:localhost/,
        cure: /tls\.servername/,
      },
    );
    await fails(
      server,
      { ...alice, tls: { fingerprint256: '00'.repeat(32) } },
      {
        code: 'ERR_VNC_CERTIFICATE',
        message: /has the fingerprint [0-9a-f]{64}, not 0{64}/,
        cure: /pin the new one/,
      },
    );
    await fails(
      server,
      { ...alice, tls: { ca, crl: pki.expiredCrl } },
      {
        code: 'ERR_VNC_CERTIFICATE',
        message: /revocation list has expired/,
        cure: /tls\.crl/,
      },
    );
    await fails(
      server,
      { tls: { ca: 'no PEM' } },
      {
        code: 'ERR_VNC_TLS_CONFIGURATION',
        message: /not PEM/,
        cure: /PEM/,
      },
    );
  });

  it('says cause and cure when nothing in common is offered, in words', async () => {
    await fails(
      `127.0.0.1::${portOf(plain)}`,
      { tls: { ca } },
      {
        code: 'ERR_VNC_NO_COMMON_TYPE',
        message:
          /^the server offers no authentication \(None, 1\); allowed here: X509Plain \(262\), X509SASL \(263\), X509Vnc \(261\) and X509None \(260\)$/,
        cure: /allow None if that is safe enough/,
      },
    );
  });

  it('says cause and cure when nothing or something else answers', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port: freePort } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    await fails(
      `127.0.0.1::${freePort}`,
      {},
      {
        code: 'ERR_VNC_CLOSED',
        message: /connection refused/,
        cure: /server runs/,
      },
    );
    await fails(
      `ws://127.0.0.1:${freePort}/`,
      {},
      {
        code: 'ERR_VNC_CLOSED',
        message: /connection refused/,
        cure: /server runs/,
      },
    );
    await fails(
      `unix:${path}.none`,
      {},
      {
        code: 'ERR_VNC_CLOSED',
        message: /no such socket/,
        cure: /path/,
      },
    );
    const web = createHttpServer((_, response) => response.writeHead(404).end());
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port: webPort } = web.address() as AddressInfo;
    await fails(
      `ws://127.0.0.1:${webPort}/x?token=secret`,
      {},
      {
        code: 'ERR_VNC_VERSION',
        message: /^ws:\/\/127\.0\.0\.1:\d+\/x answers with HTTP status 404/,
        cure: /websockify/,
      },
    );
    await fails(
      `127.0.0.1::${webPort}`,
      { limits: { handshakeStageMs: 100 } },
      {
        code: 'ERR_VNC_TIMEOUT',
        message: /version stage/,
        cure: /reachable/,
      },
    );
    web.closeAllConnections();
    web.close();
  });

  it('gives up when its signal says so, while dialling and while shaking hands', async () => {
    await assert.rejects(connect(`127.0.0.1::${port}`, { signal: AbortSignal.abort() }), {
      code: 'ERR_VNC_CLOSED',
    });
    const abort = new AbortController();
    const [near, far] = memoryPair();
    const connecting = connect(near, {
      security: 'None',
      tls: { servername: 'x' },
      signal: abort.signal,
    });
    const rejected = assert.rejects(connecting, /was cancelled/);
    abort.abort();
    await rejected;
    assert.equal(await far.read(), null);
  });

  it('refuses what cannot be before anything is sent', async () => {
    const [near, far] = memoryPair();
    await assert.rejects(connect(near), /servername or tls\.fingerprint256/);
    await assert.rejects(connect('wss://user:pw@host/'), TypeError);
    await assert.rejects(connect('wss://'), TypeError);
    await assert.rejects(connect('host:1', { security: 'Best' }), TypeError);
    await assert.rejects(connect('host:1', { tls: { fingerprint256: 'ab' } }), TypeError);
    far.destroy();
  });
});
