/** Listens on a TCP or unix address and hands out each connection as a ByteStream. Used by serve and the command line. */
import { existsSync } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Peer } from '../security/identity.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { formatAddress, isLoopbackHost, plainHost, type Address } from './address.ts';
import { errorCode, socketStream, type SocketStreamOptions } from './socket-stream.ts';

export interface ListenerOptions extends SocketStreamOptions {
  /** Connections that the system keeps until we take them. Default 128. */
  readonly backlog?: number;
}

/** What went over a socket so far, bytes. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

export interface Listener {
  /** What it listens on, with the port that port 0 became. */
  readonly address: Address;
  /** Takes no more connections; those that are there stay. Removes a unix socket's path. Idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * A unix socket belongs to its user alone (0600) from the first moment. A path left by a process that died is replaced;
 * one on which somebody still listens is an error. Rejects with an Error whose message is one sentence.
 */
export async function listen(
  address: Address,
  onConnection: (stream: ByteStream, peer: Peer, traffic: () => Traffic) => void,
  options: ListenerOptions = {},
): Promise<Listener> {
  const server = createServer((socket) =>
    onConnection(socketStream(socket, options), peerOf(socket, address.kind), () => ({
      received: socket.bytesRead,
      sent: socket.bytesWritten,
    })),
  );
  try {
    await bindAny(server, address, options.backlog ?? 128);
  } catch (error) {
    throw new Error(`cannot listen on ${formatAddress(address)}: ${reasonOf(error, address)}`, {
      cause: error,
    });
  }
  // accept() failing (no file descriptors left) must not end the process; the system retries.
  server.on('error', () => undefined);
  let closing: Promise<void> | undefined;
  return {
    address: actualAddress(server, address),
    close: () => (closing ??= closeServer(server)),
  };
}

async function bindAny(server: Server, address: Address, backlog: number): Promise<void> {
  if (address.kind === 'unix') {
    try {
      await bindUnix(server, address.path, backlog);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE' || !(await isStale(address.path))) throw error;
      await rm(address.path);
      await bindUnix(server, address.path, backlog);
    }
    return;
  }
  const { host, port } = address;
  try {
    await bind(server, { host, port, backlog });
  } catch (error) {
    // `::` is every address, IPv4 too; where IPv6 is switched off, IPv4 is all there is.
    const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error));
    if (host !== '::' || !noIpv6) throw error;
    await bind(server, { host: '0.0.0.0', port, backlog });
  }
}

function bind(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Node binds a path before listen() returns, so the mask is tight for just that call. */
function bindUnix(server: Server, path: string, backlog: number): Promise<void> {
  const mask = process.umask(0o177);
  try {
    return bind(server, { path, backlog });
  } finally {
    process.umask(mask);
  }
}

/** A socket file that nobody answers on. Anything else at that path is not ours to remove. */
async function isStale(path: string): Promise<boolean> {
  if (!(await lstat(path)).isSocket()) return false;
  return new Promise((resolve) => {
    const probe = connect({ path });
    const answer = (stale: boolean): void => {
      probe.destroy();
      resolve(stale);
    };
    probe.once('connect', () => answer(false));
    probe.once('error', (error) => answer(errorCode(error) === 'ECONNREFUSED'));
  });
}

function actualAddress(server: Server, wanted: Address): Address {
  const bound = server.address();
  if (wanted.kind === 'unix' || bound === null || typeof bound === 'string') return wanted;
  return {
    kind: 'tcp',
    host: bound.address === '0.0.0.0' ? bound.address : wanted.host,
    port: bound.port,
  };
}

/** Node's own callback waits for the last connection, ours only for the listening socket. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close();
    setImmediate(resolve);
  });
}

/** The other end of a socket, for logs, throttles and the rules about loopback. */
function peerOf(socket: Socket, kind: Address['kind']): Peer {
  if (kind === 'unix') return { address: 'unix', host: '', local: true };
  const { remoteAddress, remotePort } = socket;
  // A peer that has left again has no address any more; it must not pass for a local one.
  if (remoteAddress === undefined) return { address: 'unknown', host: 'unknown', local: false };
  const host = plainHost(remoteAddress);
  const address = host.includes(':') ? `[${host}]:${remotePort}` : `${host}:${remotePort}`;
  return { address, host, local: isLoopbackHost(host) };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'no such host',
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory does not exist',
};

function reasonOf(error: unknown, address: Address): string {
  let code = errorCode(error);
  // libuv reports a missing directory as a lack of permission.
  const isMissing = address.kind === 'unix' && !existsSync(dirname(address.path));
  if (code === 'EACCES' && isMissing) code = 'ENOENT';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
