/** All that a certificate says, in the words that people and other programs use for it. Used by the commands about certificates. */
import type { KeyObject } from 'node:crypto';
import { ruleForName } from '../access/name-rules.ts';
import type { CheckedCertificate } from './certificate-checks.ts';
import { formatDistinguishedName } from './distinguished-name.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { iso } from './revocation-list.ts';

export interface CertificateDescription {
  readonly kind: string;
  /** In the order of the certificate: QEMU's and GnuTLS's form, and that of name rules. */
  readonly subject: string;
  /** The other way round: RFC 4514's form, and `certtool -i`'s. */
  readonly subjectReversed: string;
  readonly issuer: string;
  readonly subjectAltNames: readonly string[];
  readonly serialNumber: string;
  /** SHA-256, upper case with colons. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly keyType: string;
  /** The rule that lets exactly this name in. */
  readonly allowName: string;
}

const usages: ReadonlyArray<readonly [oid: string, kind: string]> = [
  ['1.3.6.1.5.5.7.3.1', 'server'],
  ['1.3.6.1.5.5.7.3.2', 'client'],
];

export function describeCertificate(certificate: CheckedCertificate): CertificateDescription {
  const { x509, fields, notBefore, notAfter } = certificate;
  const described = describePeerCertificate(x509.raw, { verified: true });
  const kinds = usages.filter(([oid]) => x509.keyUsage?.includes(oid)).map(([, kind]) => kind);
  return {
    kind: x509.ca ? 'authority' : kinds.join(' and ') || 'any purpose',
    subject: described.distinguishedName,
    subjectReversed: described.distinguishedNameReversed,
    issuer: formatDistinguishedName(fields.issuer).inOrder,
    subjectAltNames: described.subjectAltNames,
    serialNumber: described.serialNumber,
    fingerprint: withColons(described.fingerprint256),
    notBefore: iso(notBefore),
    notAfter: iso(notAfter),
    keyType: keyTypeInWords(x509.publicKey),
    allowName: ruleForName(described.distinguishedName),
  };
}

export const withColons = (hex: string): string => (hex.toUpperCase().match(/../g) ?? []).join(':');

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** `P-256`, `RSA 3072`, `Ed25519`; OpenSSL's name for others. */
export function keyTypeInWords(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return `RSA ${modulusLength ?? 0}`;
    case 'ec':
      return curves[namedCurve ?? ''] ?? namedCurve ?? 'EC';
    case 'ed25519':
      return 'Ed25519';
    default:
      return key.asymmetricKeyType ?? 'unknown';
  }
}
