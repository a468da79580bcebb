import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readNameAttributes } from '../../src/access/dn-pattern.ts';
import { decideName, parseNameRule, ruleForName } from '../../src/access/name-rules.ts';
import { escapeDnValue } from '../../src/node/distinguished-name.ts';
import { certificateOf } from './certificates.ts';

const alice = 'C=GB,O=Lab,CN=alice';
/** Whether one rule lets a certificate of this name in. */
const lets = (rule: string, name: string, altNames: readonly string[] = []): boolean =>
  decideName([parseNameRule(rule)], certificateOf(name, altNames)).allowed;

/** Text of what is syntax somewhere, and of what needs more than one byte or unit. */
const nasty = fc.string({
  unit: fc.constantFrom(...Array.from(' ,+=\\"<>;#*?\n\0\u007f\u0085\u202eaé日😀')),
});

describe('name rules: distinguished names', () => {
  it('match a name in the order of the certificate', () => assert.ok(lets(alice, alice)));
  it('match a name in the reverse order, as certtool prints it', () =>
    assert.ok(lets('CN=alice,O=Lab,C=GB', alice)));
  it('match in no third order', () => assert.ok(!lets('O=Lab,C=GB,CN=alice', alice)));
  it('match the whole name only', () => {
    assert.ok(!lets('CN=alice', alice));
    assert.ok(!lets('C=GB,O=Lab', alice));
    assert.ok(!lets(`${alice},OU=x`, alice));
  });
  it('compare values exactly and attribute types without case', () => {
    assert.ok(lets('c=GB,o=Lab,cn=alice', alice));
    assert.ok(!lets('C=GB,O=lab,CN=alice', alice));
    assert.ok(!lets('C=GB,O=Lab,CN=Alice', alice));
  });
  it("know OpenSSL's spaces and its names of attributes", () => {
    assert.ok(lets('C = GB, O = Lab, CN = alice', alice));
    assert.ok(lets('emailAddress=a@b,2.5.4.3=x,SN=s', 'EMAIL=a@b,CN=x,surName=s'));
    assert.ok(lets('OID.2.5.4.3=x', 'CN=x'));
    assert.ok(lets('CN=\\C3\\A9', 'CN=é'));
  });
  it('tell an escaped comma from one between attributes', () => {
    assert.ok(!lets('CN=a,O=Lab', 'CN=a\\,O\\=Lab'));
    assert.ok(!lets('*,O=Lab', 'CN=evil\\,O=Lab'));
    assert.ok(lets('CN=a\\,O\\=Lab', 'CN=a\\,O=Lab'));
    assert.ok(lets('CN=a\\2cb', 'CN=a\\,b'));
  });
  it('tell an escaped plus, space and number sign from syntax', () => {
    assert.ok(!lets('CN=a+OU=b', 'CN=a\\+OU=b'));
    assert.ok(!lets('CN=a', 'CN=a\\ '));
    assert.ok(lets('CN=\\ a\\ ', 'CN=\\ a\\20'));
    assert.ok(lets('CN=\\#0c0161', 'CN=\\230c0161'));
    assert.ok(!lets('CN=\\#0c0161', 'CN=#0c0161'));
    assert.ok(lets('1.2.3.4=#0C0161', '1.2.3.4=#0c0161'));
  });
  it('are not split by a newline in a name', () => {
    assert.ok(!lets('CN=admin', 'CN=evil\\0aCN=admin'));
    assert.ok(!lets('CN=evil', 'CN=evil\\0aCN=admin'));
    assert.ok(lets('CN=evil\\0ACN=admin', 'CN=evil\\0aCN=admin'));
  });
  it('compare a set of attributes in any order, openssl reverses it', () => {
    assert.ok(lets('O=x,OU=multi+CN=bob', 'O=x,CN=bob+OU=multi'));
    assert.ok(!lets('O=x,CN=bob', 'O=x,CN=bob+OU=multi'));
  });
  it('take * and ? as wildcards over the whole name, in either order', () => {
    assert.ok(lets('C=GB,O=Lab,*', alice));
    assert.ok(lets('*,O=Lab,C=GB', alice));
    assert.ok(lets('C=GB,O=Lab,CN=al?ce', alice));
    assert.ok(lets('*CN=alice*', alice));
    assert.ok(lets('*', alice));
    assert.ok(!lets('C=GB,O=Lab,CN=ali?', alice));
    assert.ok(!lets('C=GB,O=Lab?CN=alice', alice));
    assert.ok(!lets('C=DE,*', alice));
  });
  it('take an escaped wildcard as itself', () => {
    assert.ok(lets('CN=\\*', 'CN=*'));
    assert.ok(!lets('CN=\\*', 'CN=alice'));
    assert.ok(!lets(ruleForName('CN=*'), 'CN=alice'));
    assert.ok(lets(ruleForName('CN=a?*'), 'CN=a?*'));
  });
  it('never match a certificate without a subject', () => assert.ok(!lets('*', '')));
  it('match hostile names in bounded time', () =>
    assert.ok(!lets(`CN=${'*a'.repeat(40)}b`, `CN=${'a'.repeat(4000)}`)));
  it('compare names of any length without running out of stack', () => {
    assert.ok(lets('O=x,*', `O=x,CN=${'a'.repeat(150_000)}`));
    assert.ok(!lets('O=x,CN=b', `O=x,1.2.3=#${'61'.repeat(100_000)}`));
  });
  it('refuse what is no name, with a sentence', () => {
    for (const [text, why] of [
      ['alice', /must read TYPE=value/],
      ['CN=a,,O=b', /must read TYPE=value/],
      ['CN=a"b', /must be written \\"/],
      ['CN=a\\', /backslash/],
      ['CN=\\ff', /not UTF-8/],
      ['C N=a', /no attribute type/],
      ['CN=#zz', /not hexadecimal/],
      ['', /names nobody/],
      ['allow:', /names nobody/],
      ['deny:dn:', /names nobody/],
    ] as const)
      assert.throws(() => parseNameRule(text), { name: 'TypeError', message: why });
  });
  it('made from any name match that name, and no other value', () =>
    fc.assert(
      fc.property(nasty, nasty, (a, b) => {
        const name = `O=x,CN=${escapeDnValue(a)}`;
        assert.ok(lets(ruleForName(name), name));
        assert.equal(lets(ruleForName(name), `O=x,CN=${escapeDnValue(b)}`), a === b);
        assert.deepEqual(readNameAttributes(name)[1], { type: 'CN', value: a, hex: false });
      }),
    ));
});

describe('name rules: alternative names and fingerprints', () => {
  const names = ['DNS:Host.Lab', 'IP:10.0.0.1', 'email:A@b.c', 'URI:spiffe://x/y'];
  it('match a name of the kind they give', () => {
    assert.ok(lets('san:DNS:host.lab', alice, names));
    assert.ok(lets('san:IP:10.0.0.1', alice, names));
    assert.ok(lets('san:URI:spiffe://x/y', alice, names));
    assert.ok(!lets('san:DNS:10.0.0.1', alice, names));
  });
  it('match a name of any kind when they give none', () => {
    assert.ok(lets('san:10.0.0.1', alice, names));
    assert.ok(lets('san:A@b.c', alice, names));
    assert.ok(!lets('san:a@b.c', alice, names));
  });
  it('know wildcards there too', () => {
    assert.ok(lets('san:DNS:*.lab', alice, names));
    assert.ok(!lets('san:DNS:?.lab', alice, names));
  });
  it('match a fingerprint with colons or without, in any case', () => {
    const digits = 'ab'.repeat(32);
    assert.ok(lets(`fp:${digits}`, alice));
    assert.ok(lets(`sha256:${(digits.toUpperCase().match(/../g) ?? []).join(':')}`, alice));
    assert.ok(!lets(`fp:${'ac'.repeat(32)}`, alice));
  });
  it('refuse a fingerprint that is not SHA-256', () =>
    assert.throws(() => parseNameRule(`fp:${'ab'.repeat(20)}`), /64 hexadecimal digits/));
});

describe('decideName', () => {
  const decide = (...rules: string[]) => decideName(rules.map(parseNameRule), certificateOf(alice));
  it('lets the first rule that matches decide, and names it', () => {
    assert.deepEqual(decide('deny:CN=bob', `deny:${alice}`, '*'), {
      allowed: false,
      rule: `deny:${alice}`,
    });
    assert.deepEqual(decide(`allow:dn:${alice}`, 'deny:*'), {
      allowed: true,
      rule: `allow:dn:${alice}`,
    });
  });
  it('denies when no rule matches, and when there is none', () => {
    assert.deepEqual(decide('deny:CN=bob'), { allowed: false });
    assert.deepEqual(decide(), { allowed: false });
  });
  it('denies a certificate that was not verified, whatever the rules say', () => {
    const certificate = { ...certificateOf(alice), verified: false };
    assert.equal(decideName([parseNameRule('*')], certificate).allowed, false);
  });
});
