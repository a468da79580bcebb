import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromBase64, toBase64 } from '../../src/access/base64.ts';
import {
  UserStore,
  formatPasswordHash,
  parseUsers,
  type ScryptRequest,
  type UserRecord,
} from '../../src/access/users.ts';
import { Secret } from '../../src/core/secret.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** "Hashes" by padding with dots: the store must not care. */
const padded = (password: Uint8Array, byteLength: number): Uint8Array => {
  const hash = new Uint8Array(byteLength).fill(0x2e);
  hash.set(password.subarray(0, byteLength));
  return hash;
};
const user = (name: string, password: string, access: 'full' | 'view' = 'full'): UserRecord => ({
  name,
  access,
  password: {
    ln: 12,
    r: 8,
    p: 1,
    salt: encode(`salt of ${name}`),
    hash: padded(encode(password), 32),
  },
});
const secret = (text: string): Secret => new Secret(text);
const PHC =
  '$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

function recorder(): {
  scrypt: (password: Uint8Array, request: ScryptRequest) => Promise<Uint8Array>;
  requests: ScryptRequest[];
} {
  const requests: ScryptRequest[] = [];
  return {
    requests,
    scrypt: async (password, request) => {
      requests.push(request);
      return padded(password, request.byteLength);
    },
  };
}

describe('UserStore', () => {
  it('gives the rights that the file gives', async () => {
    const store = new UserStore([user('alice', 'a'), user('guest', 'g', 'view')], recorder());
    assert.deepEqual((await store.verify('alice', secret('a'))).rights, allRights);
    assert.deepEqual((await store.verify('guest', secret('g'))).rights, viewOnlyRights);
  });
  it('knows names exactly: no prefix, no case, no longer name', async () => {
    const store = new UserStore([user('alice', 'a')], recorder());
    for (const name of ['alic', 'alicex', 'Alice', ' alice', 'alice\0', '', '__proto__'])
      assert.deepEqual(await store.verify(name, secret('a')), { reason: 'unknown user' });
  });
  it('refuses a wrong password, a longer one and an empty one', async () => {
    const store = new UserStore([user('alice', 'a')], recorder());
    for (const password of ['b', 'ab', ''])
      assert.deepEqual(await store.verify('alice', secret(password)), { reason: 'wrong password' });
  });
  it('spends one hash of the same cost on a known name, an unknown one and a wrong password', async () => {
    const { scrypt, requests } = recorder();
    const store = new UserStore([user('alice', 'a')], { scrypt });
    await store.verify('alice', secret('a'));
    await store.verify('alice', secret('b'));
    await store.verify('mallory', secret('a'));
    const costs = requests.map(({ ln, r, p, byteLength, salt }) => [
      ln,
      r,
      p,
      byteLength,
      salt.length,
    ]);
    assert.equal(costs.length, 3);
    assert.deepEqual(costs[1], costs[0]);
    assert.deepEqual(costs[2], costs[0]);
  });
  it('spends a hash even when there are no users at all', async () => {
    const { scrypt, requests } = recorder();
    assert.equal((await new UserStore([], { scrypt }).verify('a', secret('a'))).rights, undefined);
    assert.equal(requests.length, 1);
  });
  it('takes new users at once, and forgets old ones', async () => {
    const store = new UserStore([user('alice', 'a')], recorder());
    store.replace([user('bob', 'b')]);
    assert.equal((await store.verify('alice', secret('a'))).rights, undefined);
    assert.ok((await store.verify('bob', secret('b'))).rights);
  });
  it('computes no more hashes at a time than allowed, in turn, and refuses the overflow unheard', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    let running = 0;
    const store = new UserStore([user('alice', 'a')], {
      maxConcurrentHashes: 2,
      maxWaiting: 3,
      scrypt: async (password, { byteLength }) => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => open.push(resolve));
        running--;
        return padded(password, byteLength);
      },
    });
    const logins = Array.from({ length: 6 }, () => store.verify('alice', secret('a')));
    assert.equal((await logins[5])?.busy, true);
    for (let done = 0; done < 5; done++) {
      open.shift()?.();
      await logins[done];
      await Promise.resolve();
    }
    assert.equal(most, 2);
    const verdicts = await Promise.all(logins);
    assert.deepEqual(
      verdicts.map(({ rights }) => rights !== undefined),
      [true, true, true, true, true, false],
    );
  });
  it('gives its turn back when a hash fails', async () => {
    let fail = true;
    const store = new UserStore([user('alice', 'a')], {
      maxConcurrentHashes: 1,
      scrypt: async (password, { byteLength }) => {
        if (fail) throw new Error('out of memory');
        return padded(password, byteLength);
      },
    });
    const first = store.verify('alice', secret('a'));
    const second = store.verify('alice', secret('a'));
    await assert.rejects(first, /out of memory/);
    await assert.rejects(second, /out of memory/);
    fail = false;
    assert.ok((await store.verify('alice', secret('a'))).rights);
  });
});

describe('parseUsers', () => {
  it('reads names, hashes and access; skips comments and empty lines', () => {
    const users = parseUsers(`# people\n\nalice:${PHC}\r\n  guest:${PHC}:view\nroot:${PHC}:full\n`);
    assert.deepEqual(
      users.map(({ name, access }) => [name, access]),
      [
        ['alice', 'full'],
        ['guest', 'view'],
        ['root', 'full'],
      ],
    );
    const password = users[0]?.password;
    assert.deepEqual(
      [password?.ln, password?.r, password?.p, password?.salt.length, password?.hash.length],
      [15, 8, 1, 16, 32],
    );
  });
  it('reads back what it writes', () => {
    const [record] = parseUsers(`a:${PHC}`);
    assert.ok(record);
    assert.equal(formatPasswordHash(record.password), PHC);
  });
  const refused: [what: string, line: string, why: RegExp][] = [
    ['a line without a password', 'alice', /line 2: a line reads name:/],
    ['a clear password', 'alice:hunter2', /a clear password does not belong here/],
    ['another hash', `alice:${PHC.replace('scrypt', 'argon2id')}`, /not of the form \$scrypt/],
    ['an unknown access', `alice:${PHC}:admin`, /access "admin" is neither full nor view/],
    ['a name that is there twice', `bob:${PHC}`, /bob is there twice/],
    ['a cost that is too small', `alice:${PHC.replace('ln=15', 'ln=9')}`, /ln is at least 10/],
    [
      'a cost that takes too much memory',
      `alice:${PHC.replace('ln=15', 'ln=22')}`,
      /memory at most 256 MiB/,
    ],
    [
      'a short salt',
      `alice:${PHC.replace('AAAAAAAAAAAAAAAAAAAAAA$', 'AAAA$')}`,
      /salt has fewer than 8/,
    ],
    ['a hash with padding', `alice:${PHC}=`, /not unpadded base64/],
  ];
  for (const [what, line, why] of refused)
    it(`refuses ${what}, naming the line and no secret`, () =>
      assert.throws(
        () => parseUsers(`bob:${PHC}\n${line}`),
        (error: Error) =>
          error instanceof TypeError &&
          why.test(error.message) &&
          !error.message.includes('hunter2'),
      ));
});

describe('base64 without padding', () => {
  it("agrees with Node's, both ways", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = toBase64(bytes);
        assert.equal(text, Buffer.from(bytes).toString('base64').replace(/=+$/, ''));
        assert.deepEqual(fromBase64(text), bytes);
      }),
    ));
  it('refuses other characters, cut text and bits to spare', () => {
    for (const bad of ['AA==', 'A', 'A-', 'AB', 'A\nAA'])
      assert.throws(() => fromBase64(bad), TypeError);
  });
});
