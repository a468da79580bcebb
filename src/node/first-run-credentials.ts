/**
 * Credentials for a server that has none yet: an authority and a certificate in QEMU's file layout, so that encryption is
 * on from the first start and the directory serves QEMU and libvirt too. Used by the command line.
 *
 *   ca-cert.pem      what viewers must be given
 *   ca-key.pem       makes further certificates; not needed to serve, and best moved off this machine
 *   server-cert.pem, server-key.pem
 */
import { join, resolve } from 'node:path';
import { createAuthority, issueServerCertificate } from './certificate-authority.ts';
import { errorCode } from './error-code.ts';
import { exists } from './file-access.ts';
import { writeNewFiles } from './new-files.ts';
import { fileFault } from './pem.ts';

export interface FirstRunCredentials {
  /** False: a complete set was there already, and was not touched. */
  readonly created: boolean;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** What serving needs. */
const needed = ['ca-cert.pem', 'server-cert.pem', 'server-key.pem'];
/** What belongs to a set but need not stay with it. */
const related = ['ca-key.pem', 'ca-crl.pem'];

/**
 * Uses the set of files in `dir`, or makes one for these host names and addresses. Part of a set is an error: nothing that
 * exists is ever overwritten. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION); TypeError for what is no name.
 */
export async function ensureFirstRunCredentials(
  dir: string,
  names: readonly string[],
): Promise<FirstRunCredentials> {
  const path = resolve(dir);
  const files = {
    caFile: join(path, 'ca-cert.pem'),
    certFile: join(path, 'server-cert.pem'),
    keyFile: join(path, 'server-key.pem'),
  };
  if (await isComplete(path)) return { created: false, ...files };
  try {
    await createSet(path, names);
    return { created: true, ...files };
  } catch (cause) {
    const code = errorCode(cause);
    // Another process may have been faster; then its set is as good as ours.
    if (code === 'EEXIST' && (await isComplete(path))) return { created: false, ...files };
    if (!code.startsWith('E') || code.startsWith('ERR_')) throw cause;
    throw fileFault(path, `cannot take new credentials (${code}); it must be writable`, cause);
  }
}

/** True for a whole set, false for none of it. Throws for anything between. */
async function isComplete(dir: string): Promise<boolean> {
  let present = await presentIn(dir);
  // Another process may have put its set there while we looked from file to file: a second look then sees all of it.
  if (present.length > 0 && missingOf(present).length > 0) present = await presentIn(dir);
  const missing = missingOf(present);
  if (missing.length === 0) return true;
  if (present.length === 0) return false;
  throw fileFault(
    dir,
    `has ${present.join(', ')} but not ${missing.join(', ')}; add what is missing, or move the rest away to have a new set made`,
  );
}

const missingOf = (present: readonly string[]): string[] =>
  needed.filter((name) => !present.includes(name));

async function presentIn(dir: string): Promise<string[]> {
  const present: string[] = [];
  for (const name of [...needed, ...related]) if (await exists(join(dir, name))) present.push(name);
  return present;
}

async function createSet(dir: string, names: readonly string[]): Promise<void> {
  const authority = await createAuthority();
  const server = await issueServerCertificate(authority, names);
  const set = {
    'ca-key.pem': authority.key,
    'server-key.pem': server.key,
    'server-cert.pem': server.cert,
    'ca-cert.pem': authority.cert,
  };
  await writeNewFiles(dir, set);
}
