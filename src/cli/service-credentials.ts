/**
 * systemd's credentials (LoadCredential=): files in $CREDENTIALS_DIRECTORY with the names below stand in for options that
 * were not given. An option always wins.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeProtection } from '../security/policy.ts';
import { CommandFailure, ExitCode } from './failure.ts';
import type { ServeSettings } from './serve-settings.ts';

export function withServiceCredentials(
  settings: ServeSettings,
  environment: Readonly<Record<string, string | undefined>>,
): ServeSettings {
  const directory = environment['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '') return settings;
  const find = (name: string): string | undefined => {
    const file = join(directory, name);
    return existsSync(file) ? file : undefined;
  };
  const { security } = settings;
  // A credential that the security types named by an option have no use for is left alone: units are shared.
  const ways = security === undefined ? undefined : describeProtection(security);
  // So are all beside an access file or -vnc, which stand in place of them.
  const isOfUse = (provenBy: string): boolean =>
    (settings.accessFile ?? settings.qemu) === undefined &&
    (ways?.some(({ viewerProvenBy }) => viewerProvenBy === provenBy) ?? true);
  const passwordFile =
    settings.passwordFile ??
    (isOfUse('a password of 1 to 8 bytes') ? find('vnc-password') : undefined);
  const usersFile =
    settings.usersFile ?? (isOfUse('user name and password') ? find('users') : undefined);
  return {
    ...settings,
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(usersFile === undefined ? {} : { usersFile }),
    tls: tlsFiles(settings.tls, find),
  };
}

/** Certificate and key come from one place: both from options, or both from credentials. */
function tlsFiles(
  tls: ServeSettings['tls'],
  find: (name: string) => string | undefined,
): ServeSettings['tls'] {
  if (tls.dir !== undefined || tls.identities.length > 0) return tls;
  const [cert, key] = [find('server-cert.pem'), find('server-key.pem')];
  if (cert === undefined && key === undefined) return tls;
  if (cert === undefined || key === undefined)
    throw new CommandFailure(
      ExitCode.Credentials,
      'the credentials server-cert.pem and server-key.pem belong together, and one is missing',
    );
  const [ca, crl] = [find('ca-cert.pem'), find('ca-crl.pem')];
  return {
    ...tls,
    identities: [{ certFile: cert, keyFile: key }],
    ...(ca === undefined ? {} : { ca }),
    ...(crl === undefined ? {} : { crl }),
  };
}
