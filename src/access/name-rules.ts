/**
 * Rules on the names in client certificates: the primary authentication where one is wanted. Used by the authenticator
 * and by whoever reads rules from options or a monitor. The first rule that matches decides; if none does, nobody enters.
 *
 *   [allow:|deny:] [dn:]C=GB,O=Lab,CN=alice       a name, in either order, `*` and `?` as wildcards
 *   [allow:|deny:] san:DNS:host.example           an alternative name; without its kind, of any kind
 *   [allow:|deny:] fp:AB:CD:…   sha256:abcd…      SHA-256 of the certificate
 */
import type { PeerCertificate } from '../security/tls-port.ts';
import {
  exactNameKey,
  flatName,
  flatPattern,
  nameKeys,
  nameMatches,
  readName,
  textMatches,
  type FlatName,
} from './dn-pattern.ts';
import { FirstMatch } from './first-match.ts';

/** What a rule or a part of one says of certificates. */
export interface CertificateMatcher {
  readonly matches: (certificate: PeerCertificate) => boolean;
  /** Of `certificateKeys`, those of which a certificate must have one; undefined: any certificate may match. */
  readonly keys?: readonly string[];
}

export interface NameRule extends CertificateMatcher {
  /** As it was written. */
  readonly text: string;
  readonly allow: boolean;
}

export type CertificateField = 'dn' | 'san' | 'fp';

/** Reads one rule. Throws TypeError with a sentence that names what is wrong. */
export function parseNameRule(text: string): NameRule {
  const [, verb, rest = ''] = /^(?:(allow|deny):)?\s*(.*)$/s.exec(text.trimStart()) ?? [];
  const [, kind = 'dn', subject = ''] = /^(?:(dn|san|fp|sha256):)?\s*(.*)$/s.exec(rest) ?? [];
  if (subject === '') throw new TypeError(`name rule "${text}" names nobody`);
  const field = kind === 'sha256' ? 'fp' : (kind as CertificateField);
  return { text, allow: verb !== 'deny', ...certificateMatcher(field, subject, text) };
}

/** Reads a pattern for one field. Throws TypeError that quotes `text`, by default the pattern itself. */
export function certificateMatcher(
  field: CertificateField,
  subject: string,
  text: string = subject,
): CertificateMatcher {
  switch (field) {
    case 'san':
      return altNameMatcher(subject.trimEnd());
    case 'fp':
      return fingerprintMatcher(subject, text);
    case 'dn':
      return distinguishedNameMatcher(subject);
  }
}

function distinguishedNameMatcher(subject: string): CertificateMatcher {
  const pattern = flatPattern(readName(subject, { wildcards: true }));
  const exact = exactNameKey(pattern);
  return {
    matches: (certificate) => {
      const name = nameOf(certificate);
      // A certificate without a subject has nothing to compare: not even `*` lets it in as somebody.
      return name.forward.length > 0 && nameMatches(pattern, name);
    },
    ...(exact === undefined ? {} : { keys: [`dn:${exact}`] }),
  };
}

/** A hundred thousand rules read one name once. */
const names = new WeakMap<PeerCertificate, FlatName>();

function nameOf(certificate: PeerCertificate): FlatName {
  let name = names.get(certificate);
  if (name === undefined) {
    name = flatName(readName(certificate.distinguishedName, { wildcards: false }));
    names.set(certificate, name);
  }
  return name;
}

const altNameKinds = ['DNS:', 'IP:', 'email:', 'URI:'];

function splitAltName(altName: string): { readonly kind: string; readonly value: string } {
  const kind = altNameKinds.find((prefix) => altName.startsWith(prefix)) ?? '';
  return { kind, value: comparable(kind, altName.slice(kind.length)) };
}

/** Host names are compared without case (RFC 4343), all else exactly. */
const comparable = (kind: string, value: string): string =>
  kind === 'DNS:' ? value.toLowerCase() : value;

function altNameMatcher(subject: string): CertificateMatcher {
  const wantedKind = altNameKinds.find((prefix) => subject.startsWith(prefix));
  const wanted = subject.slice(wantedKind?.length ?? 0);
  const kinds = wantedKind === undefined ? [...altNameKinds, ''] : [wantedKind];
  return {
    matches: ({ subjectAltNames }) =>
      subjectAltNames.map(splitAltName).some(({ kind, value }) => {
        if (wantedKind !== undefined && kind !== wantedKind) return false;
        return textMatches(comparable(kind, wanted), value);
      }),
    ...(/[*?]/.test(wanted)
      ? {}
      : { keys: kinds.map((kind) => `san:${kind}${comparable(kind, wanted)}`) }),
  };
}

function fingerprintMatcher(subject: string, text: string): CertificateMatcher {
  const digits = subject.replace(/[:\s]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits))
    throw new TypeError(
      `name rule "${text}" needs a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons`,
    );
  return {
    matches: ({ fingerprint256 }) => fingerprint256 === digits,
    keys: [`fp:${digits}`],
  };
}

/** All exact values by which a rule can ask for this certificate. */
export const certificateKeys = (certificate: PeerCertificate): string[] => [
  ...nameKeys(nameOf(certificate)).map((key) => `dn:${key}`),
  ...certificate.subjectAltNames.map(splitAltName).map(({ kind, value }) => `san:${kind}${value}`),
  `fp:${certificate.fingerprint256}`,
];

export interface NameVerdict {
  readonly allowed: boolean;
  /** Which of the rules said it. */
  readonly rule?: string;
}

/** Rules that were read once to decide often: exact names and fingerprints are found by value, whatever their number. */
export interface NameRuleIndex {
  readonly decide: (certificate: PeerCertificate) => NameVerdict;
}

export function indexNameRules(rules: readonly NameRule[]): NameRuleIndex {
  const index = new FirstMatch(
    rules.map((rule) => ({ rule, ...(rule.keys === undefined ? {} : { keys: rule.keys }) })),
  );
  return {
    decide: (certificate) =>
      verdict(certificate, () =>
        index.find(certificateKeys(certificate), ({ matches }) => matches(certificate)),
      ),
  };
}

/** What the rules say to a certificate. No rules at all let nobody in. */
export const decideName = (rules: readonly NameRule[], certificate: PeerCertificate): NameVerdict =>
  verdict(certificate, () => rules.find(({ matches }) => matches(certificate)));

function verdict(certificate: PeerCertificate, find: () => NameRule | undefined): NameVerdict {
  // Nothing in a certificate that was not verified is true, its fingerprint included: the key was not proven.
  if (!certificate.verified) return { allowed: false };
  const rule = find();
  return rule === undefined ? { allowed: false } : { allowed: rule.allow, rule: rule.text };
}

/** The text of a rule for exactly this name: a wildcard in the name is made literal. */
export const ruleForName = (distinguishedName: string): string =>
  distinguishedName.replace(/[*?]/g, '\\$&');
