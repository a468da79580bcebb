/** Which numbers of security types and sub-types are of which kind, for the doctor's probes and judgements. */
import { VeNCryptSubtype as Subtype } from '../../rfb/constants.ts';

/** TLS with a certificate; first those whose login needs least of us. */
export const x509Subtypes: readonly number[] = [
  Subtype.X509None,
  Subtype.X509Vnc,
  Subtype.X509Plain,
  Subtype.X509SASL,
];

export const anonymousSubtypes: readonly number[] = [
  Subtype.TLSNone,
  Subtype.TLSVnc,
  Subtype.TLSPlain,
  Subtype.TLSSASL,
];

/** Anonymous TLS from before VeNCrypt: vino, x11vnc's ANONTLS. */
export const OLD_TLS_TYPE = 18;

/** RA2 and RA2_256. */
export const rsaAesTypes: readonly number[] = [5, 129];

/** Types that prove the viewer in ways of their own (or in none), and then go on in clear. */
export const clearLoginTypes: readonly number[] = [6, 16, 17, 20, 22, 30, 113, 130];

export const isX509 = (subtype: number): boolean => x509Subtypes.includes(subtype);
export const isAnonymous = (subtype: number): boolean => anonymousSubtypes.includes(subtype);
