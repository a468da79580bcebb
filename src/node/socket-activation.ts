/**
 * systemd's socket activation (sd_listen_fds(3)): sockets that listen already are handed over as file descriptors from 3
 * on, named by LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. Used by the command line; programs pass them on to serve().
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Peer } from '../security/identity.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { plainHost, type Address } from './address.ts';
import { closeServer, peerOf, type Listener } from './listen.ts';
import { socketStream } from './socket-stream.ts';

/** A socket that listens already. Who connects before start() waits. */
export interface InheritedListener extends Listener {
  /** FileDescriptorName= of the socket unit, or `unknown`. */
  readonly name: string;
  readonly start: (onConnection: (stream: ByteStream, peer: Peer) => void) => void;
}

export interface InheritedSocket {
  readonly fd: number;
  readonly name: string;
}

const FIRST_FD = 3;

/**
 * Whatever was handed to this process, and to no other one: none without LISTEN_FDS, or when LISTEN_PID is another
 * process. Removes the variables, so that programs we start do not take the sockets for theirs. Throws TypeError.
 */
export function inheritedSockets(
  environment: Record<string, string | undefined>,
  pid: number,
): readonly InheritedSocket[] {
  const { LISTEN_FDS: count, LISTEN_PID: owner, LISTEN_FDNAMES: names } = environment;
  for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete environment[name];
  if (count === undefined || owner !== String(pid)) return [];
  if (!/^\d{1,4}$/.test(count)) throw new TypeError(`LISTEN_FDS is ${JSON.stringify(count)}`);
  const list = names?.split(':') ?? [];
  return Array.from({ length: Number(count) }, (_, i) => ({
    fd: FIRST_FD + i,
    name: list[i] || 'unknown',
  }));
}

/**
 * Takes over sockets that listen. Rejects with Error, one sentence, for a descriptor that is no listening stream socket;
 * then all are closed.
 */
export async function inheritListeners(
  sockets: readonly InheritedSocket[],
): Promise<readonly InheritedListener[]> {
  const listeners: InheritedListener[] = [];
  try {
    for (const socket of sockets) listeners.push(await inherit(socket));
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  return listeners;
}

async function inherit({ fd, name }: InheritedSocket): Promise<InheritedListener> {
  let take: (socket: Socket) => void;
  const early: Socket[] = [];
  take = (socket) => {
    early.push(socket);
  };
  const server = createServer({ pauseOnConnect: true }, (socket) => take(socket));
  try {
    await listenOn(server, fd);
  } catch (error) {
    throw new Error(`file descriptor ${fd} (${name}) is no socket that listens`, { cause: error });
  }
  // accept() failing (no file descriptors left) must not end the process; the system retries.
  server.on('error', () => undefined);
  const address = addressOf(server, fd);
  let closing: Promise<void> | undefined;
  return {
    name,
    address,
    start: (onConnection) => {
      take = (socket) => {
        const peer = peerOf(socket, address.kind);
        onConnection(socketStream(socket), peer);
        socket.resume();
      };
      for (const socket of early.splice(0)) take(socket);
    },
    close: () => {
      for (const socket of early.splice(0)) socket.destroy();
      return (closing ??= closeServer(server));
    },
  };
}

function listenOn(server: Server, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Node knows the address of a TCP socket; a unix socket's path stands in the system's table. */
function addressOf(server: Server, fd: number): Address {
  const bound = server.address();
  if (bound === null || typeof bound === 'string')
    return { kind: 'unix', path: bound ?? unixPath(fd) ?? `fd ${fd}` };
  return { kind: 'tcp', host: plainHost(bound.address), port: bound.port };
}

/** Linux: `Num RefCount Protocol Flags Type St Inode Path`. */
function unixPath(fd: number): string | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    const row = readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .map((line) => /^\S+ \S+ \S+ \S+ \S+ \S+ +(\d+) (.+)$/.exec(line))
      .find((match) => match?.[1] === inode);
    return row?.[2];
  } catch {
    return undefined;
  }
}
