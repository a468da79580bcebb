/**
 * What may be offered or accepted, and in which order. Names are those that viewers use on their command lines
 * (TigerVNC's SecurityTypes): `None`, `VncAuth`, `Plain`, `TLSNone`, … `X509Plain`, `X509SASL`. Both ends read their lists here.
 */
import { SecurityTypeNumber, VeNCryptSubtype } from '../rfb/constants.ts';
import type { Peer } from './identity.ts';
import { none } from './none.ts';
import type { TlsAcceptor, TlsLayer } from './tls-port.ts';
import { vencryptSubtypes, type Subtype } from './vencrypt-subtypes.ts';
import { vncAuth } from './vnc-auth.ts';

/** Security types (RFB 7.1.2) and VeNCrypt sub-types, each in order, best first. Both lists hold numbers. */
export interface SecurityOffer {
  readonly types: readonly number[];
  /** Used when VeNCrypt is among the types. */
  readonly subtypes: readonly number[];
}

/** The types without TLS, strongest first. */
const bareTypes = [vncAuth, none];

/** Names that a list may have, strongest first. */
export const securityNames: readonly string[] = [
  ...Array.from(vencryptSubtypes.values(), (subtype) => subtype.name),
  ...bareTypes.map((type) => type.name),
];

/**
 * Reads `X509Plain,X509Vnc,VncAuth`: names in any case, separated by commas; the order has no meaning, because the
 * strongest always goes first. Throws TypeError, in one sentence, for an empty list, and for a name that is unknown or
 * there twice.
 */
export function parseSecurityList(text: string): SecurityOffer {
  const types = new Set<number>();
  const subtypes = new Set<number>();
  for (const item of text.split(',')) {
    const word = item.trim();
    if (word === '') {
      throw new TypeError(
        `a security list names one type or more, with commas between: ${known()}`,
      );
    }
    const lower = word.toLowerCase();
    const type = bareTypes.find(({ name }) => name.toLowerCase() === lower);
    const subtype = Array.from(vencryptSubtypes.values()).find(
      ({ name }) => name.toLowerCase() === lower,
    );
    const [set, found] = type === undefined ? [subtypes, subtype] : [types, type];
    if (found === undefined) {
      throw new TypeError(`unknown security type ${JSON.stringify(word)}; known are ${known()}`);
    }
    if (set.has(found.number)) {
      throw new TypeError(`security type ${found.name} is in the list twice`);
    }
    set.add(found.number);
  }
  if (subtypes.size > 0) types.add(SecurityTypeNumber.VeNCrypt);
  return orderOffer({ types: Array.from(types), subtypes: Array.from(subtypes) });
}

const known = (): string => securityNames.join(', ');

/**
 * Strongest first, since TigerVNC, libvncclient and noVNC take the first that they know: `None` before VeNCrypt means no
 * TLS at all. VeNCrypt that has nothing but clear text inside goes last.
 */
export function orderOffer(offer: SecurityOffer): SecurityOffer {
  const subtypes = Array.from(vencryptSubtypes.keys()).filter((n) => offer.subtypes.includes(n));
  const encrypts = subtypes.some((number) => number !== VeNCryptSubtype.Plain);
  const bare = bareTypes.map((type) => type.number);
  const order = encrypts
    ? [SecurityTypeNumber.VeNCrypt, ...bare]
    : [...bare, SecurityTypeNumber.VeNCrypt];
  return { types: order.filter((number) => offer.types.includes(number)), subtypes };
}

/**
 * What is offered where TLS is around the whole connection already, as in wss: what stands inside the X.509 sub-types but
 * for SASL, which no browser speaks, and the bare types. noVNC knows just these: None, VncAuth and VeNCrypt with nothing but Plain.
 */
export function offerInsideTls(offer: SecurityOffer): SecurityOffer {
  const inner = new Set(offer.types.filter((type) => type !== SecurityTypeNumber.VeNCrypt));
  let plain = offersPlain(offer);
  for (const { number, layer, inner: type } of vencryptSubtypes.values()) {
    if (layer !== 'x509' || !offer.subtypes.includes(number)) continue;
    if (type.number === VeNCryptSubtype.Plain) plain = true;
    else inner.add(type.number);
  }
  const bare = bareTypes.map((type) => type.number).filter((number) => inner.has(number));
  return plain
    ? { types: [SecurityTypeNumber.VeNCrypt, ...bare], subtypes: [VeNCryptSubtype.Plain] }
    : { types: bare, subtypes: [] };
}

