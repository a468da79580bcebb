/**
 * Ends sessions whose client certificate is revoked while they last: TLS looks at the list only when somebody connects. Used
 * by `serve` when credentials are reloaded.
 */
import type { Logger } from '../core/logger.ts';
import type { ViewerInfo } from '../server/display.ts';
import type { VncServer } from '../server/server.ts';
import type { RevokedCertificates } from './revocation-list.ts';

export interface RevocationWatch {
  /** Ends those that it lists. Who is on the way in, past TLS by an older list, is looked at on arrival. */
  readonly update: (revoked: RevokedCertificates) => void;
}

/** Sessions that are ended in one turn of the event loop: closing TLS takes its time, and the others are not to wait for it. */
const SLICE = 16;

export function watchRevocations(server: VncServer, logger: Logger): RevocationWatch {
  let revoked: RevokedCertificates = { has: () => false };
  const isRevoked = ({ certificate }: ViewerInfo): boolean =>
    certificate !== undefined && revoked.has(certificate.issuer, certificate.serialNumber);
  const judge = (viewer: ViewerInfo): void => {
    const { id, address, certificate } = viewer;
    if (certificate === undefined || !isRevoked(viewer)) return;
    const { serialNumber, distinguishedName } = certificate;
    const reason = `its certificate has been revoked: ${distinguishedName}, serial number ${serialNumber}`;
    if (server.kick(id, reason))
      logger.warn('certificate revoked, session ended', {
        id,
        address,
        distinguishedName,
        serialNumber,
      });
  };
  const judgeFrom = (viewers: readonly ViewerInfo[], first: number): void => {
    const next = first + SLICE;
    for (const viewer of viewers.slice(first, next)) judge(viewer);
    if (next < viewers.length) setImmediate(() => judgeFrom(viewers, next));
  };
  server.events.on('initialized', judge);
  return {
    update: (now) => {
      revoked = now;
      judgeFrom(server.viewers.filter(isRevoked), 0);
    },
  };
}
