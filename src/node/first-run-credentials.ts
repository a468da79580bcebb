/**
 * Credentials for a server that has none yet: an authority and a certificate in QEMU's file layout, so that encryption is
 * on from the first start and the directory serves QEMU and libvirt too. Used by the command line.
 *
 *   ca-cert.pem      what viewers must be given
 *   ca-key.pem       makes further certificates; not needed to serve, and best moved off this machine
 *   server-cert.pem, server-key.pem
 */
import { link, mkdir, mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createAuthority, issueServerCertificate } from './certificate-authority.ts';
import { errorCode, exists } from './file-access.ts';
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
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  if (await moveWhole(dir, set)) return;
  await linkEach(dir, set);
}

type FileSet = Readonly<Record<string, string>>;

/** Private from their first byte on: the directory is 0700 (mkdtemp) and each file 0600. */
async function writeSet(into: string, set: FileSet): Promise<void> {
  for (const [name, text] of Object.entries(set))
    await writeFile(join(into, name), text, { mode: 0o600, flag: 'wx', flush: true });
}

/** A whole directory at once, so that a crash leaves all of the set or none. False where other files are in `dir`. */
async function moveWhole(dir: string, set: FileSet): Promise<boolean> {
  const temporary = await mkdtemp(`${dir}.new-`);
  try {
    await writeSet(temporary, set);
    await rename(temporary, dir);
    return true;
  } catch (error) {
    // Windows says EPERM; a link to a directory gives ENOTDIR, a mount point EBUSY.
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR', 'EBUSY'].includes(errorCode(error)))
      return false;
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Beside other files, one by one: a link never replaces anything, and what was linked goes again if one fails. */
async function linkEach(dir: string, set: FileSet): Promise<void> {
  const temporary = await mkdtemp(join(dir, '.new-'));
  const linked: string[] = [];
  try {
    await writeSet(temporary, set);
    for (const name of Object.keys(set)) {
      await link(join(temporary, name), join(dir, name));
      linked.push(join(dir, name));
    }
  } catch (error) {
    await Promise.all(linked.map((file) => unlink(file)));
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
