/**
 * What may be offered or accepted, and in which order. Names are those that viewers use on their command lines
 * (TigerVNC's SecurityTypes): `None`, `VncAuth`, `Plain`, `TLSNone`, … `X509Plain`.
 */

/** Security types (RFB 7.1.2) and VeNCrypt sub-types, each in order, best first. Both lists hold numbers. */
export interface SecurityOffer {
  readonly types: readonly number[];
  /** Used when VeNCrypt is among the types. */
  readonly subtypes: readonly number[];
}
