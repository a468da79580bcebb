/**
 * Certificates of authorities and what they have revoked, from files, checked. Used by viewers, which need nothing else to
 * verify a server, and as a part of the credentials of servers.
 */
import {
  dateFault,
  openCertificate,
  type CertificatePurpose,
  type CheckedCertificate,
} from './certificate-checks.ts';
import { expiryWarnings, type Expiry } from './expiry.ts';
import { certificateBlocks, fileFault, readPemFile, revocationListBlocks } from './pem.ts';
import { checkRevocationList, revokedBy, type RevokedCertificates } from './revocation-list.ts';

export interface AuthorityFileNames {
  readonly caFile: string;
  readonly crlFile?: string;
}

export interface AuthorityOptions {
  /**
   * Who asks. A `client` may trust a server's self-signed certificate itself, as TigerVNC's `-X509CA` allows; a server
   * takes authorities only. Default server.
   */
  readonly purpose?: CertificatePurpose;
  /** Default: the clock. */
  readonly now?: Date;
}

export interface Authorities {
  readonly ca: string;
  /** One text each: Node reads only the first list of a text. */
  readonly crls?: readonly string[];
  readonly certificates: readonly CheckedCertificate[];
  /** Nobody, when there are no lists. */
  readonly revoked: RevokedCertificates;
  readonly expiries: readonly Expiry[];
  /** What will expire soon is among them. */
  readonly warnings: readonly string[];
}

/** Reads and checks. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) that names the file and what would be right. */
export async function loadAuthorities(
  { caFile, crlFile }: AuthorityFileNames,
  { purpose = 'server', now = new Date() }: AuthorityOptions = {},
): Promise<Authorities> {
  const warnings: string[] = [];
  const blocks = certificateBlocks(
    await readPemFile(caFile, "the authority's certificate"),
    caFile,
  );
  const certificates = blocks.map((block) => openCertificate(block, caFile));
  for (const certificate of certificates) {
    const { x509, name } = certificate;
    if (!x509.ca && !(purpose === 'client' && x509.checkIssued(x509)))
      throw fileFault(
        caFile,
        `holds a certificate (${name}) that is not an authority's: CA:TRUE is missing`,
      );
    const fault = dateFault(certificate, now);
    if (fault === undefined) continue;
    // OpenSSL passes over an old authority beside a good one; alone it lets nobody in.
    if (certificates.length === 1) throw fileFault(caFile, fault);
    warnings.push(`${caFile} ${fault}`);
  }
  const expiries: Expiry[] = certificates.map(({ notBefore: from, notAfter: until }) => ({
    file: caFile,
    what: 'authority',
    from,
    until,
  }));
  const ca = blocks.map(({ text }) => text).join('');
  if (crlFile === undefined) {
    warnings.push(...expiryWarnings(expiries, now));
    return { ca, certificates, revoked: revokedBy([]), expiries, warnings };
  }

  const blocksOfLists = revocationListBlocks(
    await readPemFile(crlFile, 'a revocation list'),
    crlFile,
  );
  const x509s = certificates.map(({ x509 }) => x509);
  const checked = blocksOfLists.map((list) => checkRevocationList(list, crlFile, x509s, now));
  const lists = checked.map(({ list }) => list);
  for (const { thisUpdate: from, nextUpdate: until } of lists)
    if (until !== undefined) expiries.push({ file: crlFile, what: 'revocation list', from, until });
  warnings.push(...expiryWarnings(expiries, now));
  for (const { x509, name } of certificates)
    if (!checked.some(({ signer }) => signer === x509))
      warnings.push(
        `${crlFile} has no list of ${name}; with any list at all, certificates of an authority without one are refused`,
      );
  return {
    ca,
    crls: blocksOfLists.map(({ text }) => text),
    certificates,
    revoked: revokedBy(lists),
    expiries,
    warnings,
  };
}
