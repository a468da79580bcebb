/**
 * TLS at the client's end (VeNCrypt's TLS* and X509* sub-types). On x509 nothing of ours is sent before the server's
 * certificate was verified: against authorities and the name, or against a pinned fingerprint.
 */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type ConnectionOptions,
  type TLSSocket,
} from 'node:tls';
import { withDeadline } from '../core/deadline.ts';
import { ClosedError, ErrorCode, SecurityError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import type { TlsConnector, TlsInfo, TlsLayer } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { errorCode } from './error-code.ts';
import { socketStream, takeSocket } from './socket-stream.ts';
import { anonymousClientOptions, x509ClientOptions, type TlsVersion } from './tls-context.ts';
import { certificateFaultInWords, isCertificateFault, tlsFailure } from './tls-fault.ts';

export interface TlsConnectorOptions {
  /** Host name or IP address that the server's certificate must have. */
  readonly serverName: string;
  /** Trusted authorities, PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** Their revocation lists, PEM, one a text. */
  readonly crls?: readonly string[];
  /** Our own certificate and key, PEM, for servers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
  /** SHA-256 of the server's certificate, in hexadecimal with or without colons: takes the place of CA and name. */
  readonly fingerprint256?: string;
  /** Whatever certificate there is does: the caller keeps its fingerprint. Default false. */
  readonly believeAny?: boolean;
  /** Default TLSv1.2. */
  readonly minVersion?: TlsVersion;
  /** Default TLSv1.3. */
  readonly maxVersion?: TlsVersion;
  /** Smallest Diffie-Hellman group taken. Default 2048; x11vnc has 1024. */
  readonly minDhBits?: number;
  /** Default 20000. */
  readonly handshakeTimeoutMs?: number;
}

/** Throws TypeError on a bad fingerprint, and SecurityError (ERR_VNC_TLS_CONFIGURATION) on PEM texts OpenSSL refuses. */
export function createTlsConnector(options: TlsConnectorOptions): TlsConnector {
  const pin = options.fingerprint256 === undefined ? undefined : readPin(options.fingerprint256);
  const timeoutMs = options.handshakeTimeoutMs ?? defaultLimits.handshakeStageMs;
  const versions = {
    minVersion: options.minVersion ?? 'TLSv1.2',
    maxVersion: options.maxVersion ?? 'TLSv1.3',
  };
  // A context is made once: parsing an authority costs as much as the handshake.
  const x509: ConnectionOptions = {
    secureContext: createSecureContext(x509ClientOptions(options, versions)),
    // SNI is for names only (RFC 6066); Node would refuse an address anyway.
    ...(isIP(options.serverName) === 0 ? { servername: options.serverName } : {}),
    rejectUnauthorized: pin === undefined && options.believeAny !== true,
    // Node would compare with the name sent as SNI, which an address does not have.
    checkServerIdentity: (_, certificate) => checkServerIdentity(options.serverName, certificate),
  };
  const anonymous: ConnectionOptions = {
    secureContext: createSecureContext(anonymousClientOptions()),
    minDHSize: options.minDhBits ?? 2048,
    rejectUnauthorized: false,
  };

  return {
    layers: new Set<TlsLayer>(['anonymous', 'x509']),
    connect: async (stream, layer) => {
      const destroy = (): void => stream.destroy();
      try {
        const work = secure(stream, layer === 'x509' ? x509 : anonymous);
        const socket = await withDeadline(work, timeoutMs, 'the TLS handshake', destroy, 'tls');
        if (socket.destroyed) throw socket.errored ?? new ClosedError('the connection is closed');
        const info = infoOf(socket, layer);
        if (layer === 'x509' && pin !== undefined) checkPin(info, pin);
        return { stream: socketStream(socket), info };
      } catch (error) {
        destroy();
        throw certificateFailure(error, options.serverName) ?? tlsFailure(error);
      }
    },
  };
}

/** The bare handshake: what of the peer is verified is in the options. */
export async function secure(stream: ByteStream, options: ConnectionOptions): Promise<TLSSocket> {
  await stream.drained();
  const raw: Duplex = takeSocket(stream);
  return new Promise((resolve, reject) => {
    if (raw.destroyed || raw.readableEnded) {
      reject(new ClosedError('the peer closed the connection'));
      return;
    }
    const socket = connect({ ...options, socket: raw });
    const closed = (): void => reject(new ClosedError('the peer closed the connection'));
    socket.once('error', reject);
    socket.once('close', closed);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.off('close', closed);
      // A bad record right behind the handshake's last is told of before the stream can listen, and ends nothing.
      socket.on('error', (error) => socket.destroy(error));
      resolve(socket);
    });
  });
}

function infoOf(socket: TLSSocket, layer: TlsLayer): TlsInfo {
  const der = layer === 'x509' ? socket.getPeerX509Certificate()?.raw : undefined;
  const fault: unknown = socket.authorizationError;
  const verdict = socket.authorized
    ? { verified: true }
    : { verified: false, fault: fault instanceof Error ? errorCode(fault) : String(fault) };
  return {
    layer,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    ...(der === undefined ? {} : { peerCertificate: describePeerCertificate(der, verdict) }),
  };
}

function readPin(text: string): string {
  const pin = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(pin))
    throw new TypeError('fingerprint256 must be a SHA-256 in hexadecimal: 64 digits');
  return pin;
}

function checkPin(info: TlsInfo, pin: string): void {
  const got = info.peerCertificate?.fingerprint256;
  if (got === pin) return;
  throw certificateError(
    `the server's certificate has the fingerprint ${got}, not ${pin}`,
    'if the server was given another certificate on purpose, pin the new one; if not, something poses as it',
  );
}

/** The sentence for a certificate that was refused; undefined when something else failed. */
function certificateFailure(error: unknown, serverName: string): SecurityError | undefined {
  const code = errorCode(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = namesOf(
      (error as { cert?: { subjectaltname?: string; subject?: { CN?: string } } }).cert,
    );
    return certificateError(
      `the server's certificate is not of ${serverName}, but of ${names}`,
      'connect by a name that it has, or name one of them with tls.servername',
      error,
    );
  }
  if (!isCertificateFault(code)) return undefined;
  const words = certificateFaultInWords(code);
  return certificateError(
    `the server's certificate is refused: ${words} (${code})`,
    CERTIFICATE_CURES[code] ?? TRUST_CURE,
    error,
  );
}

function namesOf(certificate?: { subjectaltname?: string; subject?: { CN?: string } }): string {
  return certificate?.subjectaltname ?? certificate?.subject?.CN ?? 'nobody';
}

const TRUST_CURE =
  'name the authority that issued it with tls.ca, pin the certificate with tls.fingerprint256, or trust it once with knownServers.trustFirst';
const LIST_CURE = 'have a current revocation list of its authority, with tls.crl';
const CERTIFICATE_CURES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'have the server given a new certificate, and see that the clock here is right',
  CERT_NOT_YET_VALID: 'see that the clocks here and there are right',
  CERT_REVOKED: 'have the server given a new certificate: this one must not be trusted any more',
  UNABLE_TO_GET_CRL: LIST_CURE,
  CRL_HAS_EXPIRED: LIST_CURE,
};

function certificateError(message: string, cure: string, cause?: unknown): SecurityError {
  return new SecurityError(message, {
    code: ErrorCode.certificate,
    phase: 'tls',
    cure,
    ...(cause === undefined ? {} : { cause }),
  });
}
