import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatAddress,
  isLoopback,
  parseAddress,
  plainHost,
  type Address,
} from '../../src/node/address.ts';

const tcp = (host: string, port: number): Address => ({ kind: 'tcp', host, port });

describe('addresses', () => {
  for (const [text, expected, canonical] of [
    ['host', tcp('host', 5900), 'host:0'],
    ['host:0', tcp('host', 5900), 'host:0'],
    ['host:3', tcp('host', 5903), 'host:3'],
    ['host:99', tcp('host', 5999), 'host:99'],
    ['host:100', tcp('host', 100), 'host::100'],
    ['host:5901', tcp('host', 5901), 'host:1'],
    ['host::5901', tcp('host', 5901), 'host:1'],
    ['host::80', tcp('host', 80), 'host::80'],
    ['vm-1.lab.example:2', tcp('vm-1.lab.example', 5902), 'vm-1.lab.example:2'],
    [':1', tcp('127.0.0.1', 5901), '127.0.0.1:1'],
    ['10.0.0.1:1', tcp('10.0.0.1', 5901), '10.0.0.1:1'],
    ['[::1]', tcp('::1', 5900), '[::1]:0'],
    ['[::1]:3', tcp('::1', 5903), '[::1]:3'],
    ['[fe80::1%eth0]::7000', tcp('fe80::1%eth0', 7000), '[fe80::1%eth0]::7000'],
    ['vnc://host', tcp('host', 5900), 'host:0'],
    ['vnc://host/', tcp('host', 5900), 'host:0'],
    ['vnc://host:1', tcp('host', 1), 'host::1'],
    ['vnc://host:5901/', tcp('host', 5901), 'host:1'],
    ['vnc://[2001:db8::7]:5902', tcp('2001:db8::7', 5902), '[2001:db8::7]:2'],
    ['unix:/run/vnc.sock', { kind: 'unix', path: '/run/vnc.sock' }, 'unix:/run/vnc.sock'],
    ['unix:vnc:1', { kind: 'unix', path: 'vnc:1' }, 'unix:vnc:1'],
  ] as const) {
    it(`reads ${text} and prints ${canonical}`, () => {
      const address = parseAddress(text, 'connect');
      assert.deepEqual(address, expected);
      assert.deepEqual(parseAddress(text, 'listen'), expected);
      assert.equal(formatAddress(address), canonical);
    });
  }

  it('listens on every address, or on a free port, only when told to', () => {
    assert.deepEqual(parseAddress('*:1', 'listen'), tcp('::', 5901));
    assert.deepEqual(parseAddress('0.0.0.0:1', 'listen'), tcp('0.0.0.0', 5901));
    assert.deepEqual(parseAddress('[::]:1', 'listen'), tcp('::', 5901));
    assert.deepEqual(parseAddress('127.0.0.1::0', 'listen'), tcp('127.0.0.1', 0));
    assert.throws(() => parseAddress('*:1', 'connect'), /names no host to connect to/);
    assert.throws(() => parseAddress('127.0.0.1::0', 'connect'), /port 0/);
  });

  it('reads ranges of displays or ports, to listen on', () => {
    const range = (port: number, lastPort: number) => ({ ...tcp('127.0.0.1', port), lastPort });
    assert.deepEqual(parseAddress(':1-9', 'listen'), range(5901, 5909));
    assert.deepEqual(parseAddress('127.0.0.1::80-90', 'listen'), range(80, 90));
    assert.deepEqual(parseAddress(':5901-5910', 'listen'), range(5901, 5910));
    assert.throws(() => parseAddress(':1-9', 'connect'), /which only a listener may have/);
  });

  it('counts displays from another port where it is told to', () => {
    assert.deepEqual(parseAddress(':1', 'listen', 5700), tcp('127.0.0.1', 5701));
    assert.deepEqual(parseAddress(':8080', 'listen', 5700), tcp('127.0.0.1', 8080));
    assert.deepEqual(parseAddress('*::1', 'listen', 5700), tcp('::', 1));
  });

  for (const [text, words] of [
    ['', /is not host, host:display/],
    ['host:', /is not host, host:display/],
    ['host:x', /is not host, host:display/],
    ['host:-1', /is not host, host:display/],
    ['host:1:2', /is not host, host:display/],
    ['host: 1', /is not host, host:display/],
    ['user@host', /malformed host/],
    ['ho st', /malformed host/],
    ['-host', /malformed host/],
    ['host\n', /malformed host/],
    ['host:9-1', /does not go upwards/],
    ['host:1-1', /does not go upwards/],
    ['host::0-5', /does not go upwards/],
    ['host::1-65536', /port 65536, more than 65535/],
    ['host:1-', /is not host, host:display/],
    ['host::65536', /port 65536, more than 65535/],
    ['host:99999999999999999999', /more than 65535/],
    ['::1', /write an IPv6 address in brackets/],
    ['fe80::1', /write an IPv6 address in brackets/],
    ['::5901', /write an IPv6 address in brackets/],
    ['[host]:1', /malformed host/],
    ['[::1:1', /is not host, host:display/],
    ['1.2.3:1', /neither a name nor an address/],
    ['256.0.0.1', /neither a name nor an address/],
    ['vnc://', /is not vnc:/],
    ['vnc://host/path', /is not vnc:/],
    ['vnc://host:1?ViewOnly=1', /is not vnc:/],
    ['vnc://user:secret@host', /is not vnc:/],
    ['unix:', /needs a path/],
    ['unix:/a\0b', /needs a path/],
    [`unix:/${'a'.repeat(107)}`, /path of 108 bytes/],
  ] as const) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))} in one sentence`, () => {
      assert.throws(
        () => parseAddress(text, 'listen'),
        (error) => error instanceof TypeError && words.test(error.message),
      );
    });
  }

  it('knows what only this machine can reach', () => {
    for (const text of [
      ':1',
      'localhost:1',
      '127.8.9.10',
      '[::1]:1',
      '[::ffff:127.0.0.1]',
      'unix:x',
    ])
      assert.equal(isLoopback(parseAddress(text, 'listen')), true, text);
    for (const text of ['*:1', '0.0.0.0', '[::]:1', '10.0.0.1', 'localhost.example', '127.example'])
      assert.equal(isLoopback(parseAddress(text, 'listen')), false, text);
  });

  it('shows an IPv4 peer of an IPv6 socket as IPv4', () => {
    assert.equal(plainHost('::ffff:10.0.0.1'), '10.0.0.1');
    assert.equal(plainHost('2001:db8::1'), '2001:db8::1');
  });

  it('reads back whatever it prints', () => {
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65535 }), (host, port) => {
        const address = tcp(host, port);
        assert.deepEqual(parseAddress(formatAddress(address), 'connect'), address);
      }),
    );
  });

  it('throws nothing but TypeError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseAddress(text, 'connect');
        } catch (error) {
          assert.ok(error instanceof TypeError);
        }
      }),
    );
  });
});
