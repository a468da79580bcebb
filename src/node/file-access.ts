/** What stands between us and a file of secrets, in words; used by whoever reads one. */
import { lstat, stat } from 'node:fs/promises';
import { errorCode } from './error-code.ts';

/** Why a file could not be read that must hold `what`: continues a sentence that begins with the file's name. */
export function readFault(cause: unknown, what: string): string {
  const code = errorCode(cause);
  switch (code) {
    case 'ENOENT':
      return `does not exist; it must hold ${what}`;
    case 'EACCES':
    case 'EPERM':
      return `cannot be read (${code}): the user who runs this needs permission for it and its directories`;
    case 'EISDIR':
      return `is a directory; it must be a file with ${what}`;
    default:
      return `cannot be read (${code})`;
  }
}

/** Why a file could not be made or written: continues a sentence that begins with the file's name. */
export function writeFault(cause: unknown): string {
  const code = errorCode(cause);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'cannot be written: its directory does not exist';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `cannot be written (${code}): the user who runs this needs permission for it and its directory`;
    case 'EISDIR':
      return 'is a directory';
    default:
      return `cannot be written (${code || String(cause)})`;
  }
}

/** False only if it is not there: a file that cannot be looked at, or a link to nowhere, must not pass for missing. */
export const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(errorCode(error)),
  );

/** Windows has no such bits. A group may well be meant: Debian's `ssl-cert` is. */
export async function readableByOthers(file: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(file)).mode & 0o007) !== 0;
}

export const readableByOthersWarning = (file: string): string =>
  `${file} can be read by every user of this machine; chmod 600 would be right`;
