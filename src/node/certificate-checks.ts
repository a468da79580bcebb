/**
 * What can be known to be wrong with our own certificates before a peer finds out. OpenSSL loads all of these without a
 * word and then fails in every handshake. Used when credential files are loaded.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { SecurityError } from '../core/errors.ts';
import { DerTag, derChildren, derOid, derTime, readDer } from './der.ts';
import { formatDistinguishedName } from './distinguished-name.ts';
import { fileFault, type PemBlock } from './pem.ts';
import { readCertificate, type CertificateFields } from './peer-certificate.ts';
import { iso } from './revocation-list.ts';

export type CertificatePurpose = 'server' | 'client';

export interface CheckedCertificate {
  readonly x509: X509Certificate;
  readonly fields: CertificateFields;
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Parses a block with OpenSSL and with our own reader. */
export function openCertificate(block: PemBlock, file: string): CheckedCertificate {
  try {
    const fields = readCertificate(block.der);
    const [notBefore, notAfter] = derChildren(fields.validity).map(derTime);
    if (notBefore === undefined || notAfter === undefined) throw new TypeError('no dates');
    const name = formatDistinguishedName(fields.subject).inOrder;
    return { x509: new X509Certificate(block.text), fields, name, notBefore, notAfter };
  } catch (cause) {
    throw fileFault(
      file,
      'holds a certificate that cannot be parsed; issue or copy it again',
      cause,
    );
  }
}

/** Of one certificate; undefined when `now` is between its dates. */
export function dateFault(
  { notBefore, notAfter, name }: CheckedCertificate,
  now: Date,
): string | undefined {
  const subject = `a certificate (${name}) that`;
  if (now > notAfter) return `holds ${subject} expired on ${iso(notAfter)}; a new one is needed`;
  if (now < notBefore)
    return `holds ${subject} is not valid before ${iso(notBefore)}; is this machine's clock right?`;
  return undefined;
}

const OID_KEY_USAGE = '2.5.29.15';
const OID_EXTENDED_KEY_USAGE = '2.5.29.37';
const OID_ANY_USAGE = '2.5.29.37.0';
const purposes = {
  server: { oid: '1.3.6.1.5.5.7.3.1', name: 'serverAuth' },
  client: { oid: '1.3.6.1.5.5.7.3.2', name: 'clientAuth' },
} as const;
const DIGITAL_SIGNATURE = 0x80;
const MIN_RSA_BITS = 2048;

/** Of the certificate that we show to peers: dates, kind, purpose and strength. Each continues a sentence about its file. */
export function leafFaults(
  leaf: CheckedCertificate,
  purpose: CertificatePurpose,
  now: Date,
): string[] {
  const { x509, fields, name } = leaf;
  const faults: string[] = [];
  const date = dateFault(leaf, now);
  if (date !== undefined) faults.push(date);
  if (x509.ca)
    faults.push(
      `holds the certificate of an authority (${name}); its first must be the ${purpose}'s own, with CA:FALSE`,
    );
  const usage = fields.extensions.get(OID_EXTENDED_KEY_USAGE);
  const oids = usage === undefined ? [OID_ANY_USAGE] : derChildren(readDer(usage)).map(derOid);
  const wanted = purposes[purpose];
  if (!oids.includes(wanted.oid) && !oids.includes(OID_ANY_USAGE))
    faults.push(
      `holds a certificate (${name}) whose extended key usage lacks ${wanted.name}; it cannot be a ${purpose}'s`,
    );
  const keyUsage = fields.extensions.get(OID_KEY_USAGE);
  const bits =
    keyUsage === undefined ? 0xff : (readDer(keyUsage, DerTag.BitString).content[1] ?? 0);
  if ((bits & DIGITAL_SIGNATURE) === 0)
    faults.push(
      `holds a certificate (${name}) whose key usage lacks digitalSignature; today's TLS always signs`,
    );
  const { modulusLength } = x509.publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS)
    faults.push(
      `holds a certificate (${name}) with an RSA key of ${modulusLength} bits; viewers refuse less than ${MIN_RSA_BITS}`,
    );
  return faults;
}

/** Throws for the first of those faults. */
export function checkLeaf(
  leaf: CheckedCertificate,
  purpose: CertificatePurpose,
  file: string,
  now: Date,
): void {
  const [fault] = leafFaults(leaf, purpose, now);
  if (fault !== undefined) throw fileFault(file, fault);
}

/** Whether a viewer that connects to this name or address takes the certificate: alternative names only, as today's do. */
export const covers = ({ x509 }: CheckedCertificate, host: string): boolean =>
  (isIP(host) === 0 ? x509.checkHost(host, { subject: 'never' }) : x509.checkIP(host)) !==
  undefined;

const issued = (issuer: CheckedCertificate, subject: CheckedCertificate): boolean =>
  subject.x509.checkIssued(issuer.x509) && subject.x509.verify(issuer.x509.publicKey);

/** More steps than any chain has, and an end for two authorities that signed each other. */
const MAX_DEPTH = 10;

/**
 * Follows the issuers from our certificate to a self-signed authority of the CA file. Intermediates may stand in either
 * file; OpenSSL trusts none of them without the root. Returns what is wrong.
 */
export function chainFault(
  chain: readonly CheckedCertificate[],
  authorities: readonly CheckedCertificate[],
  files: { readonly cert: string; readonly ca: string },
  now: Date,
): SecurityError | undefined {
  let current = chain[0];
  for (let depth = 0; current !== undefined && depth < MAX_DEPTH; depth++) {
    const subject: CheckedCertificate = current;
    const trusted = authorities.find((authority) => issued(authority, subject));
    const issuer = trusted ?? chain.find((other) => other !== subject && issued(other, subject));
    if (issuer === undefined) {
      const { inOrder } = formatDistinguishedName(subject.fields.issuer);
      return fileFault(
        files.cert,
        `holds a certificate that does not lead to ${files.ca}: the issuer of ${subject.name}, which is ${inOrder}, is not there or has another key`,
      );
    }
    const fault = dateFault(issuer, now);
    if (fault !== undefined) return fileFault(trusted === undefined ? files.cert : files.ca, fault);
    if (trusted !== undefined && issued(trusted, trusted)) return undefined;
    current = issuer;
  }
  return fileFault(files.cert, `holds a chain that does not end at a root in ${files.ca}`);
}
