import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { rightNames } from '../../src/access/rights-words.ts';
import { defaultThrottle } from '../../src/access/throttle.ts';
import { readAccessText } from '../../src/node/access-file.ts';

const text = readFileSync('docs/access.md', 'utf8');
const example = /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '';
const schema = JSON.parse(readFileSync('schema/access.schema.json', 'utf8')) as {
  properties: Record<string, unknown> & {
    rules: { items: { properties: { match: { properties: object } } } };
    throttle: { else: { properties: Record<string, { default?: number }> } };
  };
};

const rows = (head: string): string[] => {
  const table = text.slice(text.indexOf(`| ${head} |`)).split('\n\n')[0] ?? '';
  return Array.from(table.matchAll(/^\| `(\w+)` \|/gm), (row) => row[1] ?? '');
};

describe('docs/access.md', () => {
  it('has an example that is right', () => {
    const { policy, problems } = readAccessText(example);
    assert.deepEqual(problems, []);
    assert.equal(policy?.users.length, 2);
    const tuesday = Date.parse('2026-01-06T09:00:00Z');
    const rule = (subject: object, atMs = tuesday) =>
      policy?.decide({ host: '10.0.0.1', atMs, ...subject })?.rule;
    assert.equal(rule({ username: 'mallory' }), 'rule 1 (dismissed)');
    assert.equal(rule({ username: 'bob' }), 'rule 3 (office)');
    assert.equal(rule({ username: 'bob' }, tuesday + 12 * 3600_000), undefined);
    assert.equal(rule({ passwordName: 'guests' }), 'rule 4');
  });
  it('shows every key of the file', () => {
    for (const key of Object.keys(schema.properties))
      assert.match(example, new RegExp(`^${key}:`, 'm'));
  });
  it('lists every key of a match, and every right, and no other', () => {
    const keys = Object.keys(schema.properties.rules.items.properties.match.properties);
    assert.deepEqual(rows('key').sort(), keys.sort());
    assert.deepEqual(rows('right'), rightNames);
  });
});

describe('schema/access.schema.json', () => {
  it('states the throttle that is the default', () => {
    const { firstDelay, longestDelay, forgetAfter, freeTries, freeTriesPerNetwork } =
      schema.properties.throttle.else.properties;
    assert.deepEqual(
      [firstDelay, longestDelay, forgetAfter].map((each) => (each?.default ?? 0) * 1000),
      [defaultThrottle.firstDelayMs, defaultThrottle.longestDelayMs, defaultThrottle.forgetAfterMs],
    );
    assert.deepEqual(
      [freeTries?.default, freeTriesPerNetwork?.default],
      [defaultThrottle.freeTries, defaultThrottle.freeTriesPerNetwork],
    );
  });
});
