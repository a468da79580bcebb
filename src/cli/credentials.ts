/** The certificate that `serve` shows: from the files that were named, or from a directory of its own, made on first run. */
import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { readSecret } from '../control/qemu-options/secret.ts';
import { loadTlsCredentials, type LoadedCredentials } from '../node/credential-files.ts';
import { ensureFirstRunCredentials } from '../node/first-run-credentials.ts';
import type { ServeSettings } from './serve-options.ts';

export interface ServerCredentials {
  readonly tls: LoadedCredentials;
  /** For viewers to verify us by; absent when nobody named one, as with a public authority. */
  readonly caFile?: string;
  /** The directory, when they did not exist before. */
  readonly createdIn?: string;
}

export async function loadCredentials(settings: ServeSettings): Promise<ServerCredentials> {
  const { cert, key, ca, crl, dir } = settings.tls;
  const keyPassword = settings.qemu?.keyPassword;
  const options = {
    needCa: settings.verifyClient !== 'off',
    hosts: hostsOf(settings),
    ...(keyPassword === undefined ? {} : { keyPassword: await readSecret(keyPassword) }),
  };
  if (cert !== undefined && key !== undefined) {
    const files = {
      certFile: cert,
      keyFile: key,
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(crl === undefined ? {} : { crlFile: crl }),
    };
    const tls = await loadTlsCredentials(files, options);
    return { tls, ...(ca === undefined ? {} : { caFile: resolve(ca) }) };
  }
  const directory = resolve(dir ?? defaultDirectory(process.env));
  const names = [hostname(), 'localhost', '127.0.0.1', '::1', ...hostsOf(settings)];
  const { created } =
    dir === undefined ? await ensureFirstRunCredentials(directory, names) : { created: false };
  const tls = await loadTlsCredentials({ dir: directory }, options);
  const caFile = join(directory, 'ca-cert.pem');
  return {
    tls,
    ...(existsSync(caFile) ? { caFile } : {}),
    ...(created ? { createdIn: directory } : {}),
  };
}

/** XDG's place for data that a user's programs make. */
function defaultDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_DATA_HOME'];
  // The XDG specification has relative paths ignored.
  const data = base?.startsWith('/') === true ? base : join(homedir(), '.local', 'share');
  return join(data, 'sallyport', 'tls');
}

/** The hosts that viewers are told, as far as the options name them. */
function hostsOf({ listen, websocket }: ServeSettings): string[] {
  const everywhere = ['::', '0.0.0.0'];
  return [...listen, ...websocket].flatMap((address) =>
    address.kind === 'tcp' && !everywhere.includes(address.host) ? [address.host] : [],
  );
}
