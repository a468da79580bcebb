/**
 * A security type behind TLS that is on already, with the client's certificate having its say first. Used by VeNCrypt,
 * and by the handshake where TLS is around the whole connection (wss).
 */
import { judgeCertificate } from './client-certificate.ts';
import { none } from './none.ts';
import type {
  SecurityType,
  ServerSecurityContext,
  ServerSecurityOutcome,
} from './security-type.ts';
import type { TlsAcceptor, TlsInfo } from './tls-port.ts';
import { denyAll } from './verdict.ts';

export async function serveInsideTls(
  inner: SecurityType,
  context: ServerSecurityContext & { readonly tlsInfo: TlsInfo },
  verifyClient: TlsAcceptor['verifyClient'],
): Promise<ServerSecurityOutcome> {
  const { authenticator, peer, tlsInfo } = context;
  // A viewer with a bad certificate goes through the inner exchange to its end, and so cannot tell that its password
  // was not even looked at.
  const refusal = await judgeCertificate(verifyClient, tlsInfo, authenticator, peer);
  const shown = tlsInfo.peerCertificate;
  const certificate = verifyClient !== 'off' && shown?.verified === true ? shown : undefined;
  const outcome = await inner.server({
    ...context,
    peer: certificate === undefined ? peer : { ...peer, certificate },
    authenticator: refusal === undefined ? authenticator : denyAll(refusal),
  });
  if (refusal !== undefined) {
    const { reader, subtype, alwaysResult } = outcome;
    return {
      reader,
      tlsInfo,
      denied: refusal,
      ...(subtype === undefined ? {} : { subtype }),
      ...(alwaysResult === undefined ? {} : { alwaysResult }),
    };
  }
  if (outcome.denied !== undefined) return { ...outcome, tlsInfo };
  if (certificate === undefined) return { ...outcome, tlsInfo };
  // With nothing asked for inside, the certificate is all that says who it is.
  const { distinguishedName } = certificate;
  const name = inner === none ? distinguishedName : outcome.identity.name;
  const identity = { ...outcome.identity, name, distinguishedName, certificate };
  return { ...outcome, tlsInfo, identity };
}
