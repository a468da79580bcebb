import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Logger } from '../../src/core/logger.ts';
import { readAccessText } from '../../src/node/access-file.ts';
import {
  AccessFileError,
  openAccessPolicy,
  type AccessPolicy,
  type AccessPolicyOptions,
} from '../../src/node/access-policy.ts';
import type { Identity, Peer } from '../../src/security/identity.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-access-'));
});
after(() => rm(folder, { recursive: true, force: true }));
// Following a file keeps no process alive; a server does, and here this.
const alive = setInterval(() => undefined, 1000);
after(() => clearInterval(alive));

const peer: Peer = { address: '192.0.2.1:1', host: '192.0.2.1', local: false };
const view = 'rules: [{ match: { anyone: true }, rights: view }]\n';
const full = 'rules: [{ match: { anyone: true }, rights: full }]\n';

class Alarms implements Logger {
  readonly errors: string[] = [];
  readonly debug = (): void => undefined;
  readonly info = (): void => undefined;
  readonly warn = (): void => undefined;
  readonly error: Logger['error'] = (event, fields) =>
    void this.errors.push(`${event}: ${fields?.['reason'] ?? ''}`);
}

let files = 0;
async function open(
  text: string,
  options: AccessPolicyOptions = {},
): Promise<{ policy: AccessPolicy; file: string; alarms: Alarms }> {
  const directory = join(folder, `${(files += 1)}`);
  await mkdir(directory);
  const file = join(directory, 'access.yaml');
  await writeFile(file, text, { mode: 0o600 });
  const alarms = new Alarms();
  // Looks at the file when it is told to, unless a test says otherwise.
  const policy = await openAccessPolicy(file, {
    logger: alarms,
    settleMs: 1e6,
    lookMs: 1e6,
    ...options,
  });
  return { policy, file, alarms };
}

const mayType = async (policy: AccessPolicy): Promise<boolean | string> =>
  policy.authenticator.anyone(peer).then(
    ({ rights }) => rights.keyboard,
    (error: Error) => error.message,
  );

describe('an access file that is followed', () => {
  it('is read again on reload, and tells of it', async () => {
    const { policy, file } = await open(view);
    let told = 0;
    policy.events.on('review', () => (told += 1));
    assert.equal(await mayType(policy), false);
    await writeFile(file, full);
    assert.equal(await policy.reload(), 'changed');
    assert.equal(await mayType(policy), true);
    assert.equal(await policy.reload(), 'unchanged');
    assert.equal(told, 1);
    policy.close();
  });

  it('that is broken changes nothing, and raises an alarm that names the place', async () => {
    const { policy, file, alarms } = await open(view);
    for (const [broken, why] of [
      ['rules: [', /access\.yaml:1:\d+: /],
      [
        'rules: [{ match: { anyone: true }, rights: fool }]',
        /access\.yaml:1:44: rules\.0\.rights: must be one of/,
      ],
      ['', /the file is empty/],
      [`users: { a: x }\n${full}`, /1:13: users\.a: the password is not of the form/],
    ] as const) {
      await writeFile(file, broken);
      assert.equal(await policy.reload(), 'kept');
      assert.match(alarms.errors.at(-1) ?? '', /what it said before stays in force/);
      assert.match(alarms.errors.at(-1) ?? '', why);
      assert.equal(await mayType(policy), false);
    }
    policy.close();
  });

  it('that is missing lets nobody in until it is back, and those who are in stay', async () => {
    const { policy, file, alarms } = await open(view);
    const someone: Identity = await policy.authenticator.anyone(peer);
    await rm(file);
    assert.equal(await policy.reload(), 'missing');
    assert.equal(await policy.reload(), 'missing');
    assert.equal(alarms.errors.length, 1);
    assert.match(await mayType(policy).then(String), /the access file is missing/);
    assert.deepEqual(policy.judge(someone, peer), { rights: someone.rights });
    await writeFile(file, 'rules: {');
    assert.equal(await policy.reload(), 'kept');
    assert.match(alarms.errors[1] ?? '', /is broken: nobody can log in/);
    await writeFile(file, view);
    assert.equal(await policy.reload(), 'changed');
    assert.equal(await mayType(policy), false);
    policy.close();
  });

  const changes: readonly [string, (file: string) => Promise<void>][] = [
    ['is written', (file) => writeFile(file, full)],
    [
      'is replaced by a rename',
      async (file) => {
        await writeFile(`${file}.new`, full);
        await rename(`${file}.new`, file);
      },
    ],
    [
      'becomes a link to another',
      async (file) => {
        await writeFile(`${file}.other`, full);
        await symlink(`${file}.other`, `${file}.link`);
        await rename(`${file}.link`, file);
      },
    ],
  ];
  for (const [name, change] of changes) {
    it(`is read by itself when it ${name}`, async () => {
      const { policy, file } = await open(view, { settleMs: 1 });
      const review = policy.events.once('review');
      await change(file);
      await review;
      assert.equal(await mayType(policy), true);
      policy.close();
    });
  }

  it('is looked at now and then, should the system not tell of changes', async () => {
    const { policy, file } = await open(view, { lookMs: 5 });
    const review = policy.events.once('review');
    await writeFile(file, full);
    await review;
    assert.equal(await mayType(policy), true);
    policy.close();
  });

  it('with hours asks for a review as time goes by', async () => {
    const { policy } = await open(
      'rules: [{ match: { anyone: true, hours: "daily 00:00-24:00" }, rights: full }]',
      { lookMs: 5 },
    );
    await policy.events.once('review');
    policy.close();
  });

  it('is followed no more once closed', async () => {
    const { policy, file } = await open(view, { settleMs: 1, lookMs: 1 });
    let told = 0;
    policy.events.on('review', () => (told += 1));
    policy.close();
    policy.close();
    await writeFile(file, full);
    await policy.reload();
    assert.equal(told, 0);
  });
});