/** Whether a way in is among those offered to this peer. */
export function isOffered(
  offer: SecurityOffer,
  { type, subtype }: { readonly type: number; readonly subtype?: number },
  peer: Pick<Peer, 'tls'>,
): boolean {
  const { types, subtypes } = peer.tls === undefined ? offer : offerInsideTls(offer);
  return types.includes(type) && (subtype === undefined || subtypes.includes(subtype));
}

/** What a person has to name to be let do it. */
export type InsecureName = 'none' | 'vnc' | 'plain';

export interface PolicyCircumstances {
  /** Only this machine can connect: loopback and unix sockets. */
  readonly local: boolean;
  /** What was asked for by name, although it is weak. */
  readonly allowInsecure: ReadonlySet<InsecureName>;
  /** Layers for which there are credentials; empty on a runtime without TLS. */
  readonly tlsLayers: ReadonlySet<TlsLayer>;
  /** Whether viewers must bring certificates. Default `off`. */
  readonly verifyClient?: TlsAcceptor['verifyClient'];
}

/** Why a server must not start with this offer, a sentence each; empty when it may. */
export function policyFaults(offer: SecurityOffer, circumstances: PolicyCircumstances): string[] {
  const { local, allowInsecure, tlsLayers, verifyClient = 'off' } = circumstances;
  const faults: string[] = [];
  if (offer.types.length === 0) faults.push('no security type is offered');
  const protections = describeProtection(offer);
  if (offer.types.includes(SecurityTypeNumber.VeNCrypt) && offer.subtypes.length === 0) {
    faults.push('VeNCrypt is offered without any sub-type');
  }

  for (const { name, layer, viewerProvenBy } of protections) {
    if (layer !== 'clear' && !tlsLayers.has(layer)) {
      faults.push(
        layer === 'x509'
          ? `${name} needs a server certificate and its key, and there are none`
          : `${name} needs anonymous TLS, which is not available here`,
      );
    }
    if (verifyClient === 'require' && layer !== 'x509') {
      faults.push(
        layer === 'clear'
          ? `${name} lets viewers in without the certificate that is required of them`
          : `${name} has no certificates, and one is required of viewers`,
      );
    }
    const certificateProves = verifyClient === 'require' && layer === 'x509';
    if (
      viewerProvenBy === 'nothing' &&
      !certificateProves &&
      !local &&
      !allowInsecure.has('none')
    ) {
      faults.push(`${name} lets anyone in who can connect, and not only from this machine`);
    }
  }

  if (offer.types.includes(SecurityTypeNumber.VncAuth) && !local && !allowInsecure.has('vnc')) {
    faults.push('VncAuth without TLS is open to anyone who listens in, off this machine');
  }
  if (offersPlain(offer)) {
    if (!local) {
      faults.push('Plain sends the password in clear text, which is never done off this machine');
    } else if (!allowInsecure.has('plain')) {
      faults.push('Plain sends the password in clear text, which has to be asked for by name');
    }
  }
  return faults;
}

const offersPlain = (offer: SecurityOffer): boolean =>
  offer.types.includes(SecurityTypeNumber.VeNCrypt) &&
  offer.subtypes.includes(VeNCryptSubtype.Plain);

/** One way in, and what it is worth. */
export interface Protection {
  readonly name: string;
  readonly layer: Subtype['layer'];
  readonly encrypted: boolean;
  /** Whether the viewer can know who answers. */
  readonly serverProven: boolean;
  /** Client certificates come on top, where `layer` is x509. */
  readonly viewerProvenBy: 'nothing' | 'a password of 1 to 8 bytes' | 'user name and password';
}

/** A row for each way in, strongest first: for tables in the command line and in the documentation. */
export function describeProtection(offer: SecurityOffer): Protection[] {
  const { types, subtypes } = orderOffer(offer);
  return types.flatMap((number): Protection[] => {
    if (number === SecurityTypeNumber.VeNCrypt) {
      return Array.from(vencryptSubtypes.values())
        .filter((subtype) => subtypes.includes(subtype.number))
        .map(({ name, layer, inner }) => protection(name, layer, inner.number));
    }
    const type = bareTypes.find((bare) => bare.number === number);
    return type === undefined ? [] : [protection(type.name, 'clear', type.number)];
  });
}

function protection(name: string, layer: Subtype['layer'], inner: number): Protection {
  return {
    name,
    layer,
    encrypted: layer !== 'clear',
    serverProven: layer === 'x509',
    viewerProvenBy:
      inner === none.number
        ? 'nothing'
        : inner === vncAuth.number
          ? 'a password of 1 to 8 bytes'
          : 'user name and password',
  };
}
