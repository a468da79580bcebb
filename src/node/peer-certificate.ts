/**
 * What a certificate says (RFC 5280), for name rules and logs: names in a safe form, fingerprint, serial. Used by the TLS
 * transport for peers, and when credential files are checked.
 */
import { createHash } from 'node:crypto';
import type { PeerCertificate } from '../security/tls-port.ts';
import { toHex } from '../wire/hex.ts';
import { DerTag, derChildren, derOid, expectTag, readDer, type DerElement } from './der.ts';
import { formatDistinguishedName } from './distinguished-name.ts';

export interface CertificateFields {
  readonly serial: DerElement;
  readonly issuer: DerElement;
  readonly validity: DerElement;
  readonly subject: DerElement;
  /** Value of each extension, by object identifier. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

const TAG_VERSION = 0xa0;
const TAG_EXTENSIONS = 0xa3;

/** The parts of a certificate that we read ourselves. Throws SecurityError (ERR_VNC_CERTIFICATE). */
export function readCertificate(der: Uint8Array): CertificateFields {
  const [tbs] = derChildren(readDer(der), DerTag.Sequence);
  const fields = derChildren(expectTag(tbs), DerTag.Sequence);
  if (fields[0]?.tag === TAG_VERSION) fields.shift();
  const [serial, , issuer, validity, subject] = fields;
  const extensions = new Map<string, Uint8Array>();
  const wrapper = fields.find((field) => field.tag === TAG_EXTENSIONS);
  const list = wrapper === undefined ? [] : derChildren(readDer(wrapper.content), DerTag.Sequence);
  for (const extension of list) {
    const parts = derChildren(extension, DerTag.Sequence);
    extensions.set(derOid(parts[0]), expectTag(parts.at(-1), DerTag.OctetString).content);
  }
  return {
    serial: expectTag(serial, DerTag.Integer),
    issuer: expectTag(issuer, DerTag.Sequence),
    validity: expectTag(validity, DerTag.Sequence),
    subject: expectTag(subject, DerTag.Sequence),
    extensions,
  };
}

/** Hexadecimal, upper case, without the zero byte that keeps it positive. */
export const serialText = ({ content }: DerElement): string =>
  toHex(content)
    .toUpperCase()
    .replace(/^00(?=.)/, '');

const OID_SUBJECT_ALT_NAME = '2.5.29.17';
const BACKSLASH = 0x5c;

/** GeneralName (RFC 5280 4.2.1.6), the four kinds that name rules know. What is not printable ASCII shows as `\\XX`. */
function formatGeneralName({ tag, content }: DerElement): string | undefined {
  const text = (): string =>
    Array.from(content, (byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== BACKSLASH
        ? String.fromCharCode(byte)
        : `\\${toHex(Uint8Array.of(byte))}`,
    ).join('');
  switch (tag & 0x1f) {
    case 1:
      return `email:${text()}`;
    case 2:
      return `DNS:${text()}`;
    case 6:
      return `URI:${text()}`;
    case 7:
      return `IP:${formatAddress(content)}`;
    default:
      return undefined;
  }
}

/** Dotted IPv4, IPv6 as RFC 5952 writes it, or the bytes of anything else. */
function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return `#${toHex(bytes)}`;
  const groups = toHex(bytes).match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/**
 * Describes a certificate that a peer sent. `verdict` is the TLS layer's: nothing is verified here.
 * Throws SecurityError (ERR_VNC_CERTIFICATE) on DER that cannot be read.
 */
export function describePeerCertificate(
  der: Uint8Array,
  verdict: { readonly verified: boolean; readonly fault?: string },
): PeerCertificate {
  const { subject, issuer, serial, extensions } = readCertificate(der);
  const { inOrder, reversed } = formatDistinguishedName(subject);
  const altNames = extensions.get(OID_SUBJECT_ALT_NAME);
  return {
    distinguishedName: inOrder,
    distinguishedNameReversed: reversed,
    subjectAltNames:
      altNames === undefined
        ? []
        : derChildren(readDer(altNames), DerTag.Sequence)
            .map(formatGeneralName)
            .filter((name) => name !== undefined),
    fingerprint256: createHash('sha256').update(der).digest('hex'),
    issuer: formatDistinguishedName(issuer).inOrder,
    serialNumber: serialText(serial),
    verified: verdict.verified,
    ...(verdict.fault === undefined ? {} : { fault: verdict.fault }),
  };
}
