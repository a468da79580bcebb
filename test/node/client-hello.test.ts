import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readServerName } from '../../src/node/client-hello.ts';
import { fromHex } from '../../src/wire/hex.ts';

const hex = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, '0');

/** A hello with these extensions, in records of at most `recordBytes`. */
function hello(extensions: string, recordBytes = 16_384): Uint8Array {
  const list = fromHex(extensions);
  const body = `
    0303                      # version
    ${'ab'.repeat(32)}        # random
    02 aaaa                   # session id
    0004 c02b c02f            # cipher suites
    01 00                     # compression methods
    ${hex(list.length, 2)} ${extensions}`;
  const message = fromHex(`01 ${hex(fromHex(body).length, 3)} ${body}`);
  const records: number[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    const part = message.subarray(at, at + recordBytes);
    records.push(...fromHex(`16 0301 ${hex(part.length, 2)}`), ...part);
  }
  return Uint8Array.from(records);
}

function serverName(name: string): string {
  const text = Buffer.from(name).toString('hex');
  const size = name.length;
  return `
    0000 ${hex(size + 5, 2)}  # server_name
    ${hex(size + 3, 2)}       # list
    00 ${hex(size, 2)} ${text}  # host_name`;
}

const OTHERS = `
  000a 0004 0002 001d         # supported_groups
  000d 0004 0002 0403         # signature_algorithms`;

describe("name in a client's hello", () => {
  it('is found among other extensions', () => {
    const bytes = hello(`${OTHERS} ${serverName('console.lab')}`);
    assert.deepEqual(readServerName(bytes), { name: 'console.lab' });
    assert.deepEqual(readServerName(hello(serverName('127.0.0.1'))), { name: '127.0.0.1' });
  });

  it('is not there when the client sends none', () => {
    assert.deepEqual(readServerName(hello(OTHERS)), { name: undefined });
    assert.deepEqual(readServerName(hello('')), { name: undefined });
  });

  it('is waited for at each shorter length, and never for more than the hello has', () => {
    for (const recordBytes of [16_384, 7, 1]) {
      const bytes = hello(`${OTHERS} ${serverName('console.lab')}`, recordBytes);
      for (let length = 0; length < bytes.length; length++) {
        const peeked = readServerName(bytes.subarray(0, length));
        assert.ok('needs' in peeked, `${length} bytes`);
        assert.ok(peeked.needs > length && peeked.needs <= bytes.length);
      }
      assert.deepEqual(readServerName(bytes), { name: 'console.lab' });
    }
  });

  it('is not waited for when this is no hello, or too long a one', () => {
    for (const bytes of [
      '52 46 42 20 30 30', // an RFB version
      '16 0301 0004 0e 000000', // another handshake message
      '16 0301 0000 16 0301 0000', // empty records
      '16 0301 ffff', // more than we look at
    ])
      assert.deepEqual(readServerName(fromHex(bytes)), { name: undefined });
  });

  it('is not there when the hello is broken inside: TLS will say what is wrong', () => {
    const bytes = hello(serverName('console.lab'));
    const body = 5 + 4 + 2 + 32;
    for (const at of [body, body + 3, body + 9, body + 11, body + 15]) {
      const broken = Uint8Array.from(bytes);
      broken[at] = 0xff;
      assert.deepEqual(readServerName(broken), { name: undefined }, `byte ${at}`);
    }
  });

  it('never throws, and never asks for bytes that it has', () => {
    const prefixed = fc.uint8Array({ maxLength: 300 }).map((bytes) => {
      bytes[0] = 22;
      return bytes;
    });
    fc.assert(
      fc.property(prefixed, (bytes) => {
        const peeked = readServerName(bytes);
        assert.ok('name' in peeked || peeked.needs > bytes.length);
      }),
    );
  });
});
