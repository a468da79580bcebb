import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { addressKey, Admission } from '../../src/server/admission.ts';

describe('addressKey', () => {
  const same = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
    ['', ''],
  ] as const;
  for (const [host, key] of same) {
    it(`${host === '' ? 'no host' : host} counts as ${key === '' ? 'no address' : key}`, () => {
      assert.equal(addressKey(host), key);
    });
  }
});

describe('Admission', () => {
  it('gives a place back once, however often it is asked to', () => {
    const admission = new Admission(resolveLimits({ maxUnauthenticated: 1 }));
    const leave = admission.enter('10.0.0.1');
    assert.throws(() => admission.enter('10.0.0.2'), LimitError);
    leave();
    leave();
    assert.equal(admission.total, 0);
    admission.enter('10.0.0.2');
    assert.throws(() => admission.enter('10.0.0.3'), LimitError);
  });

  it('counts a /64 as one address, and unix sockets as none', () => {
    const admission = new Admission(resolveLimits({ maxUnauthenticatedPerAddress: 1 }));
    admission.enter('2001:db8::1');
    assert.throws(() => admission.enter('2001:db8::2'), LimitError);
    admission.enter('2001:db8:0:1::1');
    admission.enter('');
    admission.enter('');
    assert.equal(admission.total, 4);
  });

  it('leaves half of all places to others when one IPv6 site (/48) takes what it can', () => {
    const admission = new Admission(
      resolveLimits({ maxUnauthenticated: 8, maxUnauthenticatedPerAddress: 2 }),
    );
    const leave = admission.enter('2001:db8:1:1::1');
    for (const net of [2, 3, 4]) admission.enter(`2001:db8:1:${net}::1`);
    assert.throws(() => admission.enter('2001:db8:1:5::1'), {
      limit: 'maxUnauthenticatedPerAddress',
    });
    admission.enter('2001:db8:2:1::1');
    admission.enter('10.0.0.1');
    leave();
    admission.enter('2001:db8:1:5::1');
    assert.equal(admission.total, 6);
  });

  it('lets an address have its own number of places, however few there are in all', () => {
    const admission = new Admission(
      resolveLimits({ maxUnauthenticated: 4, maxUnauthenticatedPerAddress: 3 }),
    );
    for (let n = 0; n < 3; n++) admission.enter('2001:db8::1');
    assert.throws(() => admission.enter('2001:db8::1'), LimitError);
  });
});
