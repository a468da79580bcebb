/** What a viewer's certificate decides, once TLS is on. Used by the server's half of VeNCrypt. */
import { AuthenticationError, ErrorCode } from '../core/errors.ts';
import { printable } from '../wire/text.ts';
import type { Peer } from './identity.ts';
import type { Authenticator } from './security-type.ts';
import type { PeerCertificate, TlsAcceptor, TlsInfo } from './tls-port.ts';

/**
 * Resolves with why the viewer may not enter, or undefined. The message is for the log, and has the name exactly as a
 * rule would be written; the peer is told nothing but what a wrong password is told.
 *
 * - `off`: certificates decide nothing.
 * - `request`: none is fine; one that was sent must be good, since its sender wanted to be known by it.
 * - `require`: there must be one, and it must be good. So a TLS without certificates lets nobody in.
 *
 * A good one must then pass the name rules, if there are any.
 */
export async function judgeCertificate(
  verifyClient: TlsAcceptor['verifyClient'],
  info: TlsInfo,
  authenticator: Authenticator,
  peer: Peer,
): Promise<AuthenticationError | undefined> {
  if (verifyClient === 'off') return undefined;
  const certificate = info.peerCertificate;
  if (certificate === undefined) {
    if (verifyClient === 'request') return undefined;
    return new AuthenticationError('no client certificate was sent, and one is required', {
      code: ErrorCode.certificate,
    });
  }
  if (!certificate.verified) {
    return new AuthenticationError(
      `client certificate is not good: ${certificate.fault ?? 'not verified'}, of ${nameOf(certificate)}`,
      { code: ErrorCode.certificate },
    );
  }
  try {
    await authenticator.certificate(certificate, peer);
    return undefined;
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    return new AuthenticationError(
      `client certificate is good, but ${error.message}, of ${nameOf(certificate)}`,
      { code: error.code, cause: error },
    );
  }
}

/** The name to copy into a rule, whole, but safe to print. */
const nameOf = (certificate: PeerCertificate): string =>
  JSON.stringify(printable(certificate.distinguishedName, 4096));
