import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import type { Listener, TrustedProxies } from '../../src/node/listen.ts';
import { listenWebSocket, type WebSocketListenerOptions } from '../../src/node/websocket-listen.ts';
import type { Peer } from '../../src/security/identity.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { openWebSocket, urlOf, webSocketPair } from '../support/websocket-pair.ts';

const pki = makeTestPki();
after(() => pki.remove());

const streams: ByteStream[] = [];
const peers: Peer[] = [];
const onConnection = (stream: ByteStream, peer: Peer): void => {
  streams.push(stream);
  peers.push(peer);
};
const start = (options: WebSocketListenerOptions = {}): Promise<Listener> =>
  listenWebSocket({ kind: 'tcp', host: '127.0.0.1', port: 0 }, onConnection, options);

let listener: Listener;
before(async () => {
  listener = await start({ origins: new Set(['https://console.example']) });
});
after(async () => {
  for (const stream of streams) stream.destroy();
  await listener.close();
});

const portOf = ({ address }: Listener): number => {
  assert.ok(address.kind === 'tcp');
  return address.port;
};

/** All that comes back for these bytes until the end, or until a WebSocket is open. */
async function exchange(request: string, to: Listener = listener): Promise<string> {
  const socket = net.connect(portOf(to), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(request, 'latin1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n')) socket.destroy();
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

interface Changes {
  readonly line?: string;
  readonly host?: string;
  readonly key?: string;
  readonly version?: string;
  readonly connection?: string;
  readonly more?: string;
}

const opening = (changes: Changes = {}): string =>
  `${changes.line ?? 'GET /websockify HTTP/1.1'}\r\n` +
  `Host: ${changes.host ?? '127.0.0.1:5700'}\r\n` +
  'Upgrade: WebSocket\r\n' +
  `Connection: ${changes.connection ?? 'keep-alive, UPGRADE'}\r\n` +
  (changes.key ?? 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n') +
  (changes.version ?? 'Sec-WebSocket-Version: 13\r\n') +
  `${changes.more ?? ''}\r\n`;

/** A whole reply: status, a length that is true, and the end. */
function assertReply(text: string, status: number): void {
  const [head = '', body] = text.split('\r\n\r\n');
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), text);
  assert.match(head, /^Connection: close$/im);
  assert.ok(body !== undefined, 'the head is ended by an empty line');
  const length = /^Content-Length: (\d+)$/im.exec(head)?.[1];
  assert.equal(Number(length), body.length);
}

