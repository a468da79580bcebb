/**
 * Files that appear together or not at all, and never in the place of others; and files that are replaced in one step. Both
 * private from their first byte on. Used wherever certificates and keys are written.
 */
import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from './error-code.ts';

/** Text by name. */
export type FileSet = Readonly<Record<string, string>>;

/** Makes the directory too if it is not there. Rejects with the system's error, EEXIST for a file that is there already. */
export async function writeNewFiles(dir: string, set: FileSet): Promise<void> {
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  if (await moveWhole(dir, set)) return;
  await linkEach(dir, set);
}

/** A reader sees the old text or the new one, never a part; so does whoever comes after a crash. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    // Somebody may have let another program read it, such as QEMU under a user of its own.
    const mode = await stat(file).then(
      (old) => old.mode & 0o777,
      () => undefined,
    );
    if (mode !== undefined) await chmod(temporary, mode);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

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
