/** What is told of a viewer, made from what its handshake established. */
import type { ServerEstablished } from '../handshake/established.ts';
import type { Peer } from '../security/identity.ts';
import type { PeerCertificate } from '../security/tls-port.ts';
import type { ViewerInfo } from './display.ts';

export function viewerInfo(id: number, peer: Peer, established: ServerEstablished): ViewerInfo {
  const { identity, security, version } = established;
  const { tlsInfo } = security;
  const certificate = verified(tlsInfo?.peerCertificate);
  const distinguishedName = identity.distinguishedName ?? certificate?.distinguishedName;
  return {
    id,
    address: peer.address,
    name: identity.name,
    version,
    security: security.name,
    ...(tlsInfo === undefined ? {} : { tls: `${tlsInfo.protocol} ${tlsInfo.cipher}` }),
    ...(distinguishedName === undefined ? {} : { distinguishedName }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(peer.websocket === true ? { websocket: true } : {}),
    rights: identity.rights,
  };
}

/** What stands in a certificate that was not verified is a mere claim. */
const verified = (certificate: PeerCertificate | undefined): PeerCertificate | undefined =>
  certificate?.verified === true ? certificate : undefined;
