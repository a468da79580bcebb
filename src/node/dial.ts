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

function cancelled(name: string, signal: AbortSignal | undefined): ClosedError {
  return new ClosedError(`connecting to ${name} was cancelled`, {
    phase: 'connect',
    cause: signal?.reason,
  });
}

const SENTENCES: Readonly<Record<string, (name: string) => string>> = {
  ECONNREFUSED: (name) => `connection refused by ${name}`,
  ENOTFOUND: (name) => `no such host: ${name}`,
  EAI_AGAIN: (name) => `no name server answers for ${name}`,
  EHOSTUNREACH: (name) => `no route to ${name}`,
  ENETUNREACH: (name) => `no route to ${name}`,
  ETIMEDOUT: (name) => `no answer from ${name}`,
  ENOENT: (name) => `no such socket: ${name}`,
  EACCES: (name) => `permission denied for ${name}`,
};

/** A name with several addresses fails with an AggregateError that has the code of the first. */
function connectFailure(name: string, error: Error): ClosedError {
  const sentence =
    SENTENCES[errorCode(error)]?.(name) ?? `cannot connect to ${name}: ${error.message}`;
  return new ClosedError(sentence, { phase: 'connect', cause: error });
}
