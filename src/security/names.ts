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

/** `X509Plain and VncAuth`, `nothing`. */
export function securityTypeNames(numbers: readonly number[]): string {
  const words = numbers.map(securityTypeName);
  const last = words.pop();
  if (last === undefined) return 'nothing';
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`;
}
