/** Opens a WebSocket in a page. The browser keeps to itself why it failed, and verifies wss by its own rules. */
import { ClosedError, TimeoutError } from '../core/errors.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { webSocketStream } from './websocket-stream.ts';

export interface DialOptions {
  /** Default 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What noVNC asks for, and websockify answers. */
const SUBPROTOCOL = 'binary';

/** Rejects with ClosedError or TimeoutError of the phase `connect`. */
export function dialWebSocket(url: URL, options: DialOptions): Promise<ByteStream> {
  const { timeoutMs = 10_000, signal } = options;
  // Without query: it may hold a token.
  const name = `${url.protocol}//${url.host}${url.pathname}`;
  const cancelled = (): ClosedError =>
    new ClosedError(`connecting to ${name} was cancelled`, {
      phase: 'connect',
      cause: signal?.reason,
    });
  if (signal?.aborted === true) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, SUBPROTOCOL);
    // From the start: the server's first words may come right behind.
    const stream = webSocketStream(socket);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeEventListener('open', onOpen);
      socket.removeEventListener('close', onClose);
    };
    const fail = (error: Error): void => {
      settle();
      stream.destroy();
      reject(error);
    };
    const onOpen = (): void => {
      settle();
      resolve(stream);
    };
    const onClose = (): void =>
      fail(
        new ClosedError(`cannot connect to ${name}`, {
          phase: 'connect',
          cure: "see whether the server runs there, lets this page's origin in, and has a certificate that this browser trusts",
        }),
      );
    const onAbort = (): void => fail(cancelled());
    const timer = setTimeout(
      () => fail(new TimeoutError(`connecting to ${name}`, timeoutMs, { phase: 'connect' })),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.addEventListener('open', onOpen);
    socket.addEventListener('close', onClose);
  });
}
