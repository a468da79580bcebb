/** Listens on a TCP or unix address and hands out each connection as a ByteStream. Used by serve and the command line. */
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import {
  connect,
  createServer,
  isIP,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net';
import { dirname } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Peer } from '../security/identity.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { formatAddress, isLoopbackHost, plainHost, type Address } from './address.ts';
import { receiveProxyHeader } from './proxy-protocol.ts';
import { errorCode } from './error-code.ts';
import { socketStream, type SocketStreamOptions } from './socket-stream.ts';

export interface ListenerOptions extends SocketStreamOptions {
  /** Connections that the system keeps until we take them. Default 128. */
  readonly backlog?: number;
  /** Proxies in front of us that say whose connections they bring. */
  readonly proxies?: TrustedProxies;
}

export interface TrustedProxies {
  /** Whether a connection from this host must begin with a PROXY header. */
  readonly includes: (host: string) => boolean;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** A proxy's connection that was closed because of its header. */
  readonly refused?: (error: unknown, proxy: Peer) => void;
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
  /** Whose header has not come yet. */
  const waiting = new Set<Socket>();
  const take = (socket: Socket, peer: Peer): void =>
    onConnection(socketStream(socket, options), peer, () => ({
      received: socket.bytesRead,
      sent: socket.bytesWritten,
    }));
  const server = createServer((socket) => {
    const peer = peerOf(socket, address.kind);
    if (address.kind === 'tcp' && options.proxies?.includes(peer.host) === true)
      void acceptProxied(socket, peer, options.proxies);
    else take(socket, peer);
  });
  const acceptProxied = async (
    socket: Socket,
    proxy: Peer,
    proxies: TrustedProxies,
  ): Promise<void> => {
    waiting.add(socket);
    try {
      const source = await receiveProxyHeader(socket, proxies);
      take(socket, source === undefined ? proxy : proxiedPeer(source));
      socket.resume();
    } catch (error) {
      proxies.refused?.(error, proxy);
    } finally {
      waiting.delete(socket);
    }
  };
  try {
    await bindAny(server, address, options.backlog ?? 128);
  } catch (error) {
    const range =
      address.kind === 'tcp' && address.lastPort !== undefined
        ? ` nor on the next ports up to ${address.lastPort}`
        : '';
    throw new Error(
      `cannot listen on ${formatAddress(address)}${range}: ${reasonOf(error, address)}`,
      { cause: error },
    );
  }
  // accept() failing (no file descriptors left) must not end the process; the system retries.
  server.on('error', () => undefined);
  let closing: Promise<void> | undefined;
  return {
    address: actualAddress(server, address),
    close: () => {
      for (const socket of waiting) socket.destroy();
      return (closing ??= closeServer(server));
    },
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
  const { host, port, lastPort = port, family } = address;
  const options = { host: await addressFor(host, family), backlog, ipv6Only: family === 6 };
  for (let next = port; next < lastPort; next++) {
    try {
      await bind(server, { ...options, port: next });
      return;
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
    }
  }
  try {
    await bind(server, { ...options, port: lastPort });
  } catch (error) {
    // `::` is every address, IPv4 too; where IPv6 is switched off, IPv4 is all there is.
    const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error));
    if (host !== '::' || family === 6 || !noIpv6) throw error;
    await bindAny(server, { ...address, host: '0.0.0.0' }, backlog);
  }
}

/** A name stands for whatever it resolves to first, unless one family is wanted. */
const addressFor = async (host: string, family: 4 | 6 | undefined): Promise<string> =>
  family === undefined || isIP(host) !== 0 ? host : (await lookup(host, { family })).address;

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
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close();
    setImmediate(resolve);
  });
}

/** The other end of a socket, for logs, throttles and the rules about loopback. */
export function peerOf(socket: Socket, kind: Address['kind']): Peer {
  if (kind === 'unix') return { address: 'unix', host: '', local: true };
  const { remoteAddress, remotePort } = socket;
  // A peer that has left again has no address any more; it must not pass for a local one.
  if (remoteAddress === undefined) return { address: 'unknown', host: 'unknown', local: false };
  const host = plainHost(remoteAddress);
  return { address: withPort(host, remotePort), host, local: isLoopbackHost(host) };
}

/** A proxy's word for it is good for logs and throttles, but not for nobody listening in on the way. */
const proxiedPeer = ({ host, port }: { host: string; port: number }): Peer => ({
  address: withPort(host, port),
  host,
  local: false,
});

const withPort = (host: string, port: number | undefined): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

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
  return REASONS[code] ?? messageOf(error);
}
