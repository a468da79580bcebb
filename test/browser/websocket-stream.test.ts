import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket as Ws, type WebSocketServer } from 'ws';
import { webSocketStream } from '../../src/browser/websocket-stream.ts';
import { ClosedError, ProtocolError } from '../../src/core/errors.ts';
import { listenWebSocket } from '../../src/node/websocket-listen.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { describeByteStream } from '../conformance/byte-stream.ts';
import { urlOf } from '../support/websocket-pair.ts';

/** The `ws` library speaks a browser's interface too; only that is used. */
type BrowserSocket = Parameters<typeof webSocketStream>[0];

async function pair(): Promise<readonly [ByteStream, ByteStream, Ws]> {
  let accept: (stream: ByteStream) => void = () => undefined;
  const accepted = new Promise<ByteStream>((resolve) => {
    accept = resolve;
  });
  const listener = await listenWebSocket({ kind: 'tcp', host: '127.0.0.1', port: 0 }, (stream) =>
    accept(stream),
  );
  const socket = new Ws(urlOf(listener.address), { perMessageDeflate: false });
  // A browser has no errors but as closes.
  socket.on('error', () => undefined);
  const near = webSocketStream(socket as unknown as BrowserSocket);
  await new Promise((resolve) => socket.once('open', resolve));
  const far = await accepted;
  await listener.close();
  return [near, far, socket];
}

describeByteStream('a WebSocket in a page', async () => {
  const [near, far] = await pair();
  return [near, far];
});

describe('a WebSocket in a page, the other way round', () => {
  it('reads what was sent before the first read', async () => {
    const [near, far] = await pair();
    far.write(Uint8Array.of(1, 2, 3));
    far.end();
    const chunk = await near.read();
    assert.deepEqual(chunk, Uint8Array.of(1, 2, 3));
    assert.equal(await near.read(), null);
    near.end();
    await near.closed;
  });

  it('says so when the connection breaks without a word', async () => {
    const [near, far] = await pair();
    const reading = assert.rejects(near.read(), ClosedError);
    far.destroy();
    await reading;
    await near.closed;
  });
});

describe('a WebSocket in a page, against a hostile server', () => {
  it('refuses text', async () => {
    const { WebSocketServer: Server } = await import('ws');
    const server: WebSocketServer = new Server({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (socket) => socket.send('text'));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const socket = new Ws(`ws://127.0.0.1:${address.port}`);
    socket.on('error', () => undefined);
    const stream = webSocketStream(socket as unknown as BrowserSocket);
    await assert.rejects(stream.read(), ProtocolError);
    await stream.closed;
    server.close();
  });
});
