import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseNetwork } from '../../src/access/networks.ts';
import { defaultThrottle, Throttle, type ThrottleSettings } from '../../src/access/throttle.ts';
import { throttled } from '../../src/access/throttled.ts';
import { AuthenticationError, ErrorCode } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Peer } from '../../src/security/identity.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { aliceCertificate } from '../support/fake-tls.ts';
import { utf8 } from '../../src/wire/text.ts';

class Clock {
  ms = 1_000_000;
  readonly now = (): number => this.ms;
}

function start(
  settings: Partial<ThrottleSettings> = {},
  maxEntries = 100,
): { throttle: Throttle; clock: Clock } {
  const clock = new Clock();
  const strict = { ...defaultThrottle, freeTries: 0, freeTriesPerNetwork: 1000, ...settings };
  return { clock, throttle: new Throttle(strict, { now: clock.now, maxEntries }) };
}

const home = '192.0.2.1';

describe('Throttle', () => {
  it('lets a newcomer try at once', () => {
    assert.equal(start().throttle.waitMs('alice', home), 0);
  });
  it('doubles the wait with each failure, up to the longest', () => {
    const { throttle, clock } = start({ longestDelayMs: 3000 });
    const waits = Array.from({ length: 5 }, () => {
      throttle.failed('alice', home);
      const wait = throttle.waitMs('alice', home);
      clock.ms += wait;
      assert.equal(throttle.waitMs('alice', home), 0);
      return wait;
    });
    assert.deepEqual(waits, [500, 1000, 2000, 3000, 3000]);
  });
  it('by default a person may mistype twice', () => {
    const { throttle } = start({ freeTries: defaultThrottle.freeTries });
    throttle.failed('alice', home);
    throttle.failed('alice', home);
    assert.equal(throttle.waitMs('alice', home), 0);
    throttle.failed('alice', home);
    assert.equal(throttle.waitMs('alice', home), 500);
  });
  it('makes neither the same user elsewhere wait, nor another user there', () => {
    const { throttle } = start();
    for (let n = 0; n < 50; n++) throttle.failed('alice', home);
    assert.equal(throttle.waitMs('alice', '198.51.100.1'), 0);
    assert.equal(throttle.waitMs('bob', home), 0);
  });
  it('makes a whole network wait that guesses at many users', () => {
    const { throttle } = start({ freeTriesPerNetwork: 20 });
    for (let n = 0; n < 20; n++) throttle.failed(`user${n}`, home);
    assert.equal(throttle.waitMs('bob', home), 0);
    throttle.failed('user20', home);
    assert.equal(throttle.waitMs('bob', home), 500);
    assert.equal(throttle.waitMs('bob', '192.0.2.2'), 0);
  });
  it('takes an IPv6 /64 for one network', () => {
    const { throttle } = start();
    throttle.failed('alice', '2001:db8::1');
    assert.equal(throttle.waitMs('alice', '2001:db8::ffff:2'), 500);
    assert.equal(throttle.waitMs('alice', '2001:db8:0:1::1'), 0);
  });
  it('forgives the identity and its network on success', () => {
    const { throttle } = start({ freeTriesPerNetwork: 1 });
    throttle.failed('alice', home);
    throttle.failed('bob', home);
    throttle.succeeded('alice', home);
    assert.equal(throttle.waitMs('alice', home), 0);
    assert.equal(throttle.waitMs('carol', home), 0);
    assert.equal(throttle.waitMs('bob', home), 500);
  });
  it('lets nobody who knows one password guess at all the others in between', () => {
    const { throttle } = start({ freeTriesPerNetwork: 20 });
    for (let n = 0; n < 21; n++) {
      throttle.failed(`user${n}`, home);
      throttle.succeeded('mallory', home);
    }
    assert.equal(throttle.waitMs('bob', home), 500);
  });
  it('forgets after a quiet time', () => {
    const { throttle, clock } = start();
    for (let n = 0; n < 10; n++) throttle.failed('alice', home);
    clock.ms += defaultThrottle.forgetAfterMs;
    throttle.failed('alice', home);
    assert.equal(throttle.waitMs('alice', home), 500);
  });
  it('spares networks that are exempt, and unix sockets', () => {
    const { throttle } = start({ exempt: [parseNetwork('192.0.2.0/24')] });
    for (const host of [home, '']) {
      throttle.failed('alice', host);
      assert.equal(throttle.waitMs('alice', host), 0);
    }
    assert.equal(throttle.size, 0);
  });
  it('remembers no more than it may, and forgets the longest unused first', () => {
    const { throttle } = start({}, 4);
    throttle.failed('alice', home);
    throttle.failed('bob', '198.51.100.1');
    throttle.failed('alice', home);
    throttle.failed('carol', '203.0.113.1');
    assert.equal(throttle.size, 4);
    assert.equal(throttle.waitMs('bob', '198.51.100.1'), 0);
    assert.ok(throttle.waitMs('alice', home) > 0);
  });
  it('tells identities apart by their first 128 characters', () => {
    const { throttle } = start();
    throttle.failed(`${'a'.repeat(128)}1`, home);
    assert.ok(throttle.waitMs(`${'a'.repeat(128)}2`, home) > 0);
    assert.equal(throttle.waitMs(`${'a'.repeat(127)}b`, home), 0);
  });
  it('takes other settings while it runs, and can be switched off', () => {
    const { throttle } = start();
    throttle.failed('alice', home);
    throttle.configure(undefined);
    assert.equal(throttle.waitMs('alice', home), 0);
    throttle.configure({ ...defaultThrottle, freeTries: 0, firstDelayMs: 7 });
    assert.equal(throttle.waitMs('alice', home), 7);
  });
});

