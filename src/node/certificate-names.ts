/** Who a new certificate is for: subjects from text, host names and addresses. Used by the certificate authority. */
// The package asks for it, whoever is first to load it.
import 'reflect-metadata';
import { isIP } from 'node:net';
import { Name, SubjectAlternativeNameExtension, type JsonAttributeObject } from '@peculiar/x509';
import { readNameAttributes } from '../access/dn-pattern.ts';

const attributeOids: ReadonlyMap<string, string> = new Map([
  ['CN', '2.5.4.3'],
  ['SURNAME', '2.5.4.4'],
  ['SERIALNUMBER', '2.5.4.5'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['STREET', '2.5.4.9'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['TITLE', '2.5.4.12'],
  ['GIVENNAME', '2.5.4.42'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['EMAIL', '1.2.840.113549.1.9.1'],
]);

/** RFC 5280 appendix A wants these alphabets; everything else is UTF-8. */
const printableTypes = new Set(['C', 'SERIALNUMBER']);
const ia5Types = new Set(['DC', 'EMAIL']);

/**
 * `C=GB,O=Lab,CN=alice` to a Name in that order. The package's own reader of strings is not used: it takes what stands
 * between quotes inside a value for the value. Throws TypeError.
 */
export function nameFrom(subject: string): Name {
  const parts = readNameAttributes(subject).map(({ type, value, hex }) => {
    const oid = attributeOids.get(type);
    if (oid === undefined || hex)
      throw new TypeError(
        `subject "${subject}": ${type} is none of ${[...attributeOids.keys()].join(' ')}`,
      );
    if (value === '') throw new TypeError(`subject "${subject}": ${type} is empty`);
    const text: JsonAttributeObject = printableTypes.has(type)
      ? { printableString: value }
      : ia5Types.has(type)
        ? { ia5String: value }
        : { utf8String: value };
    return { [oid]: [text] };
  });
  return new Name(parts);
}

/** A host's names and addresses, each once; `[::1]` loses its brackets and `fe80::1%eth0` its zone. Throws TypeError. */
export function altNamesOf(names: readonly string[]): SubjectAlternativeNameExtension {
  const plain = names.map((name) => name.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, ''));
  return new SubjectAlternativeNameExtension(
    [...new Set(plain)].map((value) => {
      if (isIP(value) !== 0) return { type: 'ip', value };
      if (!/^(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(value) || value.length > 253)
        throw new TypeError(`"${value}" is neither a host name nor an IP address`);
      return { type: 'dns', value };
    }),
  );
}
