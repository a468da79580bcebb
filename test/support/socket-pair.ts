/** Joined ByteStreams for tests of the node room: over TCP, a unix socket, and TLS on any of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../../src/node/address.ts';
import { dial } from '../../src/node/dial.ts';
import { listen, type ListenerOptions } from '../../src/node/listen.ts';
import type { TlsAcceptor, TlsConnector, TlsInfo, TlsLayer } from '../../src/security/tls-port.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';

/** The client's end and the server's. */
export type Pair = readonly [ByteStream, ByteStream];

export async function socketPair(address: string, options: ListenerOptions = {}): Promise<Pair> {
  let accept: (stream: ByteStream) => void = () => undefined;
  const accepted = new Promise<ByteStream>((resolve) => {
    accept = resolve;
  });
  const listener = await listen(parseAddress(address, 'listen'), accept, options);
  const pair: Pair = [await dial(listener.address, options), await accepted];
  await listener.close();
  return pair;
}

export const tcpPair = (options?: ListenerOptions): Promise<Pair> =>
  socketPair('127.0.0.1::0', options);

export async function unixPair(): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-unix-'));
  try {
    return await socketPair(`unix:${join(directory, 'socket')}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface SecurePair {
  readonly client: ByteStream;
  readonly server: ByteStream;
  readonly clientInfo: TlsInfo;
  readonly serverInfo: TlsInfo;
}

/** Puts TLS on both ends; when one end refuses, both are destroyed and the client's reason is thrown first. */
export async function secure(
  [near, far]: Pair,
  connector: TlsConnector,
  acceptor: TlsAcceptor,
  layer: TlsLayer,
): Promise<SecurePair> {
  const [client, server] = await Promise.allSettled([
    connector.connect(near, layer),
    acceptor.accept(far, layer),
  ]);
  if (client.status === 'rejected' || server.status === 'rejected') {
    near.destroy();
    far.destroy();
    await Promise.all([near.closed, far.closed]);
    throw client.status === 'rejected' ? client.reason : (server as PromiseRejectedResult).reason;
  }
  return {
    client: client.value.stream,
    server: server.value.stream,
    clientInfo: client.value.info,
    serverInfo: server.value.info,
  };
}
