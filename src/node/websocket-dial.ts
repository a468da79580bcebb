/**
 * Connects to a WebSocket that carries RFB, ws or wss: what connect() does with such addresses on Node. TCP and TLS are our
 * own, so that the server is verified before the request leaves, which may carry a token.
 */
import { WebSocket } from 'ws';
import { ErrorCode, ProtocolError, TimeoutError } from '../core/errors.ts';
import type { TlsConnector, TlsInfo } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { Address } from './address.ts';
import { cancelled, connectFailure, dial } from './dial.ts';
import { takeSocket } from './socket-stream.ts';
import { webSocketStream } from './websocket-stream.ts';

export interface WebSocketDialOptions {
  /** For each of TCP and the WebSocket's opening. Default 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** For wss. */
  readonly tls: TlsConnector;
}

export interface DialledWebSocket {
  readonly stream: ByteStream;
  /** Of wss. */
  readonly tlsInfo: TlsInfo | undefined;
}

/** What noVNC asks for, and websockify answers. */
const SUBPROTOCOL = 'binary';
/** As large as any message of RFB may be here; a gateway need not cut as we do. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * Rejects with ClosedError or TimeoutError of the phase `connect`, with SecurityError (ERR_VNC_CERTIFICATE, ERR_VNC_TLS)
 * where wss fails, and with ProtocolError where no WebSocket answers.
 */
export async function dialWebSocket(
  { url, address }: { readonly url: URL; readonly address: Address },
  options: WebSocketDialOptions,
): Promise<DialledWebSocket> {
  const raw = await dial(address, options);
  if (url.protocol !== 'wss:') return { stream: await open(url, raw, options), tlsInfo: undefined };
  const { stream, info } = await options.tls.connect(raw, 'x509');
  return { stream: await open(url, stream, options), tlsInfo: info };
}

/** The opening handshake, on a connection that stands. */
async function open(
  url: URL,
  connection: ByteStream,
  { timeoutMs = 10_000, signal }: WebSocketDialOptions,
): Promise<ByteStream> {
  // Without query and user: they may hold a secret.
  const name = `${url.protocol}//${url.host}${url.pathname}`;
  await connection.drained();
  return new Promise((resolve, reject) => {
    const duplex = takeSocket(connection);
    // The server of a WebSocket says nothing before it was asked, so nothing is lost.
    duplex.resume();
    const clear = new URL(url);
    clear.protocol = 'ws:';
    const socket = new WebSocket(clear, SUBPROTOCOL, {
      createConnection: () => duplex as never,
      headers: { Host: url.host },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
    });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('open', onOpen);
      socket.off('error', onError);
    };
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined);
      socket.terminate();
      connection.destroy();
      reject(error);
    };
    // In the same turn, as the server's first words may stand right behind.
    const onOpen = (): void => {
      settle();
      resolve(webSocketStream(socket));
    };
    const onError = (error: Error): void => fail(openFailure(name, error));
    const onAbort = (): void => fail(cancelled(name, signal));
    const timer = setTimeout(
      () => fail(new TimeoutError(`connecting to ${name}`, timeoutMs, { phase: 'connect' })),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('open', onOpen);
    socket.once('error', onError);
    if (signal?.aborted === true) onAbort();
  });
}

function openFailure(name: string, error: Error): Error {
  const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
  if (status === undefined) return connectFailure(name, error);
  return new ProtocolError(`${name} answers with HTTP status ${status}, not with a WebSocket`, {
    code: ErrorCode.version,
    phase: 'connect',
    field: 'WebSocket.status',
    got: Number(status),
    cause: error,
    cure:
      status === '401' || status === '403'
        ? 'see whether the server lets you and this path in'
        : 'check the path: that of VNC servers is often /websockify',
  });
}
