/** What is told of a viewer, made from what its handshake established. */
import type { ServerEstablished } from '../handshake/established.ts';
import type { Peer } from '../security/identity.ts';
import type { ViewerInfo } from './display.ts';

export function viewerInfo(id: number, peer: Peer, established: ServerEstablished): ViewerInfo {
  const { identity, security, version } = established;
  const { tlsInfo } = security;
  const distinguishedName = identity.distinguishedName ?? verifiedName(tlsInfo?.peerCertificate);
  return {
    id,
    address: peer.address,
    name: identity.name,
    version,
    security: security.name,
    ...(tlsInfo === undefined ? {} : { tls: `${tlsInfo.protocol} ${tlsInfo.cipher}` }),
    ...(distinguishedName === undefined ? {} : { distinguishedName }),
    ...(peer.websocket === true ? { websocket: true } : {}),
    rights: identity.rights,
  };
}

/** A name in a certificate that was not verified is a mere claim. */
const verifiedName = (
  certificate: { readonly verified: boolean; readonly distinguishedName: string } | undefined,
): string | undefined =>
  certificate?.verified === true ? certificate.distinguishedName : undefined;
