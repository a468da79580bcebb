/**
 * Certificates, keys and revocation lists from files, checked so that every mistake is a sentence at start and not a
 * failed handshake later. Files are found in a directory (credential-layout.ts), or named one by one. Used by servers, by
 * viewers with certificates of their own, and again whenever credentials are reloaded.
 */
import type { Secret } from '../core/secret.ts';
import { loadAuthorities, type Authorities } from './authority-files.ts';
import { chainFault, covers, type CertificatePurpose } from './certificate-checks.ts';
import {
  credentialFiles,
  type CredentialFileNames,
  type CredentialSource,
  type IdentityFileNames,
} from './credential-layout.ts';
import { expiryWarnings, type Expiry } from './expiry.ts';
import { loadIdentity, type CredentialSummary, type LoadedIdentity } from './identity-files.ts';
import { fileFault } from './pem.ts';
import { revokedBy, type RevokedCertificates } from './revocation-list.ts';
import type { TlsCredentials } from './tls-context.ts';
import { openIdentity, shadowOf } from './tls-identities.ts';

export interface CredentialOptions {
  /** Peers' certificates will be verified: without authorities that cannot be. */
  readonly needCa: boolean;
  /** Default server. For `client` a directory holds `client-cert.pem` and `client-key.pem`. */
  readonly purpose?: CertificatePurpose;
  /** Host names and addresses that people will connect to: a warning says which of them viewers will refuse. */
  readonly hosts?: readonly string[];
  /** Of encrypted private keys. */
  readonly keyPassword?: Secret;
  /** Default: the clock. */
  readonly now?: Date;
}

export interface LoadedCredentials extends TlsCredentials {
  /** What works now and should not stay so, a sentence each; with what will expire soon. */
  readonly warnings: readonly string[];
  /** Of the first certificate. */
  readonly summary: CredentialSummary;
  /** Certificates of peers that are good no more, whoever signed them. */
  readonly revoked: RevokedCertificates;
  /** Of all that was read. */
  readonly expiries: readonly Expiry[];
}

/** Reads and checks. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) that names the file and what would be right. */
export async function loadTlsCredentials(
  source: CredentialSource,
  options: CredentialOptions,
): Promise<LoadedCredentials> {
  const { purpose = 'server', keyPassword, now = new Date() } = options;
  const files = await credentialFiles(source, purpose, options.needCa);
  const { caFile, crlFile } = files;
  const first = await loadIdentity(files, { purpose, keyPassword, now });
  const names = [files, ...(files.alternatives ?? [])];
  const identities = [first];
  for (const more of names.slice(1))
    identities.push(await loadIdentity(more, { purpose, keyPassword, now }));
  const certificates = identities.map(({ expiry }) => expiry);
  const warnings = [
    ...identities.flatMap((each) => each.warnings),
    ...expiryWarnings(certificates, now),
    ...shadowWarnings(identities, names),
    ...hostWarnings(identities, files, options.hosts ?? []),
  ];

  if (caFile === undefined && options.needCa)
    throw fileFault(
      files.certFile,
      'came without a CA file, which is needed to verify the certificates of peers',
    );
  if (caFile === undefined && crlFile !== undefined)
    throw fileFault(crlFile, 'came without a CA file, so nobody can tell whose list it is');
  const authorities =
    caFile === undefined
      ? undefined
      : await loadAuthorities({ caFile, ...(crlFile === undefined ? {} : { crlFile }) }, options);
  if (caFile !== undefined && authorities !== undefined) {
    warnings.push(...authorities.warnings);
    const ours = { identities, names, ownAuthority: files.ownAuthority === true };
    warnings.push(...chainWarnings(ours, authorities, caFile, now));
  }
  const alternatives = identities.slice(1).map(({ cert, key }) => ({ cert, key }));
  return {
    cert: first.cert,
    key: first.key,
    ...(alternatives.length === 0 ? {} : { alternatives }),
    ...(authorities === undefined ? {} : { ca: authorities.ca }),
    ...(authorities?.crls === undefined ? {} : { crls: authorities.crls }),
    warnings,
    summary: first.summary,
    revoked: authorities?.revoked ?? revokedBy([]),
    expiries: [...certificates, ...(authorities?.expiries ?? [])],
  };
}

function shadowWarnings(
  loaded: readonly LoadedIdentity[],
  names: readonly IdentityFileNames[],
): string[] {
  const identities = loaded.map(openIdentity);
  return identities.flatMap((_, i) => {
    const shadow = shadowOf(identities, i);
    if (shadow === undefined) return [];
    const before = names[identities.indexOf(shadow)]?.certFile ?? '';
    return [
      `${names[i]?.certFile ?? ''} is of no use: ${before} has the same kind of key and the same names`,
    ];
  });
}

function hostWarnings(
  identities: readonly LoadedIdentity[],
  { certFile }: CredentialFileNames,
  hosts: readonly string[],
): string[] {
  const named = identities.flatMap(({ summary }) => summary.subjectAltNames);
  const which =
    identities.length === 1 ? `${certFile} does not name` : 'none of the certificates names';
  return hosts
    .filter((host) => !identities.some((identity) => covers(identity.chain[0], host)))
    .map(
      (host) =>
        `${which} ${host}, so viewers that connect to it will refuse; ` +
        `${identities.length === 1 ? 'it names' : 'they name'} ${[...new Set(named)].join(', ') || 'no host'}`,
    );
}

/**
 * QEMU's layout has one authority for both ends, and another one is a mistake. Elsewhere there may be a public certificate
 * here and an authority of our own for the peers.
 */
function chainWarnings(
  ours: {
    readonly identities: readonly LoadedIdentity[];
    readonly names: readonly IdentityFileNames[];
    readonly ownAuthority: boolean;
  },
  authorities: Authorities,
  caFile: string,
  now: Date,
): string[] {
  return ours.identities.flatMap(({ chain }, i) => {
    const files = { cert: ours.names[i]?.certFile ?? '', ca: caFile };
    const fault = chainFault(chain, authorities.certificates, files, now);
    if (fault !== undefined && ours.ownAuthority) throw fault;
    return fault === undefined ? [] : [fault.message];
  });
}