describe('WebSocket listener', () => {
  for (const [what, changes] of [
    ['the path /websockify', {}],
    ['the path /', { line: 'GET / HTTP/1.1' }],
    ['a query, which is for proxies', { line: 'GET /websockify?token=x HTTP/1.1' }],
    ['a page of the same origin on an address', { more: 'Origin: http://127.0.0.1:5700\r\n' }],
    [
      'a page of the same origin on localhost',
      { host: 'LOCALHOST:80', more: 'Origin: http://localhost\r\n' },
    ],
    ['a page that is on the list', { more: 'Origin: https://console.example\r\n' }],
  ] as const)
    it(`opens for ${what}`, async () => {
      const text = await exchange(opening(changes));
      assert.match(text, /^HTTP\/1\.1 101 /);
      assert.match(text, /^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/m);
      assert.doesNotMatch(text, /Sec-WebSocket-Protocol|Sec-WebSocket-Extensions/i);
    });

  it('answers the subprotocol binary with binary, and none with none', async () => {
    const more = 'Sec-WebSocket-Protocol: base64, binary\r\n';
    assert.match(await exchange(opening({ more })), /^Sec-WebSocket-Protocol: binary$/m);
  });

  const many = (count: number): string =>
    Array.from({ length: count }, (_, i) => `X-${i}: 1\r\n`).join('');
  for (const [what, status, request] of [
    ['another path', 404, opening({ line: 'GET /etc HTTP/1.1' })],
    ['a path that begins like ours', 404, opening({ line: 'GET /websockify/x HTTP/1.1' })],
    ['a redirect in disguise', 404, opening({ line: 'GET //evil.example HTTP/1.1' })],
    ['no upgrade at all', 426, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['another path without an upgrade', 404, 'GET /vnc.html HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['POST', 405, opening({ line: 'POST / HTTP/1.1' })],
    ['HTTP/1.0', 400, opening({ line: 'GET / HTTP/1.0' })],
    ['no key', 400, opening({ key: '' })],
    ['a short key', 400, opening({ key: 'Sec-WebSocket-Key: abcd\r\n' })],
    ['no version', 400, opening({ version: '' })],
    ['version 12', 400, opening({ version: 'Sec-WebSocket-Version: 12\r\n' })],
    ['two keys', 400, opening({ more: 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' })],
    [
      'two origins',
      400,
      opening({ more: 'Origin: https://console.example\r\nOrigin: https://evil.example\r\n' }),
    ],
    ['two hosts', 400, opening({ more: 'Host: evil.example\r\n' })],
    ['another subprotocol', 400, opening({ more: 'Sec-WebSocket-Protocol: xbinaryx\r\n' })],
    ['too many headers', 431, opening({ more: many(70) })],
    ['a thousand headers', 431, opening({ more: many(1000) })],
    ['headers that are too long', 431, opening({ more: `X: ${'a'.repeat(9000)}\r\n` })],
    ['a NUL in a header', 400, opening({ more: 'X: a\0b\r\n' })],
    ['lines that end with a bare LF', 400, opening().replaceAll('\r\n', '\n')],
    ['a line that is folded', 400, opening({ more: 'X: a\r\n Origin: https://evil.example\r\n' })],
    ['a space before a colon', 400, opening({ more: 'Origin : https://evil.example\r\n' })],
    ['bytes that are not HTTP', 400, 'RFB 003.008\n\r\n\r\n'],
    ['a foreign page', 403, opening({ more: 'Origin: https://evil.example\r\n' })],
    ['the page null', 403, opening({ more: 'Origin: null\r\n' })],
    ['an empty origin', 403, opening({ more: 'Origin: \r\n' })],
    ['a page on another port', 403, opening({ more: 'Origin: http://127.0.0.1:5701\r\n' })],
    ['a page of another scheme', 403, opening({ more: 'Origin: https://127.0.0.1:5700\r\n' })],
    ['our page with another scheme', 403, opening({ more: 'Origin: http://console.example\r\n' })],
    [
      'a name that may have been pointed at us',
      403,
      opening({ host: 'evil.example', more: 'Origin: http://evil.example\r\n' }),
    ],
    [
      'a user name in the origin',
      403,
      opening({ host: '127.0.0.1', more: 'Origin: http://evil.example@127.0.0.1\r\n' }),
    ],
  ] as const)
    it(`refuses ${what} with ${status}, in full`, async () => {
      assertReply(await exchange(request), status);
    });

  it('gives up on a request that does not come to its end', async () => {
    const slow = await start({ openingMs: 30 });
    assertReply(await exchange('GET / HTTP/1.1\r\nHost: a\r\n', slow), 408);
    assertReply(await exchange('', slow), 408);
    await slow.close();
  });

  it('keeps no more openings at a time than its limit, and takes new ones when they have gone', async () => {
    const limits = { maxUnauthenticatedPerAddress: 2 };
    const small = await start({ limits });
    const held = [0, 1].map(() => net.connect(portOf(small), '127.0.0.1'));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    assert.equal(await exchange(opening(), small), '');
    for (const socket of held) socket.destroy();
    await Promise.all(held.map((socket) => once(socket, 'close')));
    let text = '';
    while (text === '') text = await exchange(opening(), small);
    assert.match(text, /^HTTP\/1\.1 101 /);
    await small.close();
  });

  it('says of a peer that it is a WebSocket, and what protects it', async () => {
    const clear = await webSocketPair();
    assert.deepEqual(
      { websocket: clear.peer.websocket, tls: clear.peer.tls, local: clear.peer.local },
      { websocket: true, tls: undefined, local: true },
    );
    const tls = createTlsAcceptor({ x509: { ...pki.server, ca: pki.ca }, verifyClient: 'request' });
    const secure = await webSocketPair({ tls }, { ca: pki.ca, ...pki.alice });
    assert.equal(secure.peer.tls?.protocol, 'TLSv1.3');
    assert.equal(secure.peer.tls.peerCertificate?.verified, true);
    for (const { client, server } of [clear, secure]) {
      client.destroy();
      await server.closed;
    }
  });

  it('takes TLS 1.2 for wss, and nothing in the clear', async () => {
    const tls = createTlsAcceptor({ x509: pki.server });
    const secure = await start({ tls });
    const socket = await openWebSocket(urlOf(secure.address, true), {
      ca: pki.ca,
      maxVersion: 'TLSv1.2',
    });
    assert.equal(peers.at(-1)?.tls?.protocol, 'TLSv1.2');
    socket.terminate();
    assert.doesNotMatch(await exchange(opening(), secure), /HTTP/);
    await secure.close();
  });

  it('shows the new certificate once credentials are replaced', async () => {
    const tls = createTlsAcceptor({ x509: pki.server });
    const secure = await start({ tls });
    tls.setCredentials(pki.otherServer);
    const socket = connectTls({
      port: portOf(secure),
      host: '127.0.0.1',
      ca: pki.ca,
      servername: 'other.example',
    });
    await once(socket, 'secureConnect');
    assert.equal(socket.getPeerCertificate().subject.CN, 'other.example');
    socket.destroy();
    await secure.close();
  });

  it('answers a request that comes in one piece with the end of the TLS handshake', async () => {
    const tls = createTlsAcceptor({ x509: pki.server });
    const secure = await start({ tls });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connectTls({
        port: portOf(secure),
        host: '127.0.0.1',
        ca: pki.ca,
        maxVersion,
      });
      // Before it is connected: it goes out together with the client's Finished.
      socket.write(opening());
      const [reply] = (await once(socket, 'data')) as [Buffer];
      assert.match(reply.toString('latin1'), /^HTTP\/1\.1 101 /);
      socket.destroy();
    }
    await secure.close();
  });
});

describe('WebSocket listener with trusted proxies', () => {
  const header = 'PROXY TCP4 192.0.2.1 198.51.100.1 56324 5700\r\n';
  const refusals: unknown[] = [];
  const proxies: TrustedProxies = {
    includes: (host) => host === '127.0.0.1',
    timeoutMs: 10_000,
    maxBytes: 2048,
    refused: (error) => refusals.push(error),
  };

  it('knows a peer by the header, whether the request comes with it or after it', async () => {
    const behind = await start({ proxies });
    assert.match(await exchange(header + opening(), behind), /^HTTP\/1\.1 101 /);
    assert.deepEqual(peers.at(-1), {
      address: '192.0.2.1:56324',
      host: '192.0.2.1',
      local: false,
      websocket: true,
    });
    const before = peers.length;
    const socket = net.connect(portOf(behind), '127.0.0.1').setNoDelay(true);
    for (const byte of Buffer.from(header + opening().slice(0, 30), 'latin1')) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write(opening().slice(30));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    assert.match(reply.toString('latin1'), /^HTTP\/1\.1 101 /);
    assert.equal(peers.length, before + 1);
    assert.equal(peers.at(-1)?.host, '192.0.2.1');
    socket.destroy();
    await behind.close();
  });

  it('takes the header before TLS', async () => {
    const behind = await start({ proxies, tls: createTlsAcceptor({ x509: pki.server }) });
    const socket = net.connect(portOf(behind), '127.0.0.1');
    socket.write(header);
    const secure = connectTls({ socket, host: '127.0.0.1', ca: pki.ca });
    secure.write(opening());
    const [reply] = (await once(secure, 'data')) as [Buffer];
    assert.match(reply.toString('latin1'), /^HTTP\/1\.1 101 /);
    assert.equal(peers.at(-1)?.address, '192.0.2.1:56324');
    assert.equal(peers.at(-1)?.tls?.protocol, 'TLSv1.3');
    secure.destroy();
    await behind.close();
  });

  it('closes a connection of theirs without a header, and says nothing to it', async () => {
    const behind = await start({ proxies });
    assert.equal(await exchange(opening(), behind), '');
    assert.equal(await exchange('PROXY nonsense\r\n' + opening(), behind), '');
    assert.equal(refusals.length, 2);
    await behind.close();
  });

  it('answers a header from anybody else as what it is: no HTTP', async () => {
    const elsewhere = await start({ proxies: { ...proxies, includes: () => false } });
    assertReply(await exchange(header + opening(), elsewhere), 400);
    await elsewhere.close();
  });

  it('counts openings by client, not by proxy', async () => {
    const limits = { maxUnauthenticatedPerAddress: 1 };
    const behind = await start({ proxies, limits });
    const held = net.connect(portOf(behind), '127.0.0.1');
    held.write(header + opening().slice(0, 30));
    const other = header.replace('192.0.2.1', '192.0.2.2');
    assert.match(await exchange(other + opening(), behind), /^HTTP\/1\.1 101 /);
    held.destroy();
    await behind.close();
  });
});
