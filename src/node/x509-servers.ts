/**
 * Credentials as tls.Servers that never listen: one for clients that ask for no name, and one more for each other choice of
 * certificates. Replaced as a whole when credentials are. Used by the TLS acceptor.
 */
import { createServer, type Server } from 'node:tls';
import { assertInvariant, ErrorCode, SecurityError } from '../core/errors.ts';
import { x509ServerOptions, type TlsCredentials, type TlsVersion } from './tls-context.ts';
import {
  defaultIdentities,
  identitiesNamed,
  openIdentity,
  type Identity,
} from './tls-identities.ts';

export interface X509ServerSettings {
  readonly maxVersion: TlsVersion;
  readonly requestCert: boolean;
  readonly handshakeTimeout: number;
}

export interface X509Servers {
  /** Whether the name that a client asks for makes a difference. */
  readonly byName: boolean;
  readonly serverFor: (serverName: string | undefined) => Server;
}

/** Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) on texts that OpenSSL refuses. */
export function createX509Servers(
  x509: TlsCredentials,
  { maxVersion, requestCert, handshakeTimeout }: X509ServerSettings,
): X509Servers {
  const identities = identitiesOf(x509);
  const make = (some: readonly Identity[]): Server =>
    createServer({
      ...x509ServerOptions(among(x509, some), maxVersion),
      requestCert,
      // Bad certificates are let through the handshake, with their verdict: refused there, the reason would be lost.
      rejectUnauthorized: false,
      handshakeTimeout,
    });
  const usual = defaultIdentities(identities);
  const others = identities.filter((each) => !usual.includes(each));
  // Checked now, because later a fault would come in the middle of a handshake.
  for (const each of others) x509ServerOptions(among(x509, [each]), maxVersion);
  const key = (some: readonly Identity[]): string =>
    some.map((each) => identities.indexOf(each)).join();
  const first = make(usual);
  // By which certificates they have: names are the peers' to invent, and must not fill our memory.
  const servers = new Map<string, Server>([[key(usual), first]]);
  return {
    byName: others.length > 0,
    serverFor: (serverName) => {
      const named = serverName === undefined ? undefined : identitiesNamed(identities, serverName);
      if (named === undefined) return first;
      let server = servers.get(key(named));
      if (server === undefined) {
        server = make(named);
        servers.set(key(named), server);
      }
      return server;
    },
  };
}

function identitiesOf(x509: TlsCredentials): Identity[] {
  try {
    return [x509, ...(x509.alternatives ?? [])].map(openIdentity);
  } catch (cause) {
    throw new SecurityError('a certificate is not PEM', {
      code: ErrorCode.tlsConfiguration,
      cause,
    });
  }
}

/** The same CA and lists, with some of the certificates. */
function among({ ca, crls }: TlsCredentials, identities: readonly Identity[]): TlsCredentials {
  const [first, ...alternatives] = identities.map(({ pair: { cert, key } }) => ({ cert, key }));
  assertInvariant(first !== undefined, 'there is always a certificate');
  return {
    ...first,
    alternatives,
    ...(ca === undefined ? {} : { ca }),
    ...(crls === undefined ? {} : { crls }),
  };
}
