/**
 * TLS at the server's end (VeNCrypt's TLS* and X509* sub-types): a TlsAcceptor over Node's tls.Server that never listens.
 * A server is needed because a TLSSocket that is wrapped by hand verifies no client certificate at all.
 */
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { withDeadline } from '../core/deadline.ts';
import { ClosedError, ErrorCode, SecurityError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import type {
  PeerCertificate,
  TlsAcceptor,
  TlsInfo,
  TlsLayer,
  TlsUpgrade,
} from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { peekServerName } from './client-hello.ts';
import type { DhGroup } from './ffdhe.ts';
import { createPace } from './handshake-pace.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { socketStream, takeSocket } from './socket-stream.ts';
import { anonymousServerOptions, type TlsCredentials, type TlsVersion } from './tls-context.ts';
import { tlsFailure } from './tls-fault.ts';
import { createX509Servers, type X509Servers } from './x509-servers.ts';

export interface TlsAcceptorOptions {
  /** Absent: no X509* sub-types, until setCredentials. */
  readonly x509?: TlsCredentials;
  /** Anonymous DH. Default false; true means ffdhe2048. */
  readonly anonymous?: boolean | { readonly group: DhGroup };
  /** Whether clients are asked for certificates. Needs a CA unless `off`, the default. */
  readonly verifyClient?: 'off' | 'request' | 'require';
  /**
   * Default TLSv1.2: TigerVNC's viewer before 1.13 hangs when a TLS 1.3 session ticket shares a read with data, and Node
   * has no switch that keeps tickets back.
   */
  readonly maxVersion?: TlsVersion;
  /** Default 20000. */
  readonly handshakeTimeoutMs?: number;
}

/** A TlsAcceptor whose certificate can be replaced while it runs. */
export interface NodeTlsAcceptor extends TlsAcceptor {
  /**
   * New handshakes use these; what is connected stays. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) on unusable ones,
   * and goes on with the old.
   */
  readonly setCredentials: (x509: TlsCredentials) => void;
  /**
   * `accept` for wss: the x509 layer, and TLS 1.3 whatever `maxVersion` says, since no browser hangs on it. Follows
   * setCredentials and `verifyClient` likewise.
   */
  readonly acceptWebSocket: (stream: ByteStream) => Promise<TlsUpgrade>;
}

/** A third of a core at most, either way. */
const PACE: Readonly<Record<DhGroup, { everyMs: number; burst: number }>> = {
  ffdhe2048: { everyMs: 8, burst: 8 },
  ffdhe3072: { everyMs: 24, burst: 4 },
};

export function createTlsAcceptor(options: TlsAcceptorOptions): NodeTlsAcceptor {
  const verifyClient = options.verifyClient ?? 'off';
  const timeoutMs = options.handshakeTimeoutMs ?? defaultLimits.handshakeStageMs;
  const maxVersion = options.maxVersion ?? 'TLSv1.2';
  const group = groupOf(options.anonymous);
  let anonymous: Server | undefined;
  let x509Servers: X509Servers | undefined;
  /** Made when a browser comes: most servers have none, and reading a long revocation list takes its time. */
  let wssServers: (() => X509Servers) | undefined;
  const layers = new Set<TlsLayer>();
  const pace = createPace(PACE[group ?? 'ffdhe2048']);
  // Our deadline covers the wait for a turn too; Node's own comes later, as a second net.
  const handshakeTimeout = timeoutMs + 1000;

  if (group !== undefined) {
    anonymous = createServer({ ...anonymousServerOptions(group), handshakeTimeout });
    layers.add('anonymous');
  }

  const setCredentials = (x509: TlsCredentials): void => {
    if (verifyClient !== 'off' && x509.ca === undefined) {
      throw new SecurityError(
        `verifyClient is ${verifyClient}, but there is no CA to verify with`,
        {
          code: ErrorCode.tlsConfiguration,
        },
      );
    }
    const requestCert = verifyClient !== 'off';
    x509Servers = createX509Servers(x509, { maxVersion, requestCert, handshakeTimeout });
    let made: X509Servers | undefined;
    wssServers = () =>
      (made ??= createX509Servers(x509, { maxVersion: 'TLSv1.3', requestCert, handshakeTimeout }));
    layers.add('x509');
  };
  if (options.x509 !== undefined) setCredentials(options.x509);

  const handshake = async (stream: ByteStream, layer: TlsLayer | 'wss'): Promise<TLSSocket> => {
    // What is replaced meanwhile is still good for those who came before.
    const x509 = layer === 'wss' ? wssServers?.() : layer === 'x509' ? x509Servers : undefined;
    const server = layer === 'anonymous' ? anonymous : x509?.serverFor(undefined);
    if (server === undefined) {
      throw new SecurityError(`no credentials for the ${layer} TLS layer`, {
        code: ErrorCode.tlsConfiguration,
        phase: 'tls',
      });
    }
    if (layer === 'anonymous') await pace.turn(stream.closed);
    await stream.drained();
    const raw = takeSocket(stream);
    if (x509?.byName !== true) return secure(server, raw);
    return secure(x509.serverFor(await peekServerName(raw)), raw);
  };

  const upgrade = async (
    stream: ByteStream,
    layer: TlsLayer,
    name: TlsLayer | 'wss',
  ): Promise<TlsUpgrade> => {
    const destroy = (): void => stream.destroy();
    try {
      const work = handshake(stream, name);
      const socket = await withDeadline(work, timeoutMs, 'the TLS handshake', destroy, 'tls');
      if (socket.destroyed) throw socket.errored ?? new ClosedError('the connection is closed');
      const info = infoOf(socket, layer, layer === 'x509' && verifyClient !== 'off');
      return { stream: socketStream(socket), info };
    } catch (error) {
      destroy();
      throw tlsFailure(error);
    }
  };

  return {
    layers,
    verifyClient,
    setCredentials,
    accept: (stream, layer) => upgrade(stream, layer, layer),
    acceptWebSocket: (stream) => upgrade(stream, 'x509', 'wss'),
  };
}

function groupOf(anonymous: TlsAcceptorOptions['anonymous']): DhGroup | undefined {
  if (anonymous === undefined || anonymous === false) return undefined;
  return anonymous === true ? 'ffdhe2048' : anonymous.group;
}

/**
 * The server's handshake on one socket. A tls.Server tells of results in events that do not say for which socket, so each
 * socket gets a view of the server (an object that inherits from it) whose `emit` leads to its own promise: Node calls
 * the 'connection' listener with that view as `this`, and reports to it.
 */
function secure(server: Server, raw: Duplex): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new ClosedError('the peer closed the connection'));
    if (raw.destroyed || raw.readableEnded) {
      closed();
      return;
    }
    raw.once('close', closed);
    const emit = (event: string, ...args: unknown[]): boolean => {
      if (event === 'secureConnection') {
        raw.off('close', closed);
        const socket = args[0] as TLSSocket;
        // A bad record right behind the handshake's last is told of before the stream can listen, and ends nothing.
        socket.on('error', (error) => socket.destroy(error));
        resolve(socket);
      } else if (event === 'tlsClientError') {
        const [error, socket] = args as [Error, TLSSocket];
        reject(error);
        // It may come when the handshake is done, and then there is nobody to reject.
        socket.destroy(error);
      } else {
        return server.emit(event, ...args);
      }
      return true;
    };
    const view: Server = Object.create(server, { emit: { value: emit } }) as Server;
    EventEmitter.prototype.emit.call(view, 'connection', raw);
  });
}

function infoOf(socket: TLSSocket, layer: TlsLayer, verified: boolean): TlsInfo {
  const peerCertificate = verified ? peerCertificateOf(socket) : undefined;
  return {
    layer,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    ...(peerCertificate === undefined ? {} : { peerCertificate }),
  };
}

/** Node verified it during the handshake; this only reads its verdict. */
function peerCertificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const der = socket.getPeerX509Certificate()?.raw;
  if (der === undefined) return undefined;
  if (socket.authorized) return describePeerCertificate(der, { verified: true });
  // Typed as an Error, but on a server it is OpenSSL's code.
  const fault = `${socket.authorizationError as unknown as string}`;
  return describePeerCertificate(der, { verified: false, fault });
}
