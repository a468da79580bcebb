import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { networkKey, parseIp, parseNetwork } from '../../src/access/networks.ts';

const holds = (network: string, host: string): boolean => parseNetwork(network).contains(host);

describe('networks', () => {
  it('hold the addresses that begin alike, and no others', () => {
    assert.ok(holds('10.0.0.0/8', '10.255.0.1'));
    assert.ok(!holds('10.0.0.0/8', '11.0.0.1'));
    assert.ok(holds('192.0.2.128/25', '192.0.2.129'));
    assert.ok(!holds('192.0.2.128/25', '192.0.2.127'));
    assert.ok(holds('2001:db8::/33', '2001:db8:7fff::1'));
    assert.ok(!holds('2001:db8::/33', '2001:db8:8000::1'));
  });
  it('are one address without a length, and everything of their kind with /0', () => {
    assert.ok(holds('192.0.2.7', '192.0.2.7') && !holds('192.0.2.7', '192.0.2.8'));
    assert.ok(holds('0.0.0.0/0', '198.51.100.1') && !holds('0.0.0.0/0', '::1'));
    assert.ok(holds('::/0', 'fe80::1%eth0') && !holds('::/0', '127.0.0.1'));
  });
  it('know an IPv4 address that is written inside an IPv6 one', () => {
    assert.ok(holds('10.0.0.0/8', '::ffff:10.1.2.3'));
    assert.ok(holds('10.0.0.0/8', '::ffff:a01:203'));
  });
  it('hold no unix socket and no name', () => {
    for (const host of ['', 'unknown', 'localhost']) assert.ok(!holds('0.0.0.0/0', host));
  });
  it('refuse what is malformed or means more than it seems to, with what to write', () => {
    for (const [text, why] of [
      ['10.0.0.7/8', /write 10\.0\.0\.0\/8, or 10\.0\.0\.7 for one address/],
      ['2001:db8::1/64', /write 2001:db8::\/64/],
      ['10.0.0.0/33', /has 33 bits/],
      ['10.0.0.0/', /is no address/],
      ['10.0.0', /is no address/],
      ['010.0.0.1', /is no address/],
      ['1::2::3', /is no address/],
      ['lan', /is no address/],
      ['', /is no address/],
    ] as const) {
      assert.throws(() => parseNetwork(text), why, text);
    }
  });
  it('read what Node takes for an address, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6(),
          fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef:.')), maxLength: 20 }),
        ),
        (text) => {
          assert.equal(parseIp(text) !== undefined, isIP(text) !== 0, text);
        },
      ),
    );
  });
});

describe('networkKey', () => {
  it('is an IPv4 address, the first 64 bits of an IPv6 one, or the text itself', () => {
    assert.equal(networkKey('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(networkKey('2001:db8:0:1:2:3:4:5'), networkKey('2001:db8::1:ffff:0:0:1'));
    assert.notEqual(networkKey('2001:db8:0:1::'), networkKey('2001:db8:0:2::'));
    assert.equal(networkKey(''), '');
  });
});
