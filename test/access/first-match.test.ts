import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FirstMatch } from '../../src/access/first-match.ts';
import { decideName, indexNameRules, parseNameRule } from '../../src/access/name-rules.ts';
import { certificateOf } from './certificates.ts';

describe('FirstMatch', () => {
  it('finds the first rule in order, whether by value or by trying', () => {
    const rules = new FirstMatch([
      { rule: 'a', keys: ['x'] },
      { rule: 'b' },
      { rule: 'c', keys: ['x', 'y'] },
    ]);
    const all = (): boolean => true;
    assert.equal(rules.find(['x'], all), 'a');
    assert.equal(rules.find(['y'], all), 'b');
    assert.equal(
      rules.find(['y', 'x'], (rule) => rule === 'c'),
      'c',
    );
    assert.equal(
      rules.find(['z'], (rule) => rule !== 'b'),
      undefined,
    );
  });
  it('does not try rules whose value the subject lacks', () => {
    const rules = new FirstMatch(
      Array.from({ length: 1000 }, (_, n) => ({ rule: n, keys: [`${n}`] })),
    );
    const tried: number[] = [];
    rules.find(['7', '900'], (rule) => {
      tried.push(rule);
      return false;
    });
    assert.deepEqual(tried, [7, 900]);
  });
});

describe('indexed name rules', () => {
  // Few words, so that names and rules meet often.
  const word = fc.constantFrom('a', 'b', 'A', 'a\\,b', 'a\\*');
  const wild = fc.oneof(word, fc.constantFrom('*', 'a?', '?'));
  const dn = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .array(fc.tuple(fc.constantFrom('C', 'O', 'CN', 'cn'), values), {
        minLength: 1,
        maxLength: 3,
      })
      .map((parts) => parts.map(([type, value]) => `${type}=${value}`).join(','));
  const altName = fc.constantFrom('DNS:a.b', 'DNS:A.b', 'IP:10.0.0.1', 'email:a@b', 'odd');
  const rule = fc
    .tuple(
      fc.constantFrom('', 'deny:', 'allow:'),
      fc.oneof(
        dn(wild),
        altName.map((name) => `san:${name}`),
        fc.constantFrom('san:a.b', 'san:*.b', 'san:DNS:*', `fp:${'ab'.repeat(32)}`),
        fc.constant(`sha256:${'cd'.repeat(32)}`),
      ),
    )
    .map(([verb, subject]) => parseNameRule(verb + subject));

  it('decide as the same rules do one by one', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        dn(word),
        fc.array(altName, { maxLength: 2 }),
        (rules, name, altNames) => {
          const certificate = certificateOf(name.replaceAll('\\*', '*'), altNames);
          assert.deepEqual(
            indexNameRules(rules).decide(certificate),
            decideName(rules, certificate),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });
  it('let no certificate in that was not verified', () => {
    const index = indexNameRules([parseNameRule(`fp:${'ab'.repeat(32)}`)]);
    assert.ok(index.decide(certificateOf('CN=a')).allowed);
    assert.ok(!index.decide({ ...certificateOf('CN=a'), verified: false }).allowed);
  });
});
