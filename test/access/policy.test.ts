import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePolicy, parseExpiryDate, type Policy } from '../../src/access/compile-policy.ts';
import { PolicyKeeper } from '../../src/access/policy-keeper.ts';
import type { PolicyDocument, RuleEntry } from '../../src/access/policy-document.ts';
import { describeRights, rightsOf } from '../../src/access/rights-words.ts';
import { formatPasswordHash } from '../../src/access/users.ts';
import { AuthenticationError, ErrorCode } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import {
  allRights,
  viewOnlyRights,
  type Identity,
  type Peer,
} from '../../src/security/identity.ts';
import { certificateOf } from './certificates.ts';

/** A hash that stands for itself. */
const scrypt = async (password: Uint8Array, { byteLength }: { byteLength: number }) => {
  const hash = new Uint8Array(byteLength);
  hash.set(password);
  return hash;
};
const hashOf = (password: string): string => {
  const hash = new Uint8Array(32);
  hash.set(new TextEncoder().encode(password));
  return formatPasswordHash({ ln: 12, r: 8, p: 1, salt: new Uint8Array(16), hash });
};

const users = { alice: hashOf('a'), bob: { password: hashOf('b'), rights: 'view' as const } };
const passwords = [
  { name: 'crew', password: 'crewword' },
  { name: 'guests', password: 'guest', rights: 'view' as const, expires: '2026-02-01' },
];
const noon = Date.parse('2026-01-05T12:00:00Z'); // a Monday
const peer: Peer = { address: '192.0.2.1:1', host: '192.0.2.1', local: false };
const alice = certificateOf('C=GB,O=Lab,CN=alice', ['DNS:alice.lab']);

function policyOf(document: PolicyDocument): Policy {
  const { policy, faults } = compilePolicy(document);
  assert.deepEqual(faults, []);
  assert.ok(policy !== undefined);
  return policy;
}

function keeperOf(document: PolicyDocument, atMs = noon): PolicyKeeper {
  const keeper = new PolicyKeeper({ scrypt, now: () => atMs });
  keeper.use(policyOf(document));
  return keeper;
}

const typed = (text: string) => (known: Uint8Array) => new TextDecoder().decode(known) === text;

