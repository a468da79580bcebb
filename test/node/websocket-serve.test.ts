import assert from 'node:assert/strict';
import { connect as netConnect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ClientOptions } from 'ws';
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { connectClient, type VncClient } from '../../src/client/client.ts';
import { AuthenticationError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import { hashPassword, nodeScrypt } from '../../src/node/users-file.ts';
import { webSocketStream } from '../../src/node/websocket-stream.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import type { ViewerInfo } from '../../src/server/display.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { openWebSocket, urlOf } from '../support/websocket-pair.ts';

const pki = makeTestPki();
const credentials = { ...pki.server, ca: pki.ca, crls: [pki.crl] };
let users: UserStore;
before(async () => {
  users = new UserStore(parseUsers(`alice:${await hashPassword('correct horse')}\n`), {
    scrypt: nodeScrypt,
  });
});

const started: Serving[] = [];
after(async () => {
  await Promise.all(started.map((serving) => serving.close()));
  pki.remove();
});

async function start(options: Omit<ServeOptions, 'display'>): Promise<Serving> {
  const serving = await serve({
    display: createTestCard(),
    websocket: { listen: '127.0.0.1::0' },
    ...options,
  });
  started.push(serving);
  return serving;
}

interface Login {
  readonly security: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: ClientOptions;
}

async function login(serving: Serving, options: Login): Promise<VncClient> {
  const [address] = serving.websocketAddresses;
  assert.ok(address !== undefined);
  const url = urlOf(address, serving.websocketTls);
  const socket = await openWebSocket(url, { ca: pki.ca, ...options.tls });
  return connectClient({
    stream: webSocketStream(socket, { pingMs: 0 }),
    accept: parseSecurityList(options.security),
    credentials: async () => ({
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: new Secret(options.password) }),
    }),
  });
}

const viewerOf = async (serving: Serving, options: Login): Promise<ViewerInfo> => {
  const initialized = serving.server.events.once('initialized');
  const vnc = await login(serving, options);
  const viewer = await initialized;
  await vnc.close();
  return viewer;
};

describe('serve with a WebSocket', () => {
  it('lets VncAuth in over a clear one on loopback, and listens nowhere else', async () => {
    const serving = await start({ security: 'VncAuth', access: { password: 'secret' } });
    assert.deepEqual(serving.addresses, []);
    assert.equal(serving.websocketTls, false);
    const viewer = await viewerOf(serving, { security: 'VncAuth', password: 'secret' });
    assert.equal(viewer.websocket, true);
    assert.equal(viewer.tls, undefined);
    await assert.rejects(
      login(serving, { security: 'VncAuth', password: 'wrong' }),
      AuthenticationError,
    );
  });

  for (const [security, inner, name] of [
    ['X509Vnc', 'VncAuth', 'password'],
    ['X509Plain', 'Plain', 'alice'],
  ] as const)
    it(`offers ${inner} over wss for ${security}, which noVNC knows`, async () => {
      const serving = await start({
        security,
        tls: { credentials },
        access: security === 'X509Vnc' ? { password: 'secret' } : { users },
      });
      assert.equal(serving.websocketTls, true);
      const password = security === 'X509Vnc' ? 'secret' : 'correct horse';
      const viewer = await viewerOf(serving, { security: inner, username: 'alice', password });
      assert.equal(viewer.name, name);
      assert.equal(viewer.security, inner);
      assert.match(viewer.tls ?? '', /^TLSv1\.3 /);
      await assert.rejects(login(serving, { security, password }), {
        code: 'ERR_VNC_NO_COMMON_TYPE',
      });
    });

  it('takes the PROXY headers of the networks that are trusted, and of no others', async () => {
    for (const [from, wanted] of [
      ['127.0.0.0/8', '192.0.2.1'],
      ['10.0.0.0/8', undefined],
    ] as const) {
      const access = { password: 'secret' };
      const proxyProtocolFrom = [from];
      const serving = await start({
        security: 'VncAuth',
        // Behind a proxy viewers may come from anywhere.
        allowInsecure: ['vnc'],
        access,
        proxyProtocolFrom,
      });
      const [address] = serving.websocketAddresses;
      assert.ok(address?.kind === 'tcp');
      const connected = serving.server.events.once('connected');
      const socket = netConnect(address.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('PROXY TCP4 192.0.2.1 198.51.100.1 56324 5700\r\n');
      const createConnection = () => socket;
      const opened = openWebSocket(urlOf(address, false), { createConnection });
      if (wanted === undefined) await assert.rejects(opened);
      else {
        (await opened).terminate();
        assert.equal((await connected).peer.host, wanted);
      }
      socket.destroy();
    }
  });

  it('asks for the client certificate on wss as it does inside VeNCrypt', async () => {
    const serving = await start({
      security: 'X509None',
      tls: { credentials, verifyClient: 'require' },
      access: { allowNames: ['C=GB,O=Lab,CN=alice*'] },
    });
    const viewer = await viewerOf(serving, { security: 'None', tls: pki.alice });
    assert.match(viewer.name, /CN=alice/);
    assert.equal(viewer.distinguishedName, viewer.name);
    for (const tls of [{}, pki.bob, pki.expired, pki.evil]) {
      const failed = serving.server.events.once('authenticationfailed');
      await assert.rejects(login(serving, { security: 'None', tls }), AuthenticationError);
      assert.match((await failed).reason, /certificate/);
    }
  });

  it('does not start where browsers would have no type to use, or everybody would get in', async () => {
    for (const [message, options] of [
      [/browsers know no anonymous TLS/, { security: 'TLSNone' }],
      [/VncAuth without TLS/, { security: 'VncAuth', access: { password: 'secret' } }],
      [/None lets anyone in/, { security: 'None' }],
    ] as const)
      await assert.rejects(start({ ...options, websocket: { listen: '*:0' }, listen: ':0' }), {
        code: 'ERR_VNC_POLICY',
        message,
      });
    await assert.rejects(
      start({ security: 'None', websocket: { listen: ':0', origins: ['console.example'] } }),
      /origin "console.example" is not http/,
    );
  });
});