const peer: Peer = { address: `${home}:1`, host: home, local: false };
const answers = (text: string) => (known: Uint8Array) =>
  Buffer.from(known).equals(Buffer.from(utf8(text)));

describe('throttled authenticator', () => {
  const refused = async (attempt: Promise<unknown>): Promise<AuthenticationError> => {
    const error = await attempt.then(
      () => assert.fail('it was let in'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof AuthenticationError);
    return error;
  };

  it('refuses who must wait without asking, with the words of a wrong password', async () => {
    const { throttle } = start();
    const inner = fakeAuthenticator();
    const { plain } = throttled(inner, throttle);
    const wrong = await refused(plain('alice', new Secret('x'), peer));
    const early = await refused(plain('alice', new Secret('open sesame'), peer));
    assert.deepEqual(inner.asked, ['plain alice']);
    assert.equal(early.peerReason, wrong.peerReason);
    assert.equal(early.code, wrong.code);
    assert.match(
      early.message,
      /too many failed logins as user "alice" from 192\.0\.2\.1: .* 0\.5 s/,
    );
  });
  it('does not lengthen the wait of who comes too early', async () => {
    const { throttle, clock } = start();
    const { plain } = throttled(fakeAuthenticator(), throttle);
    await refused(plain('alice', new Secret('x'), peer));
    for (let n = 0; n < 5; n++) await refused(plain('alice', new Secret('open sesame'), peer));
    clock.ms += 500;
    assert.equal((await plain('alice', new Secret('open sesame'), peer)).name, 'alice');
  });
  it('treats users who exist and who do not alike', async () => {
    const { throttle } = start();
    const { plain } = throttled(fakeAuthenticator(), throttle);
    for (const user of ['alice', 'nobody']) {
      await refused(plain(user, new Secret('x'), peer));
      assert.match((await refused(plain(user, new Secret('x'), peer))).message, /too many/);
    }
  });
  it('counts VNC passwords together, and by certificate where there is one', async () => {
    const { throttle } = start();
    const { vncPassword } = throttled(fakeAuthenticator(), throttle);
    await refused(vncPassword(answers('x'), peer));
    assert.match((await refused(vncPassword(answers('sesame'), peer))).message, /as password from/);
    const known = { ...peer, certificate: aliceCertificate };
    assert.equal((await vncPassword(answers('sesame'), known)).name, 'password');
    await refused(vncPassword(answers('x'), known));
    assert.match((await refused(vncPassword(answers('x'), known))).message, /as certificate /);
  });
  it('counts right credentials that no rule lets in, or the wait would tell that they are right', async () => {
    const { throttle } = start();
    const notAllowed = new AuthenticationError('no rule', { code: ErrorCode.notAllowed });
    const { plain } = throttled(
      { ...fakeAuthenticator(), plain: () => Promise.reject(notAllowed) },
      throttle,
    );
    await refused(plain('alice', new Secret('open sesame'), peer));
    assert.ok(throttle.waitMs('user "alice"', home) > 0);
  });
  it('counts neither who was refused because we are busy, nor our own faults', async () => {
    const { throttle } = start();
    for (const error of [new AuthenticationError('busy', { tooMany: true }), new Error('bug')]) {
      const { plain } = throttled(
        { ...fakeAuthenticator(), plain: () => Promise.reject(error) },
        throttle,
      );
      await assert.rejects(plain('alice', new Secret('x'), peer), error);
    }
    assert.equal(throttle.size, 0);
  });
  it('lets many connections at once guess no more often than one', async () => {
    const { throttle } = start();
    const inner = fakeAuthenticator();
    const { plain } = throttled(inner, throttle);
    await Promise.all(
      Array.from({ length: 20 }, () => refused(plain('alice', new Secret('x'), peer))),
    );
    assert.equal(inner.asked.length, 1);
  });
  it('lets many connections from one IPv6 /64 guess no more often than one', async () => {
    const { throttle } = start();
    const inner = fakeAuthenticator();
    const { plain } = throttled(inner, throttle);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        refused(plain('alice', new Secret('x'), { ...peer, host: `2001:db8::${n + 1}` })),
      ),
    );
    assert.equal(inner.asked.length, 1);
  });
  it('lets many right logins at once in', async () => {
    const { throttle } = start();
    const { plain } = throttled(fakeAuthenticator(), throttle);
    const names = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await plain('alice', new Secret('open sesame'), peer)).name,
      ),
    );
    assert.deepEqual(new Set(names), new Set(['alice']));
  });
  it('never lets one peer wait for another', async () => {
    const { throttle } = start();
    const stuck = new Promise<never>(() => undefined);
    const inner = fakeAuthenticator();
    const { plain } = throttled(
      {
        ...inner,
        plain: (username, password, from) =>
          from.host === home ? stuck : inner.plain(username, password, from),
      },
      throttle,
    );
    void plain('alice', new Secret('x'), peer);
    const elsewhere = { ...peer, host: '198.51.100.1' };
    assert.equal((await plain('alice', new Secret('open sesame'), elsewhere)).name, 'alice');
  });
  it('asks nothing of unix sockets, type None and certificates', async () => {
    const { throttle } = start();
    const { plain, anyone, certificate } = throttled(
      fakeAuthenticator({ anyone: false, names: [] }),
      throttle,
    );
    for (let n = 0; n < 3; n++) {
      await refused(plain('alice', new Secret('x'), { ...peer, host: '' }));
      await refused(anyone(peer));
      await refused(certificate(aliceCertificate, peer));
    }
    assert.equal(throttle.size, 0);
  });
});
