/**
 * The certificates that `serve` shows, kept current: from the files that were named, or from a directory of its own, made on
 * first run.
 */
import { existsSync } from 'node:fs';
import { homedir, hostname, networkInterfaces } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { readSecret } from '../control/qemu-options/secret.ts';
import type { Logger } from '../core/logger.ts';
import { credentialFiles, type CredentialSource } from '../node/credential-layout.ts';
import { openCredentialStore, type CredentialStore } from '../node/credential-store.ts';
import { ensureFirstRunCredentials } from '../node/first-run-credentials.ts';
import type { ServeSettings } from './serve-settings.ts';

export interface ServerCredentials {
  readonly store: CredentialStore;
  /** For viewers to verify us by; absent when nobody named one, as with a public authority. */
  readonly caFile?: string;
  /** The directory, when they did not exist before. */
  readonly createdIn?: string;
}

export async function loadCredentials(
  settings: ServeSettings,
  logger: Logger,
): Promise<ServerCredentials> {
  const { identities, ca, crl, dir, keyPasswordFile } = settings.tls;
  const needCa = settings.verifyClient !== 'off';
  const passwordFile = keyPasswordFile ?? systemdCredential(process.env);
  const qemuPassword = settings.qemu?.keyPassword;
  const keyPassword = qemuPassword === undefined ? undefined : await readSecret(qemuPassword);
  const open = (source: CredentialSource): Promise<CredentialStore> =>
    openCredentialStore(source, {
      needCa,
      hosts: hostsOf(settings),
      logger,
      ...(passwordFile === undefined ? {} : { keyPasswordFile: passwordFile }),
      ...(keyPassword === undefined ? {} : { keyPassword }),
    });
  const [first, ...alternatives] = identities;
  if (first !== undefined) {
    const store = await open({
      ...first,
      alternatives,
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(crl === undefined ? {} : { crlFile: crl }),
    });
    return { store, ...(ca === undefined ? {} : { caFile: resolve(ca) }) };
  }
  const directory = resolve(dir ?? defaultDirectory(process.env));
  const names = [...localNames(), ...hostsOf(settings)];
  const { created } =
    dir === undefined ? await ensureFirstRunCredentials(directory, names) : { created: false };
  const store = await open({ dir: directory });
  const { certFile, caFile } = await credentialFiles({ dir: directory }, 'server', needCa);
  // Let's Encrypt's certificates are verified by what viewers have; ca-cert.pem beside them is for viewers' certificates.
  const forViewers = basename(certFile) === 'fullchain.pem' ? undefined : caFile;
  return {
    store,
    ...(forViewers === undefined ? {} : { caFile: forViewers }),
    ...(created ? { createdIn: directory } : {}),
  };
}

/** systemd's LoadCredential=tls-key-password:… puts it there, for this service alone. */
function systemdCredential(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined) return undefined;
  const file = join(directory, 'tls-key-password');
  return existsSync(file) ? file : undefined;
}

/** XDG's place for data that a user's programs make. */
export function defaultDirectory(
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const base = environment['XDG_DATA_HOME'];
  // The XDG specification has relative paths ignored.
  const data = base?.startsWith('/') === true ? base : join(homedir(), '.local', 'share');
  return join(data, 'sallyport', 'tls');
}

/** What this machine is called, from itself and from its network: the first certificate is made once, for all of it. */
function localNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.filter(
    // A link-local address is of no use to a viewer without the zone that a certificate cannot have.
    ({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80:'),
  );
  const names = [hostname(), 'localhost', '127.0.0.1', '::1'];
  return [...names, ...outside.map(({ address }) => address)];
}

/** The hosts that viewers are told, as far as the options name them. */
function hostsOf({ listen, websocket }: ServeSettings): string[] {
  const everywhere = ['::', '0.0.0.0'];
  return [...listen, ...websocket].flatMap((address) =>
    address.kind === 'tcp' && !everywhere.includes(address.host) ? [address.host] : [],
  );
}
