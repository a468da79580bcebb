/** Connects to a TCP or unix address. Used by connect() and by displays that are other VNC servers. */
import { connect } from 'node:net';
import { ClosedError, TimeoutError } from '../core/errors.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { formatAddress, type Address } from './address.ts';
import { errorCode } from './error-code.ts';
import { socketStream, type SocketStreamOptions } from './socket-stream.ts';

export interface DialOptions extends SocketStreamOptions {
  /** Default 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Rejects with ClosedError or TimeoutError, both of the phase `connect`, that name the address. */
export function dial(address: Address, options: DialOptions = {}): Promise<ByteStream> {
  const { timeoutMs = 10_000, signal } = options;
  const name = formatAddress(address);
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled(name, signal));
      return;
    }
    const socket = connect(
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
    );
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('connect', onConnect);
    };
    const fail = (error: Error): void => {
      settle();
      // A late error of a socket that is given up has no one to tell.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const onConnect = (): void => {
      settle();
      resolve(socketStream(socket, options));
    };
    const onError = (error: Error): void => fail(connectFailure(name, error));
    const onAbort = (): void => fail(cancelled(name, signal));
    const timer = setTimeout(
      () => fail(new TimeoutError(`connecting to ${name}`, timeoutMs, { phase: 'connect' })),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect);
    socket.once('error', onError);
  });
}

export function cancelled(name: string, signal: AbortSignal | undefined): ClosedError {
  return new ClosedError(`connecting to ${name} was cancelled`, {
    phase: 'connect',
    cause: signal?.reason,
  });
}

interface Fault {
  readonly words: (name: string) => string;
  readonly cure: string;
}

const NETWORK_CURE = 'see whether that machine is up, and the network between';
const FAULTS: Readonly<Record<string, Fault>> = {
  ECONNREFUSED: {
    words: (name) => `connection refused by ${name}`,
    cure: 'see that the server runs and listens on this port and address: many listen on loopback alone',
  },
  ENOTFOUND: { words: (name) => `no such host: ${name}`, cure: 'check how the name is written' },
  EAI_AGAIN: {
    words: (name) => `no name server answers for ${name}`,
    cure: 'see whether the network is up, or use the address',
  },
  EHOSTUNREACH: { words: (name) => `no route to ${name}`, cure: NETWORK_CURE },
  ENETUNREACH: { words: (name) => `no route to ${name}`, cure: NETWORK_CURE },
  ETIMEDOUT: { words: (name) => `no answer from ${name}`, cure: NETWORK_CURE },
  ENOENT: {
    words: (name) => `no such socket: ${name}`,
    cure: 'see that the server runs, and that the path is right',
  },
  EACCES: {
    words: (name) => `permission denied for ${name}`,
    cure: 'run as a user who may open the socket',
  },
};

/** A name with several addresses fails with an AggregateError that has the code of the first. */
export function connectFailure(name: string, error: Error): ClosedError {
  const fault = FAULTS[errorCode(error)];
  return fault === undefined
    ? new ClosedError(`cannot connect to ${name}: ${error.message}`, {
        phase: 'connect',
        cause: error,
      })
    : new ClosedError(fault.words(name), { phase: 'connect', cause: error, cure: fault.cure });
}
