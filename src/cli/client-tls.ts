/** What a viewer verifies its server by, and the certificate that it brings itself. */
import type { Command } from 'commander';
import { loadAuthorities } from '../node/authority-files.ts';
import type { ConnectTls } from '../node/connect.ts';
import type { KnownServersOptions } from '../node/known-servers.ts';
import { readPemFile } from '../node/pem.ts';
import { ExitCode, step, usage } from './failure.ts';
import { reads } from './reads.ts';

/** Commander's own shape. */
export interface TlsOptions {
  readonly ca?: string;
  readonly crl?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly fingerprint?: string;
  readonly knownServers?: string;
  readonly trustFirst?: true;
}

export function tlsOptions(command: Command): Command {
  return command
    .option('--ca <FILE>', 'authority to verify the server by')
    .option('--crl <FILE>', 'its revocation list')
    .option('--cert <FILE>', 'certificate of your own, for servers that ask for one')
    .option('--key <FILE>', 'its key')
    .option(
      '--servername <NAME>',
      "the name in the server's certificate, where it is not that of URL",
    )
    .option(
      '--fingerprint <SHA256>',
      "of the server's certificate: takes the place of authority and name",
      reads(parseFingerprint),
    )
    .option(
      '--known-servers <FILE>',
      'servers met before: they must have the same certificate, and no weaker type',
    )
    .option('--trust-first', 'believe a server that is not among them, and add it');
}

/** Files are read and checked. Throws CommandFailure. */
export async function clientTls(options: TlsOptions): Promise<ConnectTls> {
  const { ca, crl, cert, key, servername, fingerprint } = options;
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key belong together');
  if (crl !== undefined && ca === undefined) throw usage('--crl goes with --ca');
  if (fingerprint !== undefined && (ca ?? servername) !== undefined)
    throw usage('--fingerprint stands in place of --ca and --servername');
  return step(ExitCode.Credentials, async () => ({
    ...(ca === undefined ? {} : await authorities(ca, crl)),
    ...(cert === undefined ? {} : { cert: await pem(cert, 'your certificate') }),
    ...(key === undefined ? {} : { key: await pem(key, 'its key') }),
    ...(servername === undefined ? {} : { servername }),
    ...(fingerprint === undefined ? {} : { fingerprint256: fingerprint }),
  }));
}

/** Of the default file when none is named. */
export const knownServers = ({
  knownServers: file,
  trustFirst,
}: TlsOptions): KnownServersOptions => ({
  ...(file === undefined ? {} : { file }),
  trustFirst: trustFirst === true,
});

async function authorities(caFile: string, crlFile: string | undefined): Promise<ConnectTls> {
  const names = { caFile, ...(crlFile === undefined ? {} : { crlFile }) };
  const { ca, crls } = await loadAuthorities(names, { purpose: 'client' });
  return { ca, ...(crls === undefined ? {} : { crl: crls }) };
}

const pem = async (file: string, what: string): Promise<string> =>
  (await readPemFile(file, what)).map(({ text }) => text).join('');

function parseFingerprint(text: string): string {
  const digits = text.replace(/^sha-?256[:=]/i, '').replaceAll(':', '');
  if (/^[0-9a-f]{64}$/i.test(digits)) return digits.toLowerCase();
  throw new TypeError(
    `${JSON.stringify(text)} is not a SHA-256 in hexadecimal, 64 digits with or without colons`,
  );
}
