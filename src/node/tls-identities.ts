/**
 * A server with several certificates: which of them a handshake may use. Certificates of different kinds of key stand side
 * by side, and OpenSSL takes what the client can verify; those of other names are chosen by the name that the client asks
 * for. Used by the TLS acceptor, and when credential files are loaded.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TlsIdentity } from './tls-context.ts';

export interface Identity {
  readonly pair: TlsIdentity;
  readonly x509: X509Certificate;
  /** OpenSSL holds one certificate for each in a context: `rsa`, `ec`, `ed25519`, … */
  readonly keyType: string;
  /** `DNS:host`, `IP Address:10.0.0.1`, lower case. */
  readonly names: ReadonlySet<string>;
}

export function openIdentity(pair: TlsIdentity): Identity {
  const x509 = new X509Certificate(pair.cert);
  return {
    pair,
    x509,
    keyType: x509.publicKey.asymmetricKeyType ?? 'unknown',
    names: new Set((x509.subjectAltName ?? '').toLowerCase().split(', ')),
  };
}

/** Whether `other` is good for all that `identity` is good for. */
const namesAll = (other: Identity, identity: Identity): boolean =>
  Array.from(identity.names).every((name) => other.names.has(name));

/** An earlier one of the same kind for the same names: the later is never shown. */
export const shadowOf = (identities: readonly Identity[], index: number): Identity | undefined => {
  const identity = identities[index];
  return identities
    .slice(0, index)
    .find(
      (earlier) =>
        identity !== undefined &&
        earlier.keyType === identity.keyType &&
        namesAll(earlier, identity),
    );
};

/** The first of each kind. */
function onePerKind(identities: readonly Identity[]): Identity[] {
  const kinds = new Map<string, Identity>();
  for (const each of identities) if (!kinds.has(each.keyType)) kinds.set(each.keyType, each);
  return Array.from(kinds.values());
}

/** Without a name that we know: the first, and others only if a client could not tell them from it. */
export function defaultIdentities(identities: readonly Identity[]): Identity[] {
  const [first] = identities;
  if (first === undefined) return [];
  return onePerKind(identities.filter((each) => namesAll(each, first)));
}

/**
 * Those for a name in the client's hello (RFC 6066 section 3). Undefined: the default ones, because a name that nobody
 * knows is no reason to refuse, and an address, which TigerVNC sends, is no name at all.
 */
export function identitiesNamed(
  identities: readonly Identity[],
  serverName: string,
): Identity[] | undefined {
  const name = serverName.replace(/\.$/, '');
  if (!/^[a-z0-9_.-]{1,253}$/i.test(name) || isIP(name) !== 0) return undefined;
  const named = identities.filter(
    ({ x509 }) => x509.checkHost(name, { subject: 'never' }) !== undefined,
  );
  return named.length === 0 ? undefined : onePerKind(named);
}
