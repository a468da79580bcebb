/**
 * VeNCrypt's sub-types are data: a layer of protection, and what happens inside it. Adding one is one line.
 * @rfb vencrypt-subtype 256 Plain | clear text: only on loopback, and asked for by name
 * @rfb vencrypt-subtype 257 TLSNone | anonymous TLS: encrypted, but with no proof of who answers
 * @rfb vencrypt-subtype 258 TLSVnc | anonymous TLS: encrypted, but with no proof of who answers
 * @rfb vencrypt-subtype 259 TLSPlain | anonymous TLS: encrypted, but with no proof of who answers
 * @rfb vencrypt-subtype 260 X509None | the server proves itself; a client certificate can be required
 * @rfb vencrypt-subtype 261 X509Vnc | the server proves itself; a client certificate can be required
 * @rfb vencrypt-subtype 262 X509Plain | the server proves itself; a client certificate can be required
 * @rfb vencrypt-subtype 263 X509SASL | client: SCRAM with SHA-512, SHA-256 or SHA-1, and PLAIN; server: PLAIN, when named
 * @rfb vencrypt-subtype 264 TLSSASL | the same over anonymous TLS, with no proof of who answers
 */
import { VeNCryptSubtype } from '../rfb/constants.ts';
import { none } from './none.ts';
import { plain } from './plain.ts';
import { sasl } from './sasl.ts';
import type { SecurityType } from './security-type.ts';
import type { TlsLayer } from './tls-port.ts';
import { vncAuth } from './vnc-auth.ts';

export interface Subtype {
  readonly number: number;
  /** As TigerVNC's SecurityTypes option has it. */
  readonly name: string;
  readonly layer: 'clear' | TlsLayer;
  /** The exchange inside the layer. */
  readonly inner: SecurityType;
}

const table: readonly Subtype[] = [
  { number: VeNCryptSubtype.X509Plain, name: 'X509Plain', layer: 'x509', inner: plain },
  { number: VeNCryptSubtype.X509SASL, name: 'X509SASL', layer: 'x509', inner: sasl },
  { number: VeNCryptSubtype.X509Vnc, name: 'X509Vnc', layer: 'x509', inner: vncAuth },
  { number: VeNCryptSubtype.X509None, name: 'X509None', layer: 'x509', inner: none },
  { number: VeNCryptSubtype.TLSPlain, name: 'TLSPlain', layer: 'anonymous', inner: plain },
  { number: VeNCryptSubtype.TLSSASL, name: 'TLSSASL', layer: 'anonymous', inner: sasl },
  { number: VeNCryptSubtype.TLSVnc, name: 'TLSVnc', layer: 'anonymous', inner: vncAuth },
  { number: VeNCryptSubtype.TLSNone, name: 'TLSNone', layer: 'anonymous', inner: none },
  { number: VeNCryptSubtype.Plain, name: 'Plain', layer: 'clear', inner: plain },
];

/** By number, strongest first: the order in which they are offered. */
export const vencryptSubtypes: ReadonlyMap<number, Subtype> = new Map(
  table.map((subtype) => [subtype.number, subtype]),
);
