/**
 * A server's half of TLS, kept current: credentials from where the options say, the acceptor that shows them, what
 * reloads.
 */
import { silentLogger, type Logger } from '../core/logger.ts';
import type { VncServer } from '../server/server.ts';
import { openCredentialStore, type CredentialStore } from './credential-store.ts';
import type { DhGroup } from './ffdhe.ts';
import type { Reloadable } from './reload.ts';
import { watchRevocations, type RevocationWatch } from './revoked-sessions.ts';
import { createTlsAcceptor, type NodeTlsAcceptor } from './tls-acceptor.ts';
import type { TlsCredentials, TlsVersion } from './tls-context.ts';

/** Certificates of a server, and what it asks of its viewers'. */
export interface ServeTls {
  /**
   * A directory with server-cert.pem, server-key.pem, ca-cert.pem and ca-crl.pem, or in another layout of docs/reload.md.
   * It is watched: what is new there is used for new connections.
   */
  readonly dir?: string;
  /** File with the password of encrypted keys in `dir`. */
  readonly keyPasswordFile?: string;
  /** In place of a directory: PEM texts, which stay, or a store, which stays its owner's to close. */
  readonly credentials?: TlsCredentials | CredentialStore;
  /** Ends sessions whose client certificate a new revocation list names. Default true. */
  readonly disconnectRevoked?: boolean;
  /** Default TLSv1.2: TigerVNC before 1.13 hangs on 1.3. */
  readonly maxVersion?: TlsVersion;
  /** Of the anonymous sub-types. Default ffdhe2048. */
  readonly dhGroup?: DhGroup;
  /** Default `off`. */
  readonly verifyClient?: NodeTlsAcceptor['verifyClient'];
}

export interface ServerTls {
  /** Of layers that are not on offer, too: the offer can change while the server runs. */
  readonly acceptor: NodeTlsAcceptor;
  readonly reloadables: readonly Reloadable[];
  /** From now on revocations end this server's sessions. Called once, when there is a server. */
  readonly follow: (server: VncServer, logger?: Logger) => void;
  readonly close: () => void;
}

/** Rejects with SecurityError (ERR_VNC_TLS_CONFIGURATION) for unusable credentials. */
export async function openServerTls(
  tls: ServeTls,
  logger: Logger = silentLogger,
): Promise<ServerTls> {
  const { credentials, verifyClient = 'off' } = tls;
  const given = credentials !== undefined && 'attach' in credentials ? credentials : undefined;
  const texts = credentials !== undefined && 'attach' in credentials ? undefined : credentials;
  const own = credentials === undefined ? await ownStore(tls, logger) : undefined;
  const store = given ?? own;
  try {
    const acceptor = createTlsAcceptor({
      ...(texts === undefined ? {} : { x509: texts }),
      anonymous: { group: tls.dhGroup ?? 'ffdhe2048' },
      verifyClient,
      ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    });
    let revocations: RevocationWatch | undefined;
    const detach = store?.attach((current) => {
      acceptor.setCredentials(current);
      revocations?.update(current.revoked);
    });
    return {
      acceptor,
      reloadables: store === undefined ? [] : [store],
      follow: (server, log = silentLogger) => {
        if (store === undefined || tls.disconnectRevoked === false) return;
        revocations = watchRevocations(server, log);
        revocations.update(store.current.revoked);
      },
      close: () => {
        detach?.();
        own?.close();
      },
    };
  } catch (error) {
    own?.close();
    throw error;
  }
}

async function ownStore(
  { dir, keyPasswordFile, verifyClient = 'off' }: ServeTls,
  logger: Logger,
): Promise<CredentialStore | undefined> {
  if (dir === undefined) return undefined;
  const store = await openCredentialStore(
    { dir },
    {
      needCa: verifyClient !== 'off',
      logger,
      ...(keyPasswordFile === undefined ? {} : { keyPasswordFile }),
    },
  );
  for (const warning of store.current.warnings) logger.warn(warning);
  return store;
}
