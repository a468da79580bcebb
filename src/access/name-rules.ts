/**
 * Rules on the names in client certificates: the primary authentication where one is wanted. Used by the authenticator
 * and by whoever reads rules from options or a monitor. The first rule that matches decides; if none does, nobody enters.
 *
 *   [allow:|deny:] [dn:]C=GB,O=Lab,CN=alice       a name, in either order, `*` and `?` as wildcards
 *   [allow:|deny:] san:DNS:host.example           an alternative name; without its kind, of any kind
 *   [allow:|deny:] fp:AB:CD:…   sha256:abcd…      SHA-256 of the certificate
 */
import type { PeerCertificate } from '../security/tls-port.ts';
import { nameMatches, readName, textMatches } from './dn-pattern.ts';

export interface NameRule {
  /** As it was written. */
  readonly text: string;
  readonly allow: boolean;
  readonly matches: (certificate: PeerCertificate) => boolean;
}

type Matcher = NameRule['matches'];

/** Reads one rule. Throws TypeError with a sentence that names what is wrong. */
export function parseNameRule(text: string): NameRule {
  const [, verb, rest = ''] = /^(?:(allow|deny):)?\s*(.*)$/s.exec(text.trimStart()) ?? [];
  const [, kind, subject = ''] = /^(?:(dn|san|fp|sha256):)?\s*(.*)$/s.exec(rest) ?? [];
  if (subject === '') throw new TypeError(`name rule "${text}" names nobody`);
  return { text, allow: verb !== 'deny', matches: matcher(kind, subject, text) };
}

function matcher(kind: string | undefined, subject: string, text: string): Matcher {
  switch (kind) {
    case 'san':
      return altNameMatcher(subject.trimEnd());
    case 'fp':
    case 'sha256':
      return fingerprintMatcher(subject, text);
    default:
      return distinguishedNameMatcher(subject);
  }
}

function distinguishedNameMatcher(subject: string): Matcher {
  const pattern = readName(subject, { wildcards: true });
  return ({ distinguishedName }) => {
    const name = readName(distinguishedName, { wildcards: false });
    // A certificate without a subject has nothing to compare: not even `*` lets it in as somebody.
    return name.length > 0 && nameMatches(pattern, name);
  };
}

const altNameKinds = ['DNS:', 'IP:', 'email:', 'URI:'];

/** Host names are compared without case (RFC 4343), all else exactly. */
function altNameMatcher(subject: string): Matcher {
  const kind = altNameKinds.find((prefix) => subject.startsWith(prefix));
  const wanted = subject.slice(kind?.length ?? 0);
  return ({ subjectAltNames }) =>
    subjectAltNames.some((altName) => {
      const actual = altNameKinds.find((prefix) => altName.startsWith(prefix)) ?? '';
      if (kind !== undefined && kind !== actual) return false;
      const value = altName.slice(actual.length);
      return actual === 'DNS:'
        ? textMatches(wanted.toLowerCase(), value.toLowerCase())
        : textMatches(wanted, value);
    });
}

function fingerprintMatcher(subject: string, text: string): Matcher {
  const digits = subject.replace(/[:\s]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits))
    throw new TypeError(
      `name rule "${text}" needs a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons`,
    );
  return ({ fingerprint256 }) => fingerprint256 === digits;
}

/** What the rules say to a certificate, and which of them said it. No rules at all let nobody in. */
export function decideName(
  rules: readonly NameRule[],
  certificate: PeerCertificate,
): { readonly allowed: boolean; readonly rule?: string } {
  // Nothing in a certificate that was not verified is true, its fingerprint included: the key was not proven.
  if (!certificate.verified) return { allowed: false };
  const rule = rules.find(({ matches }) => matches(certificate));
  return rule === undefined ? { allowed: false } : { allowed: rule.allow, rule: rule.text };
}

/** The text of a rule for exactly this name: a wildcard in the name is made literal. */
export const ruleForName = (distinguishedName: string): string =>
  distinguishedName.replace(/[*?]/g, '\\$&');
