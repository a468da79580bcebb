/** One rule of an access file: whom it means, when and from where, and what they may do. Used by compile-policy.ts. */
import { messageOf } from '../core/errors.ts';
import type { Rights } from '../security/identity.ts';
import type { PeerCertificate } from '../security/tls-port.ts';
import { parseHours } from './hours.ts';
import {
  certificateKeys,
  certificateMatcher,
  type CertificateField,
  type CertificateMatcher,
} from './name-rules.ts';
import { textMatches } from './dn-pattern.ts';
import { parseNetwork } from './networks.ts';
import type { MatchEntry, OneOrMore } from './policy-document.ts';

/** A person as far as proven, and where and when. */
export interface Subject {
  readonly username?: string;
  readonly passwordName?: string;
  /** Verified. */
  readonly certificate?: PeerCertificate;
  readonly host: string;
  readonly atMs: number;
}

export interface AccessRule {
  /** For logs: `rule 2`, or its name. */
  readonly label: string;
  readonly rights: Rights;
  readonly matches: (subject: Subject) => boolean;
  /** See first-match.ts. */
  readonly keys?: readonly string[];
}

/** Where in an entry something is wrong, and what. */
export type Complain = (path: readonly (string | number)[], message: string) => void;

interface Condition {
  readonly matches: (subject: Subject) => boolean;
  readonly keys?: readonly string[];
}

/** All that an entry asks for must hold, and of several values for one thing one is enough. */
export function compileMatch(
  entry: MatchEntry,
  complain: Complain,
): Omit<AccessRule, 'label' | 'rights'> {
  const conditions: Condition[] = [];
  const add = (
    name: keyof MatchEntry,
    values: OneOrMore | undefined,
    read: (text: string) => Condition,
  ): void => {
    if (values === undefined) return;
    const list = typeof values === 'string' ? [values] : values;
    const read1 = (text: string, index: number): Condition[] => {
      try {
        return [read(text)];
      } catch (error) {
        const path = typeof values === 'string' ? [name] : [name, index];
        complain(path, messageOf(error));
        return [];
      }
    };
    conditions.push(anyOf(list.flatMap(read1)));
  };
  // Those of which most differ come first: the first with exact values is the one to be found by.
  add('fingerprint', entry.fingerprint, (text) => ofCertificate('fp', text));
  add('dn', entry.dn, (text) => ofCertificate('dn', text));
  add('san', entry.san, (text) => ofCertificate('san', text));
  add('user', entry.user, (text) => ofText('user', text, ({ username }) => username));
  add('password', entry.password, (text) =>
    ofText('password', text, ({ passwordName }) => passwordName),
  );
  add('networks', entry.networks, (text) => {
    const { contains } = parseNetwork(text);
    return { matches: ({ host }) => contains(host) };
  });
  add('hours', entry.hours, (text) => {
    const { includes } = parseHours(text);
    return { matches: ({ atMs }) => includes(atMs) };
  });
  if (entry.anyone !== true) conditions.push({ matches: isKnown });
  const keys = conditions.find((condition) => condition.keys !== undefined)?.keys;
  return {
    matches: (subject) => conditions.every(({ matches }) => matches(subject)),
    ...(keys === undefined ? {} : { keys }),
  };
}

/** Values by which a rule can be found for this person. */
export function subjectKeys({ username, passwordName, certificate }: Subject): string[] {
  return [
    ...(certificate === undefined ? [] : certificateKeys(certificate)),
    ...(username === undefined ? [] : [`user:${username}`]),
    ...(passwordName === undefined ? [] : [`password:${passwordName}`]),
  ];
}

/** Whoever proved nothing is meant by `anyone` alone, so that no rule on places or times opens the door to strangers. */
export const isKnown = ({ username, passwordName, certificate }: Subject): boolean =>
  (username ?? passwordName ?? certificate) !== undefined;

function anyOf(conditions: readonly Condition[]): Condition {
  const keys = conditions.flatMap((condition) => condition.keys ?? []);
  return {
    matches: (subject) => conditions.some(({ matches }) => matches(subject)),
    ...(conditions.every((condition) => condition.keys !== undefined) ? { keys } : {}),
  };
}

function ofCertificate(field: CertificateField, text: string): Condition {
  const matcher: CertificateMatcher = certificateMatcher(field, text);
  return {
    matches: ({ certificate }) => certificate !== undefined && matcher.matches(certificate),
    ...(matcher.keys === undefined ? {} : { keys: matcher.keys }),
  };
}

function ofText(
  kind: string,
  pattern: string,
  of: (subject: Subject) => string | undefined,
): Condition {
  return {
    matches: (subject) => {
      const text = of(subject);
      return text !== undefined && textMatches(pattern, text);
    },
    ...(/[*?]/.test(pattern) ? {} : { keys: [`${kind}:${pattern}`] }),
  };
}
