import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PasswordStore, parseExpiry, passwordBytes } from '../../src/access/passwords.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';

/** A viewer that answers with this password, and how often it was asked. */
function viewer(password: string): {
  matches: (known: Uint8Array) => boolean;
  calls: Uint8Array[];
} {
  const calls: Uint8Array[] = [];
  const matches = (known: Uint8Array): boolean => {
    calls.push(known);
    return new TextDecoder().decode(known) === password;
  };
  return { matches, calls };
}

describe('VNC passwords', () => {
  it('take 1 to 8 bytes', () => {
    for (const good of ['a', '1234567', '12345678', 'ééé', 'éééé'])
      assert.equal(passwordBytes(good).length, new TextEncoder().encode(good).length);
  });
  it('are refused with a sentence, never cut, beyond 8 bytes', () => {
    assert.throws(() => passwordBytes('123456789'), {
      name: 'RangeError',
      message: /9 bytes.*at most 8/,
    });
    assert.throws(() => passwordBytes('ééééé'), /10 bytes/);
  });
  it('are refused when empty or with a NUL inside', () => {
    assert.throws(() => passwordBytes(''), { name: 'RangeError', message: /empty/ });
    assert.throws(() => passwordBytes('a\0'), { name: 'RangeError', message: /NUL/ });
  });
  it('never stand in the sentence that refuses them', () => {
    assert.throws(
      () => passwordBytes('topsecret!'),
      (error: Error) => !error.message.includes('topsecret'),
    );
  });
});

describe('PasswordStore', () => {
  it('gives the rights of the password that matched', () => {
    const store = new PasswordStore();
    store.set('full', 'full');
    store.set('view', 'view');
    assert.deepEqual(store.check(viewer('full').matches).rights, allRights);
    assert.deepEqual(store.check(viewer('view').matches).rights, viewOnlyRights);
    assert.equal(store.check(viewer('else').matches).rights, undefined);
  });
  it('gives full access when both passwords are the same', () => {
    const store = new PasswordStore();
    store.set('view', 'same');
    store.set('full', 'same');
    assert.equal(store.check(viewer('same').matches).kind, 'full');
  });
  it('asks twice whatever is set, wrong, right or expired', () => {
    const unset = new PasswordStore();
    const set = new PasswordStore();
    set.set('full', 'a');
    const both = new PasswordStore();
    both.set('full', 'a');
    both.set('view', 'b');
    const expired = new PasswordStore();
    expired.set('full', 'a');
    expired.expire('now');
    for (const store of [unset, set, both, expired])
      for (const answer of ['a', 'b', 'wrong']) {
        const { matches, calls } = viewer(answer);
        store.check(matches);
        assert.equal(calls.length, 2);
      }
  });
  it('lets nobody in while nothing is set, even if the stand-in should match', () => {
    const verdict = new PasswordStore().check(() => true);
    assert.deepEqual(verdict, { reason: 'no password is set' });
  });
  it('stands in for an unset password with different bytes each time', () => {
    const { matches, calls } = viewer('x');
    const store = new PasswordStore();
    store.check(matches);
    assert.notDeepEqual(calls[0], calls[1]);
  });
  it('tells wrong, unset and expired apart in the reason alone', () => {
    const store = new PasswordStore();
    const reasons = [store.check(viewer('a').matches)];
    store.set('full', 'a');
    reasons.push(store.check(viewer('b').matches));
    store.expire('now', 'full');
    reasons.push(store.check(viewer('a').matches));
    assert.deepEqual(reasons, [
      { reason: 'no password is set' },
      { reason: 'wrong password' },
      { reason: 'the password has expired' },
    ]);
  });
  it('says "wrong", not "expired", to a wrong guess at an expired password', () => {
    const store = new PasswordStore();
    store.set('full', 'a');
    store.expire('now');
    assert.equal(store.check(viewer('b').matches).reason, 'wrong password');
  });
  it('lets nobody in by a cleared password', () => {
    const store = new PasswordStore();
    store.set('full', 'a');
    store.clear('full');
    assert.equal(store.isSet('full'), false);
    assert.equal(store.check(viewer('a').matches).rights, undefined);
  });
  it('keeps the old password when a new one is refused', () => {
    const store = new PasswordStore();
    store.set('full', 'a');
    assert.throws(() => store.set('full', 'far too long'), RangeError);
    assert.ok(store.check(viewer('a').matches).rights);
  });
  it('expires at its second, and works again after never', () => {
    let nowMs = 1_000_000;
    const store = new PasswordStore({ now: () => nowMs });
    store.set('full', 'a');
    store.set('view', 'b');
    store.expire('+10', 'full');
    nowMs = 1_009_999;
    assert.ok(store.check(viewer('a').matches).rights);
    nowMs = 1_010_000;
    assert.equal(store.check(viewer('a').matches).rights, undefined);
    assert.ok(store.check(viewer('b').matches).rights);
    store.expire('never');
    assert.ok(store.check(viewer('a').matches).rights);
  });
  it('keeps the time of expiry when the password changes, as QEMU does', () => {
    const store = new PasswordStore();
    store.expire('now');
    store.set('full', 'a');
    assert.equal(store.check(viewer('a').matches).rights, undefined);
  });
});

describe('parseExpiry', () => {
  it('reads now, never, +N and N', () => {
    assert.equal(parseExpiry('now', 5), 0);
    assert.equal(parseExpiry('never', 5), Number.POSITIVE_INFINITY);
    assert.equal(parseExpiry('+10', 5), 10_005);
    assert.equal(parseExpiry('10', 5), 10_000);
  });
  it('refuses what QEMU 7 takes silently', () => {
    for (const junk of ['', 'soon', '-5', '1e3', '+', ' 1', '1s', '1'.repeat(16)])
      assert.throws(() => parseExpiry(junk, 0), {
        name: 'RangeError',
        message: /none of: now, never/,
      });
  });
});
