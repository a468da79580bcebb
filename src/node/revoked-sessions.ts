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

export function watchRevocations(server: VncServer, logger: Logger): RevocationWatch {
  let revoked: RevokedCertificates = { has: () => false };
  const judge = ({ id, address, certificate }: ViewerInfo): void => {
    if (certificate === undefined) return;
    const { issuer, serialNumber, distinguishedName } = certificate;
    if (!revoked.has(issuer, serialNumber)) return;
    const reason = `its certificate has been revoked: ${distinguishedName}, serial number ${serialNumber}`;
    if (server.kick(id, reason))
      logger.warn('certificate revoked, session ended', {
        id,
        address,
        distinguishedName,
        serialNumber,
      });
  };
  server.events.on('initialized', judge);
  return {
    update: (now) => {
      revoked = now;
      for (const viewer of server.viewers) judge(viewer);
    },
  };
}
