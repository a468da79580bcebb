/**
 * The passwords of VNC authentication (RFC 7.2.2): one for full access, one that only lets a person look on, each with a
 * time of expiry. Used by the authenticator, and by a monitor that sets them (QEMU's set_password, expire_password).
 */
import { allRights, viewOnlyRights, type Rights } from '../security/identity.ts';

/** DES takes a key of eight bytes: what is longer would be cut by every viewer, and we do not pretend otherwise. */
export const MAX_PASSWORD_BYTES = 8;

export type PasswordKind = 'full' | 'view';

export interface PasswordVerdict {
  /** Undefined when nobody is let in. */
  readonly kind?: PasswordKind;
  readonly rights?: Rights;
  /** For our log only: wrong, unset and expired must look the same to the peer. */
  readonly reason: string;
}

export interface PasswordStoreOptions {
  /** What each password gives. Defaults: everything, and looking on. */
  readonly rights?: Readonly<Record<PasswordKind, Rights>>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Slot {
  readonly password: Uint8Array | undefined;
  readonly expiresAtMs: number;
}

/** Bytes of a password that VNC authentication can use. Throws RangeError: a password is refused, never cut. */
export function passwordBytes(password: string): Uint8Array {
  const bytes = new TextEncoder().encode(password);
  if (bytes.length === 0)
    throw new RangeError('the password is empty; an empty VNC password would let everybody in');
  if (bytes.length > MAX_PASSWORD_BYTES)
    throw new RangeError(
      `the password has ${bytes.length} bytes; VNC authentication uses at most ${MAX_PASSWORD_BYTES}, ` +
        'so longer ones need a user name and password (X509Plain or TLSPlain)',
    );
  if (bytes.includes(0))
    throw new RangeError(
      'the password holds a NUL, which VNC authentication cannot tell from its end',
    );
  return bytes;
}

/** `now`, `never`, `+N` seconds from now or `N` seconds since 1970. Throws RangeError on anything else. */
export function parseExpiry(when: string, nowMs: number): number {
  if (when === 'now') return 0;
  if (when === 'never') return Number.POSITIVE_INFINITY;
  const [, plus, seconds] = /^(\+?)(\d{1,15})$/.exec(when) ?? [];
  if (seconds === undefined)
    throw new RangeError(
      `expiry "${when}" is none of: now, never, +N (seconds from now), N (seconds since 1970)`,
    );
  return Number(seconds) * 1000 + (plus === '+' ? nowMs : 0);
}

/**
 * The two passwords of VNC authentication (full access, and looking on), to be changed while a server runs. Kept in
 * memory only.
 */
export class PasswordStore {
  readonly #rights: Readonly<Record<PasswordKind, Rights>>;
  readonly #now: () => number;
  readonly #slots = new Map<PasswordKind, Slot>();

  constructor(options: PasswordStoreOptions = {}) {
    this.#rights = options.rights ?? { full: allRights, view: viewOnlyRights };
    this.#now = options.now ?? Date.now;
  }

  /** Sets a password. Its time of expiry stays as it was, as in QEMU. Throws RangeError. */
  set(kind: PasswordKind, password: string): void {
    this.#put(kind, { password: passwordBytes(password) });
  }

  /** From now on nobody logs in with this password. */
  clear(kind: PasswordKind): void {
    this.#put(kind, { password: undefined });
  }

  /** When a password stops to work, of both kinds unless one is named. Throws RangeError. Sessions are not touched. */
  expire(when: string, kind?: PasswordKind): void {
    const expiresAtMs = parseExpiry(when, this.#now());
    for (const each of kind === undefined ? (['full', 'view'] as const) : [kind])
      this.#put(each, { expiresAtMs });
  }

  /** False when unset; an expired one is set. */
  isSet(kind: PasswordKind): boolean {
    return this.#slots.get(kind)?.password !== undefined;
  }

  /**
   * Asks `matches` about each kind, always twice: an unset password is stood in for by random bytes whose answer is thrown
   * away, so that time tells nothing about which passwords there are.
   */
  check(matches: (password: Uint8Array) => boolean): PasswordVerdict {
    const full = this.#try('full', matches);
    const view = this.#try('view', matches);
    if (full === 'good') return this.#admit('full');
    if (view === 'good') return this.#admit('view');
    if (full === 'expired' || view === 'expired') return { reason: 'the password has expired' };
    if (full === 'unset' && view === 'unset') return { reason: 'no password is set' };
    return { reason: 'wrong password' };
  }

  #admit(kind: PasswordKind): PasswordVerdict {
    return { kind, rights: this.#rights[kind], reason: `${kind} password` };
  }

  #try(
    kind: PasswordKind,
    matches: (password: Uint8Array) => boolean,
  ): 'good' | 'wrong' | 'expired' | 'unset' {
    const slot = this.#slots.get(kind);
    const matched = matches(
      slot?.password ?? crypto.getRandomValues(new Uint8Array(MAX_PASSWORD_BYTES)),
    );
    if (slot?.password === undefined) return 'unset';
    if (!matched) return 'wrong';
    return this.#now() < slot.expiresAtMs ? 'good' : 'expired';
  }

  #put(kind: PasswordKind, change: Partial<Slot>): void {
    const slot = this.#slots.get(kind) ?? {
      password: undefined,
      expiresAtMs: Number.POSITIVE_INFINITY,
    };
    this.#slots.set(kind, { ...slot, ...change });
  }
}
