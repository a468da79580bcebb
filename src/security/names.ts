/** Security types and sub-types in words, for error messages: those that we speak, and those that others do. */
import { SecurityTypeNumber, VeNCryptSubtype } from '../rfb/constants.ts';

const names = new Map<number, string>([
  ...[...Object.entries(SecurityTypeNumber), ...Object.entries(VeNCryptSubtype)].map(
    ([name, number]): [number, string] => [number, name],
  ),
  [5, 'RA2'],
  [6, 'RA2ne'],
  [16, 'Tight'],
  [17, 'Ultra'],
  [18, 'TLS'],
  [20, 'SASL'],
  [22, 'XVP'],
  [30, 'ARD'],
  [113, 'MSLogonII'],
  [129, 'RA2_256'],
  [130, 'RA2ne_256'],
]);

/** `VncAuth`, or `type 77`. Types have one byte and sub-types start at 256, so one number names either. */
export const securityTypeName = (number: number): string => names.get(number) ?? `type ${number}`;

/** What a name does not tell by itself, in words. */
const words = new Map<number, string>([
  [SecurityTypeNumber.None, 'no authentication'],
  [SecurityTypeNumber.VncAuth, 'VNC authentication'],
  [5, 'RSA-AES'],
  [6, 'RSA-AES for the login alone'],
  [18, 'anonymous TLS of old'],
  [30, 'Apple Remote Desktop'],
  [113, 'Microsoft logon'],
  [129, 'RSA-AES 256'],
  [130, 'RSA-AES 256 for the login alone'],
  [VeNCryptSubtype.Plain, 'user name and password in clear text'],
]);

/** `VNC authentication (VncAuth, 2)`, `X509Plain (262)`, `type 77`: for whoever has to compare two lists. */
function describeSecurityType(number: number): string {
  const name = names.get(number);
  if (name === undefined) return securityTypeName(number);
  const meaning = words.get(number);
  return meaning === undefined ? `${name} (${number})` : `${meaning} (${name}, ${number})`;
}

/** `X509Plain and VncAuth`, `nothing`. */
export const securityTypeNames = (numbers: readonly number[]): string =>
  listed(numbers.map(securityTypeName));

/** The same with numbers and meanings. */
export const describeSecurityTypes = (numbers: readonly number[]): string =>
  listed(numbers.map(describeSecurityType));

function listed(items: string[]): string {
  const last = items.pop();
  if (last === undefined) return 'nothing';
  return items.length === 0 ? last : `${items.join(', ')} and ${last}`;
}

/** What to do about two lists with nothing in common, given what of the server's is spoken here. */
export function cureForTypes(spoken: readonly number[]): string {
  const better = 'have the server offer a type that is allowed here';
  if (spoken.length === 0) return better;
  // VeNCrypt is no name for a list: its sub-types are.
  const wanted = listed(
    spoken.map((number) =>
      number === SecurityTypeNumber.VeNCrypt ? "VeNCrypt's X509 types" : securityTypeName(number),
    ),
  );
  return `${better}, or allow ${wanted} if that is safe enough on this network`;
}
