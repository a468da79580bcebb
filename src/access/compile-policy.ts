/**
 * From what an access file says to a policy that decides. Finds every fault that a schema cannot see, each with its place
 * in the file. Pure; node/ reads the file.
 */
import { messageOf } from '../core/errors.ts';
import { allRights, type Rights } from '../security/identity.ts';
import {
  compileMatch,
  isKnown,
  subjectKeys,
  type AccessRule,
  type Subject,
} from './access-rule.ts';
import { FirstMatch } from './first-match.ts';
import { parseNetwork, type Network } from './networks.ts';
import { passwordBytes } from './passwords.ts';
import type {
  MatchEntry,
  PasswordEntry,
  PolicyDocument,
  RuleEntry,
  ThrottleEntry,
} from './policy-document.ts';
import { hasNoRights, rightsOf } from './rights-words.ts';
import { defaultThrottle, type ThrottleSettings } from './throttle.ts';
import { parsePasswordHash, type UserRecord } from './users.ts';

export interface PolicyFault {
  /** Keys and indexes from the top of the document. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface NamedPassword {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly rights: Rights;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface Policy {
  readonly users: readonly UserRecord[];
  /** What each user may do at most. */
  readonly userRights: ReadonlyMap<string, Rights>;
  readonly passwords: readonly NamedPassword[];
  /** What the rules give; undefined: nothing. */
  readonly decide: (subject: Subject) => RuleVerdict | undefined;
  /** Undefined: off. */
  readonly throttle: ThrottleSettings | undefined;
  readonly proxies: readonly Network[];
  /** Some rule looks at the clock. */
  readonly usesHours: boolean;
  /** Some rule looks at certificates; some rule keeps people out by theirs. */
  readonly certificates: 'unused' | 'allow' | 'deny';
}

export interface RuleVerdict {
  readonly rights: Rights;
  /** `rule 2`, its name, or `no rules`. */
  readonly rule: string;
}

export interface CompiledPolicy {
  /** Undefined when there are faults. */
  readonly policy?: Policy;
  readonly faults: readonly PolicyFault[];
}

/**
 * `malformed` tells entries (`users`, name; `passwords` or `rules`, index) that are not of the shape that their type says: they
 * are passed over, so that the faults of all others are still found, and whoever says so has faults to tell already.
 */
export function compilePolicy(
  document: PolicyDocument,
  malformed: (section: string, entry: string | number) => boolean = () => false,
): CompiledPolicy {
  const faults: PolicyFault[] = [];
  const at =
    (...start: readonly (string | number)[]): Complain =>
    (path, message) =>
      faults.push({ path: [...start, ...path], message });

  const users = compileUsers(document, at('users'), malformed);
  const passwords = compilePasswords(document.passwords ?? [], at('passwords'), malformed);
  const rules = compileRules(document, at('rules'), malformed);
  const throttle = compileThrottle(document.throttle, at('throttle'));
  const proxies = compileNetworks(document.proxies ?? [], at('proxies'));
  if (faults.length > 0) return { faults };
  const index = new FirstMatch(
    rules.map((rule) => ({ rule, ...(rule.keys === undefined ? {} : { keys: rule.keys }) })),
  );
  const entries = (document.rules ?? []).filter((_, place) => !malformed('rules', place));
  return {
    faults,
    policy: {
      ...users,
      passwords,
      decide:
        document.rules === undefined
          ? decideWithoutRules
          : (subject) => {
              const rule = index.find(subjectKeys(subject), (each) => each.matches(subject));
              return rule === undefined ? undefined : { rights: rule.rights, rule: rule.label };
            },
      throttle,
      proxies,
      usesHours: entries.some(({ match }) => match.hours !== undefined),
      certificates: certificateUse(entries),
    },
  };
}

type Complain = (path: readonly (string | number)[], message: string) => void;
type Malformed = (section: string, entry: string | number) => boolean;

/** Whoever proved something has what goes with it. */
const decideWithoutRules = (subject: Subject): RuleVerdict | undefined =>
  isKnown(subject) ? { rights: allRights, rule: 'no rules' } : undefined;

function compileUsers(
  document: PolicyDocument,
  complain: Complain,
  malformed: Malformed,
): Pick<Policy, 'users' | 'userRights'> {
  const users: UserRecord[] = [];
  const userRights = new Map<string, Rights>();
  for (const [name, entry] of Object.entries(document.users ?? {})) {
    if (malformed('users', name)) continue;
    const { password, rights = 'full' } = typeof entry === 'string' ? { password: entry } : entry;
    try {
      users.push({ name, password: parsePasswordHash(password), access: 'full' });
      userRights.set(name, rightsOf(rights));
    } catch (error) {
      const why = messageOf(error);
      complain(
        typeof entry === 'string' ? [name] : [name, 'password'],
        `${why}; make one with: sallyport passwd ${/^[\w.-]+$/.test(name) ? name : 'NAME'}`,
      );
    }
  }
  return { users, userRights };
}

