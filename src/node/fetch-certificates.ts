/**
 * The certificates that a VNC server shows (VeNCrypt, X509*), without believing them: the handshake goes as far as TLS, and
 * ends there, before any credentials. Used to tell what is wrong with them.
 */
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { VERIFIED_TYPES } from '../client/login.ts';
import { assertInvariant, ClosedError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import { clientHandshake } from '../handshake/client.ts';
import { parseSecurityList } from '../security/policy.ts';
import type { Address } from './address.ts';
import { openCertificate, type CheckedCertificate } from './certificate-checks.ts';
import { dial } from './dial.ts';
import { secure } from './tls-connector.ts';
import { tlsFailure } from './tls-fault.ts';

export interface FetchedCertificates {
  /** The server's own first, then what it sent with it. */
  readonly chain: readonly CheckedCertificate[];
  readonly protocol: string;
  readonly cipher: string;
}

/** Rejects with a VncError when there is nobody, or nobody who offers X.509. */
export async function fetchCertificates(
  address: Address,
  options: { readonly serverName: string; readonly timeoutMs?: number },
): Promise<FetchedCertificates> {
  const { serverName, timeoutMs } = options;
  const stream = await dial(address, timeoutMs === undefined ? {} : { timeoutMs });
  const limits =
    timeoutMs === undefined
      ? defaultLimits
      : { ...defaultLimits, handshakeStageMs: timeoutMs, handshakeTotalMs: timeoutMs };
  let fetched: FetchedCertificates | undefined;
  const enough = new ClosedError('the certificates are here, and nothing more was wanted');
  try {
    await clientHandshake({
      stream,
      accept: parseSecurityList(VERIFIED_TYPES),
      limits,
      shared: true,
      credentials: () => Promise.reject(enough),
      tls: {
        layers: new Set(['x509']),
        connect: async (clear) => {
          const socket = await secure(clear, {
            // Nothing is told to this server, so that nothing needs to be verified.
            rejectUnauthorized: false,
            minVersion: 'TLSv1',
            ciphers: 'DEFAULT:@SECLEVEL=0',
            ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
          }).catch((error: unknown) => {
            throw tlsFailure(error);
          });
          fetched = {
            chain: chainOf(socket, String(address.kind === 'tcp' ? address.host : address.path)),
            protocol: socket.getProtocol() ?? 'unknown',
            cipher: socket.getCipher().name,
          };
          socket.on('error', () => undefined);
          socket.destroy();
          throw enough;
        },
      },
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  assertInvariant(fetched !== undefined, 'the handshake ends where the certificates are');
  return fetched;
}

function chainOf(socket: TLSSocket, source: string): CheckedCertificate[] {
  const chain: CheckedCertificate[] = [];
  const seen = new Set<string>();
  let current: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // A root is its own issuer.
  while (current?.raw !== undefined && !seen.has(current.fingerprint256)) {
    seen.add(current.fingerprint256);
    const base64 = current.raw.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
    const text = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
    chain.push(
      openCertificate({ label: 'CERTIFICATE', text, der: current.raw, encrypted: false }, source),
    );
    current = current.issuerCertificate;
  }
  return chain;
}
