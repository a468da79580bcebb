/** Addresses and security types in QEMU's words: host, service, family; `vencrypt+x509+vnc`. */
import { isIPv6 } from 'node:net';
import { plainHost, type Address } from '../node/address.ts';
import type { Serving } from '../node/serve.ts';
import type { Peer } from '../security/identity.ts';
import { describeProtection, offerInsideTls, type SecurityOffer } from '../security/policy.ts';

export interface Endpoint {
  readonly host: string;
  /** Port, or path. */
  readonly service: string;
  readonly family: 'ipv4' | 'ipv6' | 'unix' | 'unknown';
  readonly websocket: boolean;
}

export function listenerEndpoint(address: Address): Endpoint {
  if (address.kind === 'unix')
    return { host: '', service: address.path, family: 'unix', websocket: false };
  return {
    host: address.host,
    service: String(address.port),
    family: isIPv6(address.host) ? 'ipv6' : 'ipv4',
    websocket: false,
  };
}

export const webSocketEndpoint = (address: Address): Endpoint => ({
  ...listenerEndpoint(address),
  websocket: true,
});

/** As QEMU tells it, a client on a unix socket has neither host nor service. */
export function peerEndpoint(peer: Peer): Endpoint {
  const websocket = peer.websocket === true;
  if (peer.host === '') return { host: '', service: '', family: 'unix', websocket };
  const host = plainHost(peer.host);
  const service = /:(\d+)$/.exec(peer.address)?.[1] ?? '';
  const family = service === '' ? 'unknown' : isIPv6(host) ? 'ipv6' : 'ipv4';
  return { host, service, family, websocket };
}

export interface AuthWords {
  /** One word: `none`, `vnc`, `vencrypt`. */
  readonly auth: string;
  /** `x509-vnc`; undefined without VeNCrypt. */
  readonly vencrypt?: string;
  /** Both in one: `vencrypt+x509+vnc`. */
  readonly name: string;
}

/** Which types browsers meet: those inside TLS where that is around the WebSocket, as QEMU tells it, too. */
export const webSocketOffer = ({
  offer,
  websocketTls,
}: Pick<Serving, 'offer' | 'websocketTls'>): SecurityOffer =>
  websocketTls ? offerInsideTls(offer) : offer;

/** Of the strongest type on offer: QEMU only ever has one, and so its protocol has room for one. */
export function strongestAuth(offer: SecurityOffer): AuthWords {
  const [strongest] = describeProtection(offer);
  return authWords(strongest?.name ?? 'None');
}

function authWords(name: string): AuthWords {
  const [, layer, inner] = /^(X509|TLS|)(None|Vnc|Plain|SASL)$/.exec(name) ?? [];
  const how = inner?.toLowerCase();
  if (how !== undefined && layer !== undefined && layer !== '') {
    const within = layer.toLowerCase();
    return { auth: 'vencrypt', vencrypt: `${within}-${how}`, name: `vencrypt+${within}+${how}` };
  }
  if (how === 'plain') return { auth: 'vencrypt', vencrypt: 'plain', name: 'vencrypt+plain' };
  const word = name === 'VncAuth' ? 'vnc' : name.toLowerCase();
  return { auth: word, name: word };
}
