/**
 * User names and passwords for the Plain exchanges: the users file's text, and the check against it. Used by the
 * authenticator; node/ reads the file and supplies scrypt.
 *
 *   # comment
 *   alice:$scrypt$ln=15,r=8,p=1$SALT$HASH          everything
 *   guest:$scrypt$ln=15,r=8,p=1$SALT$HASH:view     looks on only
 */
import { messageOf } from '../core/errors.ts';
import { constantTimeEqual } from '../crypto/constant-time.ts';
import type { Secret } from '../core/secret.ts';
import { allRights, viewOnlyRights, type Rights } from '../security/identity.ts';
import { fromBase64, toBase64 } from './base64.ts';

/** Cost of one hash (RFC 7914): 2^ln blocks of r, p times. */
export interface ScryptCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

export interface ScryptRequest extends ScryptCost {
  readonly salt: Uint8Array;
  readonly byteLength: number;
}

/** Supplied by the platform. */
export type Scrypt = (password: Uint8Array, request: ScryptRequest) => Promise<Uint8Array>;

export interface PasswordHash extends ScryptCost {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

export interface UserRecord {
  readonly name: string;
  readonly password: PasswordHash;
  readonly access: 'full' | 'view';
}

/** 32 MiB and some 80 ms a login: dear to guess, cheap enough to serve. */
export const defaultScryptCost: ScryptCost = { ln: 15, r: 8, p: 1 };

/** A file must not be able to ask for more memory than this for one login. */
const MAX_SCRYPT_BYTES = 256 * 1024 * 1024;

/** The form of the PHC string format: unpadded base64. */
export const formatPasswordHash = ({ ln, r, p, salt, hash }: PasswordHash): string =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${toBase64(salt)}$${toBase64(hash)}`;

/** Reads a users file. Throws TypeError that names the line, never its content: hashes are nobody's business. */
export function parseUsers(text: string): UserRecord[] {
  const users: UserRecord[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return;
    try {
      const user = parseUser(line.trim());
      if (users.some(({ name }) => name === user.name))
        throw new TypeError(`${user.name} is there twice`);
      users.push(user);
    } catch (cause) {
      const why = messageOf(cause);
      throw new TypeError(`line ${index + 1}: ${why}`, { cause });
    }
  });
  return users;
}

function parseUser(line: string): UserRecord {
  const [, name, hash, access] = /^([^:]+):([^:]+)(?::([^:]*))?$/.exec(line) ?? [];
  if (name === undefined || hash === undefined)
    throw new TypeError('a line reads name:$scrypt$… or name:$scrypt$…:view');
  if (access !== undefined && access !== 'full' && access !== 'view')
    throw new TypeError(`access "${access}" is neither full nor view`);
  return { name, password: parsePasswordHash(hash), access: access ?? 'full' };
}

/** Throws TypeError that does not quote the text. */
export function parsePasswordHash(text: string): PasswordHash {
  const parts = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([^$]+)\$([^$]+)$/.exec(text);
  if (parts === null)
    throw new TypeError(
      'the password is not of the form $scrypt$ln=15,r=8,p=1$SALT$HASH; a clear password does not belong here',
    );
  const [ln = 0, r = 0, p = 0] = parts.slice(1, 4).map(Number);
  const salt = fromBase64(parts[4] ?? '');
  const hash = fromBase64(parts[5] ?? '');
  if (!(ln >= 10 && r >= 1 && p >= 1 && p <= 16 && 128 * r * 2 ** ln <= MAX_SCRYPT_BYTES))
    throw new TypeError(
      `cost ln=${ln},r=${r},p=${p} is out of range: ln is at least 10, p at most 16, memory at most 256 MiB`,
    );
  if (!(salt.length >= 8 && hash.length >= 16 && hash.length <= 64))
    throw new TypeError('the salt has fewer than 8 bytes, or the hash is not 16 to 64 bytes long');
  return { ln, r, p, salt, hash };
}

export interface UserVerdict {
  /** Undefined when the person is not let in. */
  readonly rights?: Rights;
  /** For our log only. */
  readonly reason: string;
  /** Refused unheard: too many logins at once. */
  readonly busy?: boolean;
}

export interface UserStoreOptions {
  readonly scrypt: Scrypt;
  readonly rights?: Readonly<Record<'full' | 'view', Rights>>;
  /** Hashes computed at a time; each takes 32 MiB. Default 4. */
  readonly maxConcurrentHashes?: number;
  /** Logins that may wait for their turn; more are refused. Default 64. */
  readonly maxWaiting?: number;
}

/** Users with passwords, for the Plain types: from readUsersFile, or made by the program. */
export class UserStore {
  readonly #options: UserStoreOptions;
  #users: ReadonlyMap<string, UserRecord> = new Map();
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(users: readonly UserRecord[], options: UserStoreOptions) {
    this.#options = options;
    this.replace(users);
  }

  /** After the file changed. Sessions are not touched. */
  replace(users: readonly UserRecord[]): void {
    this.#users = new Map(users.map((user) => [user.name, user]));
  }

  /**
   * Checks a name and its password. An unknown name costs one hash too, at the first user's cost, so that time does not
   * tell who exists.
   */
  async verify(username: string, password: Secret): Promise<UserVerdict> {
    const user = this.#users.get(username);
    const expected = user?.password ?? this.#decoy();
    const { maxConcurrentHashes = 4, maxWaiting = 64 } = this.#options;
    if (this.#running >= maxConcurrentHashes) {
      if (this.#waiting.length >= maxWaiting)
        return { reason: `more than ${maxWaiting} logins are waiting`, busy: true };
      // Whoever finishes hands its place over, so #running does not change.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    let hash: Uint8Array;
    try {
      const { salt, ln, r, p } = expected;
      const request = { salt, ln, r, p, byteLength: expected.hash.length };
      hash = await this.#options.scrypt(new TextEncoder().encode(password.reveal()), request);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
    const equal = constantTimeEqual(hash, expected.hash);
    if (user === undefined) return { reason: 'unknown user' };
    if (!equal) return { reason: 'wrong password' };
    const rights = this.#options.rights ?? { full: allRights, view: viewOnlyRights };
    return { rights: rights[user.access], reason: `${user.access} access` };
  }

  #decoy(): PasswordHash {
    const [first] = this.#users.values();
    const { ln, r, p } = first?.password ?? defaultScryptCost;
    const salt = crypto.getRandomValues(new Uint8Array(first?.password.salt.length ?? 16));
    const hash = crypto.getRandomValues(new Uint8Array(first?.password.hash.length ?? 32));
    return { ln, r, p, salt, hash };
  }
}
