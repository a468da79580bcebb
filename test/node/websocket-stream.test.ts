import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, describe, it } from 'node:test';
import { ClosedError, ProtocolError } from '../../src/core/errors.ts';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import { listenWebSocket, type WebSocketListenerOptions } from '../../src/node/websocket-listen.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { describeByteStream } from '../conformance/byte-stream.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { webSocketPair } from '../support/websocket-pair.ts';

const pki = makeTestPki();
after(() => pki.remove());
const acceptor = createTlsAcceptor({ x509: pki.server });

describeByteStream('WebSocket', async () => {
  const { client, server } = await webSocketPair();
  return [server, client];
});
describeByteStream('WebSocket at the client', async () => {
  const { client, server } = await webSocketPair();
  return [client, server];
});
describeByteStream('WebSocket inside TLS', async () => {
  const { client, server } = await webSocketPair({ tls: acceptor }, { ca: pki.ca });
  return [server, client];
});

/** A WebSocket that is past its opening handshake, as bytes. */
async function rawPair(options: WebSocketListenerOptions = {}) {
  let accept: (stream: ByteStream) => void = () => undefined;
  const accepted = new Promise<ByteStream>((resolve) => {
    accept = resolve;
  });
  const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const listener = await listenWebSocket(address, accept, options);
  assert.ok(listener.address.kind === 'tcp');
  const raw = net.connect(listener.address.port, '127.0.0.1');
  raw.on('error', () => undefined);
  raw.write(
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  let received = Buffer.alloc(0);
  const [head] = (await once(raw, 'data')) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 101 /);
  raw.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  const stream = await accepted;
  await listener.close();
  const bytes = async (count: number): Promise<string> => {
    while (received.length < count && !raw.closed) {
      await Promise.race([once(raw, 'data'), once(raw, 'close')]);
    }
    return toHex(received);
  };
  return { raw, stream, bytes };
}

/** Masked with zeros, so that a payload stands as it is. */
const frame = (first: string, payload: string): Uint8Array =>
  fromHex(`${first} ${(0x80 | fromHex(payload).length).toString(16)} 00000000 ${payload}`);

describe('WebSocket stream', () => {
  it('sends binary messages that are not masked, many small writes in one', async () => {
    const { raw, stream, bytes } = await rawPair();
    stream.write(Uint8Array.of(1));
    assert.equal(await bytes(3), '820101');
    raw.destroy();
    await stream.closed;
  });

  it('puts fragments together, with a ping in between that is answered by just its own payload', async () => {
    const { raw, stream, bytes } = await rawPair();
    raw.write(frame('02', '41')); // binary, not the last fragment
    raw.write(
      Buffer.concat([
        frame('89', 'aabb'), // ping, in one segment with
        frame('80', '42'), // the last fragment
        frame('82', '43'), // and another message
      ]),
    );
    assert.deepEqual(await stream.read(), Uint8Array.of(0x41, 0x42));
    assert.deepEqual(await stream.read(), Uint8Array.of(0x43));
    assert.equal(await bytes(4), '8a02aabb');
    raw.destroy();
    await stream.closed;
  });

  it('takes frames byte by byte', async () => {
    const { raw, stream } = await rawPair();
    raw.setNoDelay(true);
    for (const byte of frame('82', '0102030405')) raw.write(Uint8Array.of(byte));
    assert.deepEqual(await stream.read(), Uint8Array.of(1, 2, 3, 4, 5));
    raw.destroy();
    await stream.closed;
  });

  it('passes over messages of no bytes', async () => {
    const { raw, stream } = await rawPair();
    raw.write(frame('82', ''));
    raw.write(frame('82', '07'));
    assert.deepEqual(await stream.read(), Uint8Array.of(7));
    raw.destroy();
    await stream.closed;
  });

  it('closes with 1003 on text', async () => {
    const { raw, stream, bytes } = await rawPair();
    raw.write(frame('81', '6162'));
    await assert.rejects(stream.read(), ProtocolError);
    assert.match(await bytes(4), /^88..03eb/);
    raw.end();
    await stream.closed;
  });

  for (const [what, hex, code] of [
    ['an unmasked frame', '82 01 00', '03ea'],
    ['a reserved bit', 'c2 81 00000000 00', '03ea'],
    ['an opcode that does not exist', '83 81 00000000 00', '03ea'],
    ['a length of 2^63', '82 ff 8000000000000000 00000000', '03f1'],
    ['a message above the limit', '82 ff 0000000000200000 00000000', '03f1'],
    ['a ping of 126 bytes', '89 fe 007e 00000000', '03ea'],
    ['a close with the code 0', '88 82 00000000 0000', '03ea'],
    ['a close with the code 1005', '88 82 00000000 03ed', '03ea'],
    ['a continuation of nothing', '80 81 00000000 00', '03ea'],
    [
      'a message in thousands of pieces',
      `02 81 00000000 41 ${'00 81 00000000 42'.repeat(2000)}`,
      '03f0',
    ],
  ] as const)
    it(`closes with its code on ${what}`, async () => {
      const { raw, stream, bytes } = await rawPair();
      raw.write(fromHex(hex));
      await assert.rejects(stream.read(), ProtocolError);
      assert.equal((await bytes(4)).slice(4, 8), code);
      raw.end();
      await stream.closed;
    });

  it('ends on a close with the longest reason', async () => {
    const { raw, stream, bytes } = await rawPair();
    raw.write(fromHex(`88 fd 00000000 03e8 ${'61'.repeat(123)}`));
    assert.equal(await stream.read(), null);
    assert.match(await bytes(4), /^88..03e8/);
    raw.end();
    await stream.closed;
  });

  it('pings what is idle, and gives up on a peer that answers none', async () => {
    const { raw, stream, bytes } = await rawPair({ pingMs: 10 });
    await assert.rejects(stream.read(), ClosedError);
    assert.match(await bytes(2), /^8900/);
    raw.end();
    await stream.closed;
  });

  it('keeps one pong at a time for a peer that pings and never reads', async () => {
    const { raw, stream } = await rawPair();
    raw.pause();
    const pings = Buffer.concat(Array.from({ length: 2000 }, () => frame('89', 'aa'.repeat(125))));
    for (let i = 0; i < 40; i++) raw.write(pings);
    raw.write(frame('82', '01'));
    assert.deepEqual(await stream.read(), Uint8Array.of(1));
    assert.ok(stream.backlogBytes === 0);
    raw.destroy();
    await stream.closed;
  });
});
