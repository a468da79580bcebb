/**
 * A file with our process id, for scripts: it is there as long as we serve. Used by the command line's --pid-file.
 */
import { readFileSync, unlinkSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { errorCode } from './error-code.ts';
import { writeFault } from './file-access.ts';

export interface PidFile {
  /** Idempotent. Leaves a file that is another process's by now. */
  readonly remove: () => void;
}

/**
 * Mode 0644. One that a dead process left is replaced. Rejects with Error, one sentence, when the process in it is alive,
 * when it holds something else than a process id, or when it cannot be written.
 */
export async function writePidFile(path: string, pid: number = process.pid): Promise<PidFile> {
  try {
    await create(path, pid);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw unwritable(path, error);
    await checkStale(path, pid);
    // Replaced at once: nobody ever reads half of one.
    const fresh = `${path}.${pid}`;
    try {
      await rm(fresh, { force: true });
      await create(fresh, pid);
      await rename(fresh, path);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }
  const remove = (): void => {
    process.off('exit', remove);
    try {
      if (readFileSync(path, 'utf8') === `${pid}\n`) unlinkSync(path);
    } catch {
      // Somebody else has removed it.
    }
  };
  process.on('exit', remove);
  return { remove };
}

async function create(path: string, pid: number): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    await handle.chmod(0o644);
    await handle.writeFile(`${pid}\n`);
  } finally {
    await handle.close();
  }
}

async function checkStale(path: string, own: number): Promise<void> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw unwritable(path, error);
  }
  if (text === '') return;
  if (!/^\d{1,10}$/.test(text))
    throw new Error(`${path} holds something else than a process id, so it is not replaced`);
  const pid = Number(text);
  // In a container that was started again, everybody has the number of before.
  if (pid !== own && isAlive(pid))
    throw new Error(`${path} names process ${pid}, which is running`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

const unwritable = (path: string, cause: unknown): Error =>
  new Error(`${path} ${writeFault(cause)}`, { cause });
