/**
 * Certificate revocation lists (RFC 5280 section 5), as far as they are checked before use: OpenSSL refuses every client
 * of an authority whose list is stale, without saying so at start. Used when credential files are loaded.
 */
import { verify, type X509Certificate } from 'node:crypto';
import {
  DerTag,
  derChildren,
  derOid,
  derTime,
  expectTag,
  readDer,
  type DerElement,
} from './der.ts';
import { formatDistinguishedName } from './distinguished-name.ts';
import { fileFault, type PemBlock } from './pem.ts';
import { readCertificate, serialText } from './peer-certificate.ts';

export interface RevocationList {
  readonly issuer: Uint8Array;
  readonly issuerName: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** Serial numbers, as in PeerCertificate. */
  readonly serials: ReadonlySet<string>;
  readonly signed: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** Digest of each signature algorithm; null where the algorithm has its own (Ed25519). */
const digests: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
]);

function parse(der: Uint8Array): RevocationList {
  const [tbs, algorithm, signature] = derChildren(readDer(der), DerTag.Sequence);
  const signed = expectTag(tbs, DerTag.Sequence);
  const fields = derChildren(signed);
  if (fields[0]?.tag === DerTag.Integer) fields.shift(); // version
  const [, issuer, thisUpdate, next] = fields;
  const name = expectTag(issuer, DerTag.Sequence);
  const hasNext = next?.tag === DerTag.UtcTime || next?.tag === DerTag.GeneralizedTime;
  const entries = fields[hasNext ? 4 : 3]; // a list that revokes nothing has none, and perhaps extensions
  return {
    issuer: name.raw,
    issuerName: formatDistinguishedName(name).inOrder,
    thisUpdate: derTime(thisUpdate),
    nextUpdate: hasNext ? derTime(next) : undefined,
    serials: new Set(
      entries?.tag === DerTag.Sequence ? derChildren(entries).map(serialOf) : undefined,
    ),
    signed: signed.raw,
    algorithm: derOid(derChildren(expectTag(algorithm), DerTag.Sequence)[0]),
    signature: expectTag(signature, DerTag.BitString).content.subarray(1), // after the count of unused bits
  };
}

const serialOf = (entry: DerElement): string =>
  serialText(expectTag(derChildren(entry, DerTag.Sequence)[0], DerTag.Integer));

/** With an algorithm that we do not know the name must do: OpenSSL checks the signature at each connection anyway. */
function isSignedBy(list: RevocationList, authority: X509Certificate): boolean {
  const { issuer, signed, algorithm, signature } = list;
  if (Buffer.compare(readCertificate(authority.raw).subject.raw, issuer) !== 0) return false;
  const digest = digests.get(algorithm);
  if (digest === undefined) return true;
  try {
    return verify(digest, signed, authority.publicKey, signature);
  } catch {
    return false; // the key is of another kind than the signature
  }
}

/**
 * Checks a list against the authorities and the clock, and returns it with the authority that signed it. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION).
 */
export function checkRevocationList(
  block: PemBlock,
  file: string,
  authorities: readonly X509Certificate[],
  now: Date,
): { readonly list: RevocationList; readonly signer: X509Certificate } {
  let list: RevocationList;
  try {
    list = parse(block.der);
  } catch (cause) {
    throw fileFault(file, 'holds a revocation list that cannot be parsed; fetch it again', cause);
  }
  const signer = authorities.find((authority) => isSignedBy(list, authority));
  if (signer === undefined)
    throw fileFault(
      file,
      `holds a revocation list of another authority (${list.issuerName}); it must be signed by one in the CA file`,
    );
  const { thisUpdate, nextUpdate } = list;
  if (thisUpdate > now)
    throw fileFault(file, `holds a revocation list that is not valid before ${iso(thisUpdate)}`);
  if (nextUpdate !== undefined && nextUpdate <= now)
    throw fileFault(
      file,
      `holds a revocation list that expired on ${iso(nextUpdate)}; every client certificate would be refused until it is renewed`,
    );
  return { list, signer };
}

/** What all lists say together. */
export interface RevokedCertificates {
  /** Both as in PeerCertificate. */
  readonly has: (issuer: string, serialNumber: string) => boolean;
}

/** Of several lists of an authority the newest decides, as with OpenSSL. */
export function revokedBy(lists: readonly RevocationList[]): RevokedCertificates {
  const newest = new Map<string, RevocationList>();
  for (const list of lists) {
    const other = newest.get(list.issuerName);
    if (other === undefined || other.thisUpdate < list.thisUpdate)
      newest.set(list.issuerName, list);
  }
  return {
    has: (issuer, serialNumber) => newest.get(issuer)?.serials.has(serialNumber) === true,
  };
}

export const iso = (date: Date): string => date.toISOString().replace('.000Z', 'Z');
