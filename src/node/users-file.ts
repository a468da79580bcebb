/** The users file on disk, and Node's scrypt for it. Used by servers with user names, and to make lines for the file. */
import { randomBytes, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  defaultScryptCost,
  formatPasswordHash,
  parseUsers,
  type Scrypt,
  type UserRecord,
} from '../access/users.ts';
import { messageOf } from '../core/errors.ts';
import { readFault, readableByOthers, readableByOthersWarning } from './file-access.ts';

/** What stands in a file of users. */
export interface UsersFile {
  readonly users: readonly UserRecord[];
  readonly warnings: readonly string[];
}

/** Reads a users file, as `sallyport passwd` writes it. Rejects with TypeError that names the file and the line. */
export async function readUsersFile(file: string): Promise<UsersFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new TypeError(`${file} ${readFault(cause, 'lines of name:$scrypt$…')}`, { cause });
  }
  let users: readonly UserRecord[];
  try {
    users = parseUsers(text);
  } catch (cause) {
    const why = messageOf(cause);
    throw new TypeError(`${file}, ${why}`, { cause });
  }
  const warnings = (await readableByOthers(file)) ? [readableByOthersWarning(file)] : [];
  if (users.length === 0) warnings.push(`${file} names no users, so nobody can log in by name`);
  return { users, warnings };
}

/** On libuv's pool, so that the event loop goes on serving. */
export const nodeScrypt: Scrypt = (password, { salt, ln, r, p, byteLength }) =>
  new Promise((resolve, reject) => {
    const N = 2 ** ln;
    // Node's own bound is 32 MiB less what OpenSSL needs besides.
    const maxmem = 128 * N * r + 128 * r * p + 1024 * 1024;
    scrypt(password, salt, byteLength, { N, r, p, maxmem }, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** What stands behind `name:` in a users file. Throws RangeError for the empty password. */
export async function hashPassword(password: string): Promise<string> {
  if (password === '') throw new RangeError('the password is empty');
  const salt = randomBytes(SALT_BYTES);
  const request = { ...defaultScryptCost, salt, byteLength: HASH_BYTES };
  const hash = await nodeScrypt(new TextEncoder().encode(password), request);
  return formatPasswordHash({ ...defaultScryptCost, salt, hash });
}
