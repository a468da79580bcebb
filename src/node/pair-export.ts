/** A pair of the certificate store as a PKCS #12 file. Used by `sallyport cert export`. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Secret } from '../core/secret.ts';
import { readIndex, type IndexEntry } from './certificate-index.ts';
import { keyOf, latestEntry } from './certificate-store.ts';
import { errorCode } from './error-code.ts';
import { exists } from './file-access.ts';
import { certificateBlocks, fileFault, readPemFile } from './pem.ts';
import { encodePkcs12 } from './pkcs12.ts';
import { issuedIn } from './store-layout.ts';

/**
 * A client of that name, else a server. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) that names a file; TypeError for a
 * password that not every program reads alike.
 */
export async function exportPair(
  dir: string,
  name: string,
  file: string,
  password: Secret,
): Promise<IndexEntry> {
  const path = resolve(dir);
  const index = await readIndex(path);
  const kind = index.certificates.some((each) => each.kind === 'client' && each.name === name)
    ? 'client'
    : 'server';
  const entry = latestEntry(path, index, kind, name);
  const { certFile, keyFile, caFile } = issuedIn(path, entry);
  const authorities = certificateBlocks(
    await readPemFile(caFile, "the authority's certificate"),
    caFile,
  );
  if (!(await exists(certFile)))
    throw fileFault(
      certFile,
      `is not there any more; where ${name}'s pair is now it can be packed`,
    );
  const bytes = await encodePkcs12(
    {
      cert: await readFile(certFile, 'utf8'),
      key: await keyOf(keyFile, certFile, kind),
      authorities: authorities.map(({ text }) => text),
      name,
    },
    password,
  );
  try {
    await writeFile(file, bytes, { mode: 0o600, flag: 'wx', flush: true });
  } catch (cause) {
    const code = errorCode(cause);
    const there = code === 'EEXIST';
    throw fileFault(
      file,
      there ? 'exists already, and nothing is overwritten' : `cannot be written (${code})`,
      cause,
    );
  }
  return entry;
}
