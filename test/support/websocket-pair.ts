/** A browser's stand-in for tests: WebSockets of the `ws` library against our listener. */
import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import type { Address } from '../../src/node/address.ts';
import { listenWebSocket, type WebSocketListenerOptions } from '../../src/node/websocket-listen.ts';
import { webSocketStream } from '../../src/node/websocket-stream.ts';
import type { Peer } from '../../src/security/identity.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';

export function urlOf(address: Address, secure = false, path = '/websockify'): string {
  if (address.kind === 'unix') return `ws+unix:${address.path}:${path}`;
  return `${secure ? 'wss' : 'ws'}://127.0.0.1:${address.port}${path}`;
}

/** Paused: webSocketStream lets it run. */
export async function openWebSocket(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  // The server speaks first, maybe in the same segment, and whoever awaits us is not listening yet.
  socket.once('open', () => socket.pause());
  await once(socket, 'open');
  return socket;
}

export interface WebSocketPair {
  readonly client: ByteStream;
  readonly server: ByteStream;
  readonly peer: Peer;
}

/** The listener takes just this one. */
export async function webSocketPair(
  options: WebSocketListenerOptions = {},
  clientOptions: ClientOptions = {},
): Promise<WebSocketPair> {
  let accept: (pair: readonly [ByteStream, Peer]) => void = () => undefined;
  const accepted = new Promise<readonly [ByteStream, Peer]>((resolve) => {
    accept = resolve;
  });
  const listener = await listenWebSocket(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    (stream, peer) => accept([stream, peer]),
    options,
  );
  const url = urlOf(listener.address, options.tls !== undefined);
  const socket = await openWebSocket(url, { perMessageDeflate: false, ...clientOptions });
  const client = webSocketStream(socket, { pingMs: 0 });
  const [server, peer] = await accepted;
  await listener.close();
  return { client, server, peer };
}
