/**
 * QEMU's authz lists as name rules: from `-object authz-list`, and from a file that is read again whenever it has changed.
 * As in QEMU the first rule that matches decides, and a file that has become unreadable or wrong lets nobody in.
 */
import { readFileSync, statSync } from 'node:fs';
import { parseNameRule, ruleForName, type NameRule } from '../../access/name-rules.ts';
import { textMatches } from '../../access/dn-pattern.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { AuthzFileObject, AuthzList, AuthzListObject, AuthzRule } from './objects.ts';

const MAX_FILE_BYTES = 1024 * 1024;

/** Throws TypeError for names that are none, and for a file that is not good at the start. */
export function openNameRules(
  authz: AuthzListObject | AuthzFileObject,
  logger: Logger,
): () => readonly NameRule[] {
  if (authz.type === 'authz-list') {
    const rules = nameRules(authz);
    return () => rules;
  }
  const { file, refresh } = authz;
  let stamp = stampOf(file);
  let rules = readNameList(file);
  if (!refresh) return () => rules;
  // Looked at when somebody comes, so that nothing has to watch; a look is some 20 µs.
  return () => {
    const now = stampOf(file);
    if (now === stamp) return rules;
    stamp = now;
    try {
      rules = readNameList(file);
      logger.info('name list read again', { file, rules: rules.length });
    } catch (error) {
      rules = [];
      logger.error('name list cannot be used, so nobody enters', {
        file,
        reason: messageOf(error),
      });
    }
    return rules;
  };
}

/** Changes with every write and every rename over the file. */
function stampOf(file: string): string {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined
    ? 'missing'
    : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
}

function readNameList(file: string): readonly NameRule[] {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new Error(`has ${size} bytes`);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const why = messageOf(cause);
    throw new TypeError(`the name list ${file} cannot be read: ${why}`, { cause });
  }
  try {
    return nameRules(parseList(JSON.parse(text)));
  } catch (cause) {
    const why = messageOf(cause);
    throw new TypeError(`the name list ${file} is not good: ${why}`, { cause });
  }
}

/** `{"policy": "deny", "rules": [{"match": "CN=alice", "policy": "allow", "format": "exact"}]}`, and nothing else. */
function parseList(value: unknown): AuthzList {
  const { policy = 'deny', rules = [] } = members(value, 'the list', ['policy', 'rules']);
  if (!Array.isArray(rules)) throw new TypeError('rules is no list');
  return { policy: policyOf(policy, 'policy'), rules: rules.map(parseRule) };
}

function parseRule(value: unknown, index: number): AuthzRule {
  const where = `rules.${index}`;
  const rule = members(value, where, ['match', 'policy', 'format']);
  const { match, policy, format = 'exact' } = rule;
  if (typeof match !== 'string') throw new TypeError(`${where}.match is no text`);
  if (format !== 'exact' && format !== 'glob')
    throw new TypeError(`${where}.format is neither exact nor glob`);
  return { match, policy: policyOf(policy, `${where}.policy`), format };
}

function members(value: unknown, where: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${where} is no object`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`${where} has an unknown member ${unknown}`);
  return value as Record<string, unknown>;
}

function policyOf(value: unknown, where: string): 'allow' | 'deny' {
  if (value === 'allow' || value === 'deny') return value;
  throw new TypeError(`${where} is neither allow nor deny`);
}

function nameRules({ policy, rules }: AuthzList): readonly NameRule[] {
  const list = rules.map(nameRule);
  if (policy === 'allow') list.push({ text: 'policy=allow', allow: true, matches: () => true });
  return list;
}

function nameRule({ match, policy, format }: AuthzRule): NameRule {
  // Always with `dn:`, so that a name which begins like another kind of rule is not taken for one.
  if (format === 'exact') return parseNameRule(`${policy}:dn:${ruleForName(match)}`);
  const pattern = withoutEscapes(match);
  return {
    text: `${policy}:${match}`,
    allow: policy === 'allow',
    matches: ({ distinguishedName, distinguishedNameReversed }) =>
      // A certificate without a subject is nobody: not even `*` lets it in.
      distinguishedName !== '' &&
      [distinguishedName, distinguishedNameReversed].some((name) =>
        textMatches(pattern, withoutEscapes(name)),
      ),
  };
}

/**
 * QEMU's glob goes over the whole text of the name. An escaped character becomes one of its own here, or the organisation
 * "x,CN=alice" would pass for a common name.
 */
const withoutEscapes = (name: string): string =>
  name.replace(/\\(.)/gs, (_, character: string) =>
    String.fromCodePoint(0xf0000 + ((character.codePointAt(0) ?? 0) % 0x10000)),
  );
