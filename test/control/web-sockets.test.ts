import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { connectClient, type VncClient } from '../../src/client/client.ts';
import { Secret } from '../../src/core/secret.ts';
import { webSocketStream } from '../../src/node/websocket-stream.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { openWebSocket, urlOf } from '../support/websocket-pair.ts';
import { Monitored } from './monitored.ts';

const pki = makeTestPki();
after(() => pki.remove());

async function viewerOf({ serving }: Monitored): Promise<VncClient> {
  const [address] = serving.websocketAddresses;
  assert.ok(address !== undefined);
  const socket = await openWebSocket(urlOf(address, serving.websocketTls), { ca: pki.ca });
  return connectClient({
    stream: webSocketStream(socket, { pingMs: 0 }),
    accept: parseSecurityList('VncAuth'),
    credentials: async () => ({ password: new Secret('secret') }),
  });
}

const portOf = ({ serving }: Monitored): string => {
  const [address] = serving.websocketAddresses;
  return address?.kind === 'tcp' ? String(address.port) : '';
};

describe('monitor of a server with a WebSocket', () => {
  it('marks clients that came through it, and lists it behind the other listeners', async () => {
    const monitored = await Monitored.start({ websocket: { listen: '127.0.0.1::0' } });
    const talk = await monitored.talk();
    const viewer = await viewerOf(monitored);
    const listener = {
      host: '127.0.0.1',
      service: portOf(monitored),
      family: 'ipv4',
      websocket: true,
      auth: 'vnc',
    };
    const told = (await talk.event('VNC_CONNECTED')) as { server: unknown; client: unknown };
    assert.deepEqual(told.server, listener);
    const { service } = told.client as { service: string };
    const client = { host: '127.0.0.1', service, family: 'ipv4', websocket: true };
    assert.match(service, /^\d+$/);
    assert.deepEqual(await talk.event('VNC_INITIALIZED'), { server: listener, client });

    const vnc = (await talk.run('query-vnc')) as { clients: unknown };
    assert.deepEqual(vnc.clients, [client]);
    const [server] = (await talk.run('query-vnc-servers')) as Record<string, unknown>[];
    assert.ok(server !== undefined);
    assert.deepEqual(server['clients'], [client]);
    // The last one first, as in QEMU.
    const plain = (server['server'] as { websocket: boolean }[])[1];
    assert.deepEqual(server['server'], [listener, plain]);
    assert.equal(plain?.websocket, false);
    const [session] = (await talk.run('x-query-sessions')) as Record<string, unknown>[];
    assert.equal(session?.['websocket'], true);

    await viewer.close();
    assert.deepEqual(await talk.event('VNC_DISCONNECTED'), { server: listener, client });
    await monitored.stop();
  });

  it('tells what wss has inside, as QEMU does', async () => {
    const monitored = await Monitored.start({
      security: 'X509Vnc',
      tls: { credentials: { ...pki.server, ca: pki.ca, crls: [pki.crl] } },
      websocket: { listen: '127.0.0.1::0' },
    });
    const talk = await monitored.talk();
    const viewer = await viewerOf(monitored);
    const told = (await talk.event('VNC_CONNECTED')) as { server: Record<string, unknown> };
    assert.equal(told.server['auth'], 'vnc');
    const [server] = (await talk.run('query-vnc-servers')) as Record<string, unknown>[];
    assert.equal(server?.['vencrypt'], 'x509-vnc');
    const listeners = server['server'] as Record<string, unknown>[];
    assert.deepEqual(
      listeners.map(({ websocket, auth, vencrypt }) => [websocket, auth, vencrypt]),
      [
        [true, 'vnc', undefined],
        [false, 'vencrypt', 'x509-vnc'],
      ],
    );
    await viewer.close();
    await monitored.stop();
  });
});
