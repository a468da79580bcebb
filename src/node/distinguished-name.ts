/**
 * Distinguished names from DER to text (RFC 4514 escaping), in GnuTLS's words and in the order of the certificate:
 * the form that QEMU's access lists use. Used for peers' and our own certificates.
 */
import { toHex } from '../wire/hex.ts';
import { DerTag, derChildren, derOid, derText, expectTag, type DerElement } from './der.ts';

/** GnuTLS's names for attribute types; it shows others as numbers with the value in hexadecimal, and so do we. */
const attributeNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'surName'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'givenName'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'EMAIL'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionOfIncorporationLocalityName'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionOfIncorporationStateOrProvinceName'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionOfIncorporationCountryName'],
]);

/**
 * Escapes a value per RFC 4514 2.4. Control characters, and those that turn the direction of text, are escaped too, which
 * GnuTLS 3.7 omits: a CN of `evil<newline>CN=admin` must stay one line in a log and one name in a list.
 */
export function escapeDnValue(value: string): string {
  return value
    .replace(/[\\"+,;<>]|^[ #]| $/g, '\\$&')
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, hexPairs);
}

/** UTF-8 bytes, each as a backslash and two digits. */
const hexPairs = (text: string): string =>
  toHex(new TextEncoder().encode(text)).replace(/../g, '\\$&');

function formatAttribute(attribute: DerElement): string {
  const parts = derChildren(attribute, DerTag.Sequence);
  const oid = derOid(parts[0]);
  const value = expectTag(parts[1]);
  const name = attributeNames.get(oid);
  const text = name === undefined ? undefined : derText(value);
  return `${name ?? oid}=${text === undefined ? `#${toHex(value.raw)}` : escapeDnValue(text)}`;
}

/** A Name (RFC 5280 4.1.2.4) as text, in both orders. A set of attributes keeps its order and is joined by `+`. */
export function formatDistinguishedName(name: DerElement): {
  readonly inOrder: string;
  readonly reversed: string;
} {
  const parts = derChildren(name, DerTag.Sequence).map((set) =>
    derChildren(set, DerTag.Set).map(formatAttribute).join('+'),
  );
  return { inOrder: parts.join(','), reversed: parts.reverse().join(',') };
}