function compilePasswords(
  entries: readonly PasswordEntry[],
  complain: Complain,
  malformed: Malformed,
): readonly NamedPassword[] {
  const passwords: NamedPassword[] = [];
  entries.forEach((entry, index) => {
    if (malformed('passwords', index)) return;
    const { name, password, rights = 'full', expires = 'never' } = entry;
    const twin = entries.findIndex((other) => other?.name === name);
    if (twin < index)
      complain(
        [index, 'name'],
        `there is a password "${name}" already; give this one another name`,
      );
    // Which of two equal passwords was typed nobody can tell, nor therefore whose rights are meant.
    const same = entries.findIndex((other) => other?.password === password);
    if (same < index)
      complain([index, 'password'], `is the same as password ${same + 1}; choose another`);
    const field = <T>(key: string, read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        complain([index, key], messageOf(error));
        return undefined;
      }
    };
    const bytes = field('password', () => passwordBytes(password));
    const expiresAtMs = field('expires', () => parseExpiryDate(expires));
    if (bytes !== undefined && expiresAtMs !== undefined)
      passwords.push({ name, bytes, rights: rightsOf(rights), expiresAtMs });
  });
  return passwords;
}

/** `never`, a date (its first moment, UTC), or a time with its zone. Throws TypeError. */
export function parseExpiryDate(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const atMs = isDate || isTime ? Date.parse(text) : Number.NaN;
  // JavaScript takes the 31st of February for the 3rd of March.
  if (Number.isNaN(atMs) || (isDate && !new Date(atMs).toISOString().startsWith(text)))
    throw new TypeError(
      `"${text}" is no date; write never, 2030-01-31 (it ends as that day begins, UTC) or 2030-01-31T18:00:00Z`,
    );
  return atMs;
}

function compileRules(
  document: PolicyDocument,
  complain: Complain,
  malformed: Malformed,
): readonly AccessRule[] {
  const names = new Set((document.passwords ?? []).map((entry) => entry?.name));
  const users = new Set(Object.keys(document.users ?? {}));
  return (document.rules ?? []).flatMap((entry, index) => {
    if (malformed('rules', index)) return [];
    const { name, match, rights } = entry;
    const inMatch: Complain = (path, message) => complain([index, 'match', ...path], message);
    unknownNames(match, 'password', names, inMatch);
    unknownNames(match, 'user', users, inMatch);
    const rule = {
      label: name === undefined ? `rule ${index + 1}` : `rule ${index + 1} (${name})`,
      rights: rightsOf(rights),
      ...compileMatch(match, inMatch),
    };
    return [rule];
  });
}

/** A rule on somebody who does not exist is a slip of the pen, and may be the one that was to keep someone out. */
function unknownNames(
  match: MatchEntry,
  key: 'user' | 'password',
  known: ReadonlySet<string>,
  complain: Complain,
): void {
  const values = match[key];
  const list = values === undefined ? [] : typeof values === 'string' ? [values] : values;
  list.forEach((value, index) => {
    if (/[*?]/.test(value) || known.has(value)) return;
    const there = Array.from(known, (each) => `"${each}"`).join(', ') || 'none';
    complain(
      typeof values === 'string' ? [key] : [key, index],
      `there is no ${key} "${value}" under ${key}s, where there is ${there}`,
    );
  });
}

function certificateUse(rules: readonly RuleEntry[]): Policy['certificates'] {
  const named = rules.filter(
    ({ match }) => (match.dn ?? match.san ?? match.fingerprint) !== undefined,
  );
  if (named.length === 0) return 'unused';
  return named.some(({ rights }) => hasNoRights(rightsOf(rights))) ? 'deny' : 'allow';
}

function compileThrottle(
  entry: 'off' | ThrottleEntry | undefined,
  complain: Complain,
): ThrottleSettings | undefined {
  if (entry === 'off') return undefined;
  if (entry === undefined) return defaultThrottle;
  const ms = (seconds: number | undefined, otherwise: number): number =>
    seconds === undefined ? otherwise : seconds * 1000;
  const settings = {
    firstDelayMs: ms(entry.firstDelay, defaultThrottle.firstDelayMs),
    longestDelayMs: ms(entry.longestDelay, defaultThrottle.longestDelayMs),
    forgetAfterMs: ms(entry.forgetAfter, defaultThrottle.forgetAfterMs),
    freeTries: entry.freeTries ?? defaultThrottle.freeTries,
    freeTriesPerNetwork: entry.freeTriesPerNetwork ?? defaultThrottle.freeTriesPerNetwork,
    exempt: compileNetworks(entry.exempt ?? [], (path, message) =>
      complain(['exempt', ...path], message),
    ),
  };
  if (settings.longestDelayMs < settings.firstDelayMs)
    complain(['longestDelay'], 'the longest delay is shorter than the first');
  if (settings.forgetAfterMs < settings.longestDelayMs)
    complain(['forgetAfter'], 'failures would be forgotten before the longest delay is over');
  return settings;
}

function compileNetworks(texts: readonly string[], complain: Complain): readonly Network[] {
  return texts.flatMap((text, index) => {
    try {
      return [parseNetwork(text)];
    } catch (error) {
      complain([index], messageOf(error));
      return [];
    }
  });
}