describe('opening an access file', () => {
  it('rejects with its problems, or with what stands between', async () => {
    await assert.rejects(open('usres: {}\nrulse: []\n'), (error: Error) => {
      assert.ok(error instanceof AccessFileError);
      assert.match(error.message, /access\.yaml:1:1: unknown key "usres"; did you mean "users"\?$/);
      assert.equal(error.problems.length, 2);
      return true;
    });
    await assert.rejects(
      openAccessPolicy(join(folder, 'none')),
      /none does not exist; it must hold/,
    );
  });
  it('warns of one that others can read', async () => {
    const { policy, file } = await open(view);
    assert.deepEqual(policy.warnings, []);
    policy.close();
    await chmod(file, 0o644);
    const again = await openAccessPolicy(file);
    assert.match(again.warnings.join(), /can be read by every user/);
    again.close();
  });
  it('refuses rules on certificates that nobody need show', async () => {
    const allow = 'rules: [{ match: { dn: "CN=a" }, rights: full }]';
    const deny = 'rules: [{ match: { dn: "CN=a" }, rights: none }]';
    await assert.rejects(open(allow), /needs --verify-client request or require/);
    await assert.rejects(open(deny, { verifyClient: 'request' }), /needs --verify-client require/);
    (await open(allow, { verifyClient: 'request' })).policy.close();
    (await open(deny, { verifyClient: 'require' })).policy.close();
  });
});

describe('what check-config finds', () => {
  const problemsOf = (text: string): string[] =>
    readAccessText(text).problems.map(
      ({ line, column, message }) => `${line}:${column} ${message}`,
    );

  it('are all problems, in the order of the file, with line, column and cure', () => {
    assert.deepEqual(
      problemsOf(`usrs: {}
users:
  bob: { rights: view }
passwords:
  - name: a
    password: 12345678
  - name: b
    passwort: x
rules:
  - match: { anyone: false, hours: "Mon 8-9" }
    rights: fool
  - match: {}
    rights: [view, fly]
  - match: { networks: 10.0.0.1/8, user: [] }
    rights:
throttle: { firstDelay: 0, freeTries: 1.5 }
proxies: 10.0.0.1
`).map((problem) => problem.slice(0, 70)),
      [
        '1:1 unknown key "usrs"; did you mean "users"?',
        '3:8 users.bob: "password" is missing',
        '6:15 passwords.0.password: is a number, and must be text: put it in qu',
        '7:5 passwords.1: "password" is missing',
        '8:5 passwords.1: unknown key "passwort"; did you mean "password"?',
        '10:22 rules.0.match.anyone: can only be true; leave it out otherwise',
        '11:13 rules.0.rights: must be one of full, view, none',
        '12:12 rules.1.match: is empty, so it would match everybody; write anyo',
        '13:20 rules.1.rights.1: must be one of view, pointer, keyboard, clipbo',
        '14:42 rules.2.match.user: is empty',
        '15:12 rules.2.rights: is empty, and must be a list',
        '16:25 throttle.firstDelay: must be more than 0',
        '16:39 throttle.freeTries: must be a whole number',
        '17:10 proxies: must be a list',
      ],
    );
  });
  it('include what only sense can find in the rest of the file', () => {
    assert.deepEqual(
      problemsOf('usrs: {}\npasswords: [{ name: a, password: "" }]\n').map((each) =>
        each.slice(0, 50),
      ),
      [
        '1:1 unknown key "usrs"; did you mean "users"?',
        '2:34 passwords.0.password: the password is empty; ',
      ],
    );
  });
  it('are faults of YAML and JSON too, keys that are there twice, and bombs of aliases', () => {
    assert.match(problemsOf('users:\n\t- x')[0] ?? '', /^2:1 /);
    assert.match(
      problemsOf('{"users": {}, "users": {}}')[0] ?? '',
      /^1:15 Map keys must be unique/,
    );
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...Array.from(
        'bcdefgh',
        (name, i) =>
          `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[i]}`).join()}]`,
      ),
    ];
    assert.match(problemsOf(bomb.join('\n'))[0] ?? '', /alias/i);
    for (const text of ['[]', 'text', '7'])
      assert.match(problemsOf(text)[0] ?? '', /^1:1 must be keys with values$/);
  });
  it('never hold a password', () => {
    assert.doesNotMatch(
      problemsOf(
        'users: { a: hunter22 }\npasswords: [{ name: b, password: [hunter22], hunter: 1 }, { name: c, password: hunter22xyz }]',
      ).join(),
      /hunter22/,
    );
  });
  it('are found in any nonsense, and nonsense makes no policy', () => {
    const word = fc.constantFrom(
      'users',
      'passwords',
      'rules',
      'throttle',
      'proxies',
      'name',
      'password',
      'rights',
      'match',
      'user',
      'dn',
      'hours',
      'expires',
      'exempt',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 7, '', 'full', 'a*'),
        fc.dictionary(word, tie('tree'), { maxKeys: 4 }),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(word, tree, { maxKeys: 5 }), (data) => {
        const { policy, problems } = readAccessText(JSON.stringify(data));
        assert.equal(policy === undefined, problems.length > 0);
      }),
      { numRuns: 1000 },
    );
    for (const rules of ['[null]', '[{ rights: full }]', '[{ match: }]'])
      assert.equal(readAccessText(`rules: ${rules}`).policy, undefined);
  });
  it('are none in JSON that is right', () => {
    assert.deepEqual(
      problemsOf(
        JSON.stringify({
          rules: [{ match: { anyone: true }, rights: ['view'] }],
          throttle: 'off',
          proxies: ['::1'],
        }),
      ),
      [],
    );
  });
});
