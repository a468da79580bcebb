/**
 * Where the files of a certificate store are: QEMU's layout, and beside it a directory for each further pair, complete, to
 * be copied as it is. Used by the certificate store.
 *
 *   ca-cert.pem ca-key.pem ca-crl.pem ca-index.json   the authority
 *   server-cert.pem server-key.pem                    this host's server
 *   client-cert.pem client-key.pem                    the first client
 *   clients/NAME/, servers/NAME/                      further ones
 */
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { CertificatePurpose } from './certificate-checks.ts';
import { INDEX_FILE, type IndexEntry } from './certificate-index.ts';

export const SET_FILES: readonly string[] = ['ca-cert.pem', 'ca-key.pem', 'ca-crl.pem', INDEX_FILE];
export const PAIR_FILES: readonly string[] = [
  'server-cert.pem',
  'server-key.pem',
  'client-cert.pem',
  'client-key.pem',
];

export interface Issued {
  readonly entry: IndexEntry;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** A name as a directory: `../x`, `a/b` and `.` must not lead elsewhere. */
export const placeFor = (dir: string, kind: CertificatePurpose, name: string): string =>
  join(dir, `${kind}s`, name.replace(/[^\p{L}\p{N}._@-]/gu, '_').replace(/^\./, '_'));

/** As it is recorded: relative inside the store, else whole. */
export function placeIn(dir: string, out: string): string {
  const path = relative(dir, out);
  if (path === '') return '.';
  return isAbsolute(path) || path.split(sep)[0] === '..' ? out : path;
}

export function issuedIn(dir: string, entry: IndexEntry): Issued {
  const place = resolve(dir, entry.directory);
  return {
    entry,
    certFile: join(place, `${entry.kind}-cert.pem`),
    keyFile: join(place, `${entry.kind}-key.pem`),
    caFile: join(place, 'ca-cert.pem'),
  };
}
