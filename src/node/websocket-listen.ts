/**
 * Listens for WebSockets (RFC 6455), clear or inside TLS, and hands out each as a ByteStream. Used by serve. It speaks HTTP
 * as far as the opening handshake needs it and not one request further: no files, no cookies, no redirects.
 *
 * INVARIANT: whoever has not finished the opening handshake is counted, and gone after a time.
 */
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { LimitError, VncError } from '../core/errors.ts';
import { resolveLimits, type Limits } from '../core/limits.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type { Peer } from '../security/identity.ts';
import { Admission } from '../server/admission.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { Address } from './address.ts';
import { errorCode } from './error-code.ts';
import { listen, type Listener, type TrustedProxies } from './listen.ts';
import { takeSocket } from './socket-stream.ts';
import type { NodeTlsAcceptor } from './tls-acceptor.ts';
import { originFault } from './websocket-origin.ts';
import { webSocketStream, type WebSocketStreamOptions } from './websocket-stream.ts';

export interface WebSocketListenerOptions extends WebSocketStreamOptions {
  /** wss with its certificate. Absent: clear. */
  readonly tls?: NodeTlsAcceptor;
  /** Origins of pages that may connect besides our own, as parseOrigin returns them. */
  readonly origins?: ReadonlySet<string>;
  /** For the opening handshake, TLS not counted. Default 10000. */
  readonly openingMs?: number;
  /** Proxies in front of us that say whose connections they bring, before TLS and HTTP. */
  readonly proxies?: TrustedProxies;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
}

/** As QEMU, websockify and the noVNC that is told nothing have it. */
const PATHS: ReadonlySet<string> = new Set(['/', '/websockify']);
const SUBPROTOCOL = 'binary';
/** Cookies of whatever else lives on the host come along. */
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_HEADERS = 64;
/** A clipboard of the largest size in one message, and some. */
const MAX_MESSAGE_BYTES = 1024 * 1024 + 4096;
/**
 * Frames of one message, and segments that hold an unfinished frame: each costs us an object however small it is. No
 * browser fragments at all, and the largest message comes in some 2000 segments of the smallest usual size.
 */
const MAX_FRAGMENTS = 1024;
const MAX_SEGMENTS = 8192;

export async function listenWebSocket(
  address: Address,
  onConnection: (stream: ByteStream, peer: Peer) => void,
  options: WebSocketListenerOptions = {},
): Promise<Listener> {
  const { tls, openingMs = 10_000, proxies, logger = silentLogger } = options;
  const admission = new Admission(resolveLimits(options.limits));
  const { http, adopt } = openingServer(options, onConnection);

  const open = async (stream: ByteStream, peer: Peer): Promise<void> => {
    const leave = admission.enter(peer.host);
    try {
      const secured = await tls?.acceptWebSocket(stream);
      const socket = takeSocket(secured?.stream ?? stream);
      const over = (): void => {
        clearTimeout(deadline);
        leave();
      };
      const deadline = setTimeout(() => {
        over();
        answer(socket, 408);
      }, openingMs).unref();
      socket.once('close', over);
      // What ends the socket is told by its close.
      socket.on('error', () => undefined);
      // It may have left while TLS shook hands.
      if (socket.destroyed) over();
      const around = secured === undefined ? {} : { tls: secured.info };
      adopt(socket, { peer: { ...peer, websocket: true, ...around }, over });
      http.emit('connection', socket);
      // A request may have come together with what was in front of it: a PROXY header, or the end of a handshake.
      socket.resume();
    } catch (error) {
      leave();
      throw error;
    }
  };
  const onStream = (stream: ByteStream, peer: Peer): void => {
    open(stream, peer).catch((error: unknown) => {
      stream.destroy();
      const { address: from } = peer;
      if (error instanceof LimitError)
        logger.warn('websocket refused', { address: from, reason: error.message });
      else if (error instanceof VncError)
        logger.info('websocket failed', { address: from, reason: error.message });
      else {
        const stack = error instanceof Error ? error.stack : String(error);
        logger.error('websocket failed', { address: from, stack });
      }
    });
  };
  return listen(address, onStream, proxies === undefined ? {} : { proxies });
}

/** What is known of a connection before it is a WebSocket. */
interface Opening {
  readonly peer: Peer;
  /** Tells that the opening handshake is done. */
  readonly over: () => void;
}

/** An HTTP server that is handed its sockets, and answers each at most once. */
function openingServer(
  options: WebSocketListenerOptions,
  onConnection: (stream: ByteStream, peer: Peer) => void,
): { http: Server; adopt: (socket: Duplex, opening: Opening) => void } {
  const { origins = new Set(), logger = silentLogger } = options;
  const openings = new WeakMap<Duplex, Opening>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_SEGMENTS,
    autoPong: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const http = createServer({ maxHeaderSize: MAX_HEADER_BYTES, insecureHTTPParser: false });
  // Node drops those above the count without a word; one more shows that there are too many.
  http.maxHeadersCount = MAX_HEADERS + 1;

  http.on('request', (request: IncomingMessage) => {
    answer(request.socket, PATHS.has(pathOf(request)) ? 426 : 404);
  });
  http.on('clientError', (error: Error, socket: Duplex) => {
    answer(socket, errorCode(error) === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const opening = openings.get(socket);
    if (opening === undefined) {
      socket.destroy();
      return;
    }
    const { peer, over } = opening;
    const refusal = refusalOf(request, peer, origins);
    if (refusal !== undefined) {
      logger.info('websocket refused', { address: peer.address, reason: refusal.reason });
      answer(socket, refusal.status);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (socketOpen) => {
      over();
      onConnection(webSocketStream(socketOpen, options), peer);
    });
  });
  return { http, adopt: (socket, opening) => void openings.set(socket, opening) };
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** The rest (key, version, method) is checked by `ws`. */
function refusalOf(
  request: IncomingMessage,
  peer: Peer,
  origins: ReadonlySet<string>,
): Refusal | undefined {
  if (request.httpVersion !== '1.1') return { status: 400, reason: 'not HTTP/1.1' };
  if (request.rawHeaders.length > 2 * MAX_HEADERS)
    return { status: 431, reason: 'too many headers' };
  const twice = ['host', 'origin', 'sec-websocket-key', 'sec-websocket-version'].find(
    (name) => (request.headersDistinct[name]?.length ?? 0) > 1,
  );
  if (twice !== undefined) return { status: 400, reason: `two headers ${twice}` };
  if (!PATHS.has(pathOf(request))) return { status: 404, reason: 'another path' };
  const { origin, host } = request.headers;
  const foreign = originFault({ origin, host, encrypted: peer.tls !== undefined }, origins);
  if (foreign !== undefined) return { status: 403, reason: foreign };
  const offered = request.headers['sec-websocket-protocol'];
  if (offered !== undefined && !offered.split(',').some((name) => name.trim() === SUBPROTOCOL))
    return { status: 400, reason: 'no subprotocol but other ones' };
  return undefined;
}

/** Whatever stands behind `?` is for proxies in front of us, which route by it. */
const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? '';

/** One complete reply, then the end. */
function answer(socket: Duplex, status: number): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const text = `${STATUS_CODES[status] ?? 'Error'}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...(status === 426 ? ['Upgrade: websocket'] : []),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
}