async function refusal(attempt: Promise<unknown>): Promise<{ code: ErrorCode; message: string }> {
  const error = await attempt.then(
    () => assert.fail('it was let in'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AuthenticationError);
  assert.equal(error.peerReason, 'Authentication failed');
  return error;
}

describe('an access policy without rules', () => {
  const { authenticator } = keeperOf({ users, passwords });
  it('lets users in with their passwords, each with the rights that stand beside it', async () => {
    assert.deepEqual(await authenticator.plain('alice', new Secret('a'), peer), {
      name: 'alice',
      username: 'alice',
      rights: allRights,
    });
    assert.deepEqual(
      (await authenticator.plain('bob', new Secret('b'), peer)).rights,
      viewOnlyRights,
    );
    assert.match(
      (await refusal(authenticator.plain('alice', new Secret('b'), peer))).message,
      /wrong password/,
    );
    assert.match(
      (await refusal(authenticator.plain('eve', new Secret('b'), peer))).message,
      /unknown user/,
    );
  });
  it('lets VNC passwords in by name, until they expire', async () => {
    assert.deepEqual(await authenticator.vncPassword(typed('crewword'), peer), {
      name: 'password crew',
      passwordName: 'crew',
      rights: allRights,
    });
    assert.deepEqual(
      (await authenticator.vncPassword(typed('guest'), peer)).rights,
      viewOnlyRights,
    );
    const later = keeperOf({ passwords }, Date.parse('2026-02-01T00:00:00Z')).authenticator;
    assert.match(
      (await refusal(later.vncPassword(typed('guest'), peer))).message,
      /"guests" has expired/,
    );
    assert.equal((await later.vncPassword(typed('crewword'), peer)).passwordName, 'crew');
  });
  it('tries every password, whichever was right, and one where there is none', async () => {
    const asked = async (keeper: PolicyKeeper, answer: boolean): Promise<number> => {
      let count = 0;
      const matches = (): boolean => {
        count += 1;
        return answer;
      };
      await keeper.authenticator.vncPassword(matches, peer).catch(() => undefined);
      return count;
    };
    assert.equal(await asked(keeperOf({ passwords }), true), 2);
    assert.equal(await asked(keeperOf({ passwords }), false), 2);
    assert.equal(await asked(keeperOf({}), false), 1);
    const { message } = await refusal(keeperOf({}).authenticator.vncPassword(() => true, peer));
    assert.equal(message, 'no password is set');
  });
  it('lets a verified certificate in, and nobody who proves nothing', async () => {
    assert.deepEqual(
      (await authenticator.anyone({ ...peer, certificate: alice })).rights,
      allRights,
    );
    const { code } = await refusal(authenticator.anyone(peer));
    assert.equal(code, ErrorCode.notAllowed);
  });
});

describe('access rules', () => {
  const ruled = (...rules: RuleEntry[]): PolicyKeeper => keeperOf({ users, passwords, rules });
  const plain = (keeper: PolicyKeeper, from: Peer = peer): Promise<Identity> =>
    keeper.authenticator.plain('alice', new Secret('a'), from);

  it('the first that matches decides', async () => {
    const rights = async (...rules: RuleEntry[]) =>
      describeRights((await plain(ruled(...rules))).rights);
    assert.equal(
      await rights(
        { match: { user: 'alice' }, rights: 'view' },
        { match: { user: '*' }, rights: 'full' },
      ),
      'view',
    );
    assert.equal(
      await rights(
        { match: { user: 'bob' }, rights: 'view' },
        { match: { user: 'a*' }, rights: ['view', 'pointer'] },
      ),
      'view, pointer',
    );
  });
  it('nobody enters whom none matches, not even where there are none', async () => {
    const { code, message } = await refusal(
      plain(ruled({ match: { user: 'bob' }, rights: 'full' })),
    );
    assert.equal(code, ErrorCode.notAllowed);
    assert.equal(message, 'no rule lets in user "alice", from 192.0.2.1');
    await refusal(plain(ruled()));
  });
  it('no rights keep out whom a later rule would let in', async () => {
    const { message } = await refusal(
      plain(
        ruled(
          { name: 'holidays', match: { user: 'alice' }, rights: 'none' },
          { match: { user: '*' }, rights: 'full' },
        ),
      ),
    );
    assert.match(message, /^rule 1 \(holidays\) gives no rights to user "alice"/);
    await refusal(plain(ruled({ match: { user: 'alice' }, rights: [] })));
  });
  it('never give more than stands beside the user or password', async () => {
    const { authenticator } = ruled({
      match: { anyone: true },
      rights: ['view', 'keyboard', 'clipboardOut'],
    });
    const bob = await authenticator.plain('bob', new Secret('b'), peer);
    assert.equal(describeRights(bob.rights), 'view');
    assert.equal(
      describeRights((await authenticator.plain('alice', new Secret('a'), peer)).rights),
      'view, keyboard, clipboardOut',
    );
  });
  it('all that a rule names must hold: certificate and user together', async () => {
    const keeper = ruled({
      match: { dn: 'O=Lab,CN=*', user: 'alice', networks: '192.0.2.0/24' },
      rights: 'full',
    });
    await refusal(plain(keeper));
    const short = certificateOf('O=Lab,CN=alice');
    assert.equal((await plain(keeper, { ...peer, certificate: short })).username, 'alice');
    await refusal(plain(keeper, { ...peer, certificate: certificateOf('O=Other,CN=alice') }));
    await refusal(plain(keeper, { ...peer, host: '198.51.100.1', certificate: short }));
    await refusal(
      keeper.authenticator.plain('bob', new Secret('b'), { ...peer, certificate: short }),
    );
  });
  it('of several values for one thing one is enough', async () => {
    const keeper = ruled({
      match: { san: ['DNS:x', 'DNS:ALICE.lab'], user: ['bob', 'alice'] },
      rights: 'full',
    });
    assert.equal((await plain(keeper, { ...peer, certificate: alice })).name, 'alice');
  });
  it('know certificates by fingerprint, and passwords by name', async () => {
    const keeper = ruled({
      match: { fingerprint: 'AB:'.repeat(32), password: 'crew' },
      rights: 'full',
    });
    const known = { ...peer, certificate: alice };
    assert.equal(
      (await keeper.authenticator.vncPassword(typed('crewword'), known)).passwordName,
      'crew',
    );
    await refusal(keeper.authenticator.vncPassword(typed('guest'), known));
    await refusal(keeper.authenticator.vncPassword(typed('crewword'), peer));
  });
  it('on places and times open no door to people who prove nothing; anyone does', async () => {
    const keeper = ruled({ match: { networks: ['192.0.2.0/24'] }, rights: 'full' });
    await refusal(keeper.authenticator.anyone(peer));
    assert.equal((await plain(keeper)).name, 'alice');
    const open = ruled({ match: { anyone: true, networks: '192.0.2.0/24' }, rights: 'view' });
    assert.deepEqual((await open.authenticator.anyone(peer)).rights, viewOnlyRights);
    await refusal(open.authenticator.anyone({ ...peer, host: '198.51.100.1' }));
  });
  it('hold in their hours only', async () => {
    const rules = [
      { match: { user: '*', hours: 'Mon-Fri 08:00-18:00 UTC' }, rights: 'full' as const },
    ];
    assert.equal((await plain(keeperOf({ users, rules }))).name, 'alice');
    await refusal(plain(keeperOf({ users, rules }, Date.parse('2026-01-05T18:00:00Z'))));
  });
  it('see a wrong password before they are asked', async () => {
    const keeper = ruled({ match: { user: 'bob' }, rights: 'full' });
    const { message } = await refusal(keeper.authenticator.plain('alice', new Secret('x'), peer));
    assert.match(message, /wrong password/);
  });
  it('decide alike found by value or tried one by one', () => {
    const value = fc.constantFrom('alice', 'bob', '*', 'b*');
    const match = fc.record(
      {
        user: fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })),
        dn: fc.constantFrom('CN=alice', 'CN=*', 'O=Lab,CN=bob'),
        networks: fc.constantFrom('192.0.2.0/24', '10.0.0.0/8'),
        anyone: fc.constant(true as const),
      },
      { requiredKeys: [] },
    );
    const rights = fc.constantFrom('full', 'view', 'none') as fc.Arbitrary<
      'full' | 'view' | 'none'
    >;
    fc.assert(
      fc.property(
        fc.array(fc.record({ match, rights }), { maxLength: 8 }),
        fc.option(fc.constantFrom('alice', 'bob'), { nil: undefined }),
        fc.option(fc.constantFrom('CN=alice', 'O=Lab,CN=bob'), { nil: undefined }),
        (rules, username, dn) => {
          const subject = {
            ...(username === undefined ? {} : { username }),
            ...(dn === undefined ? {} : { certificate: certificateOf(dn) }),
            host: '192.0.2.1',
            atMs: noon,
          };
          const whole = policyOf({ users, rules }).decide(subject)?.rights;
          const one = rules
            .map((rule) => policyOf({ users, rules: [rule] }).decide(subject)?.rights)
            .find((found) => found !== undefined);
          assert.deepEqual(whole, one);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('judging those who are in', () => {
  const identity: Identity = { name: 'alice', username: 'alice', rights: allRights };
  const judged = (document: PolicyDocument, who: Identity = identity) =>
    keeperOf(document).judge(who, peer);

  it('gives them what the policy gives now', () => {
    assert.deepEqual(judged({ users }), { rights: allRights });
    const rules = [{ match: { user: 'alice' }, rights: 'view' as const }];
    assert.deepEqual(judged({ users, rules }), { rights: viewOnlyRights });
  });
  it('wants them gone when their user, password or rule is', () => {
    assert.match(judged({}).denied ?? '', /no user "alice" any more/);
    assert.match(
      judged({}, { name: 'p', passwordName: 'crew', rights: allRights }).denied ?? '',
      /no password "crew" any more/,
    );
    assert.match(judged({ users, rules: [] }).denied ?? '', /no rule lets in user "alice"/);
  });
  it('remembers their certificate', () => {
    const rules = [{ match: { dn: 'C=GB,O=Lab,CN=alice' }, rights: 'full' as const }];
    assert.deepEqual(judged({ users, rules }, { ...identity, certificate: alice }), {
      rights: allRights,
    });
    assert.match(judged({ users, rules }).denied ?? '', /no rule/);
  });
  it('lets them be while there is no policy, when nobody new enters', async () => {
    const keeper = keeperOf({ users, passwords });
    keeper.withdraw('the access file is missing');
    assert.deepEqual(keeper.judge(identity, peer), { rights: allRights });
    const { authenticator } = keeper;
    for (const attempt of [
      authenticator.plain('alice', new Secret('a'), peer),
      authenticator.vncPassword(typed('crewword'), peer),
      authenticator.anyone({ ...peer, certificate: alice }),
    ])
      assert.match((await refusal(attempt)).message, /the access file is missing/);
    keeper.use(policyOf({ users }));
    assert.equal((await authenticator.plain('alice', new Secret('a'), peer)).name, 'alice');
  });
  it('a user who is taken away while the password is being looked at does not get in', async () => {
    const keeper = keeperOf({ users });
    const attempt = keeper.authenticator.plain('alice', new Secret('a'), peer);
    keeper.use(policyOf({}));
    assert.match((await refusal(attempt)).message, /no user "alice" any more/);
  });
});

describe('faults of a policy', () => {
  const faultsOf = (document: PolicyDocument): string[] =>
    compilePolicy(document).faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const full = 'full' as const;

  it('are all told, each with its place', () => {
    const faults = faultsOf({
      users: { eve: 'secret' },
      passwords: [
        { name: 'a', password: 'toolongpassword' },
        { name: 'a', password: 'x', expires: '2026-02-30' },
        { name: 'b', password: 'x' },
      ],
      rules: [
        {
          match: {
            dn: ['CN=a', 'alice'],
            fingerprint: 'abc',
            networks: '10.0.0.1/8',
            hours: 'always',
          },
          rights: full,
        },
        { match: { user: 'bob', password: ['a', 'c'] }, rights: full },
      ],
      throttle: { firstDelay: 10, longestDelay: 1, forgetAfter: 0.5, exempt: ['lan'] },
      proxies: ['::1', 'proxy'],
    });
    for (const [index, start] of [
      'users.eve: the password is not of the form',
      'passwords.0.password: the password has 15 bytes',
      'passwords.1.name: there is a password "a" already',
      'passwords.1.expires: "2026-02-30" is no date',
      'passwords.2.password: is the same as password 2',
      'rules.0.match.fingerprint: name rule "abc" needs a SHA-256',
      'rules.0.match.dn.1: "alice" is not a distinguished name',
      'rules.0.match.networks: network "10.0.0.1/8" has bits set',
      'rules.0.match.hours: hours "always" does not read',
      'rules.1.match.password.1: there is no password "c" under passwords, where there is "a", "b"',
      'rules.1.match.user: there is no user "bob" under users, where there is "eve"',
      'throttle.exempt.0: network "lan"',
      'throttle.longestDelay: the longest delay is shorter',
      'throttle.forgetAfter: failures would be forgotten',
      'proxies.1: network "proxy"',
    ].entries())
      assert.ok(faults[index]?.startsWith(start), `${faults[index]} is not ${start}`);
    assert.equal(faults.length, 15);
  });
  it('never quote a password or hash', () => {
    const text = faultsOf({
      users: { eve: 'hunter22' },
      passwords: [
        { name: 'a', password: 'hunter22x' },
        { name: 'b', password: 'hunter22x' },
      ],
    }).join();
    assert.doesNotMatch(text, /hunter22/);
  });
  it('tell whether rules need certificates', () => {
    const use = (...rules: RuleEntry[]) => policyOf({ users, rules }).certificates;
    assert.equal(use({ match: { user: '*' }, rights: full }), 'unused');
    assert.equal(use({ match: { san: 'DNS:a' }, rights: full }), 'allow');
    assert.equal(use({ match: { dn: 'CN=a' }, rights: 'none' }), 'deny');
  });
});

describe('words of an access file', () => {
  it('rights: presets and lists', () => {
    assert.equal(rightsOf('full'), allRights);
    assert.equal(rightsOf('view'), viewOnlyRights);
    assert.deepEqual(
      Object.values(rightsOf('none')),
      Array.from({ length: 8 }, () => false),
    );
    assert.deepEqual(
      Object.entries(rightsOf(['power'])).filter(([, has]) => has),
      [['power', true]],
    );
  });
  it('expiry: never, the first moment of a day, or a time with its zone', () => {
    assert.equal(parseExpiryDate('never'), Number.POSITIVE_INFINITY);
    assert.equal(parseExpiryDate('2026-02-01'), Date.UTC(2026, 1, 1));
    assert.equal(parseExpiryDate('2026-02-01T18:00:00+02:00'), Date.UTC(2026, 1, 1, 16));
    for (const text of ['', 'soon', '2026-2-1', '2026-02-01T18:00', '2026-13-01', '+60'])
      assert.throws(() => parseExpiryDate(text), TypeError, text);
  });
});
