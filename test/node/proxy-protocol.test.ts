import assert from 'node:assert/strict';
import { connect as netConnect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LimitError, ProtocolError, type VncError } from '../../src/core/errors.ts';
import { parseAddress } from '../../src/node/address.ts';
import { listen, type Listener, type TrustedProxies } from '../../src/node/listen.ts';
import { parseProxyHeader } from '../../src/node/proxy-protocol.ts';
import type { Peer } from '../../src/security/identity.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { fromHex } from '../../src/wire/hex.ts';

const SIGNATURE = '0d0a0d0a 000d0a51 5549540a';
const tcp4 = fromHex(`
  ${SIGNATURE}
  21 11 000c                # version 2, PROXY; TCP over IPv4; 12 bytes
  c0000201 c6336401         # 192.0.2.1, 198.51.100.1
  dc04 170c                 # 56324, 5900
`);
const tcp6 = fromHex(`
  ${SIGNATURE}
  21 21 002b                # TCP over IPv6; 36 bytes of addresses and 7 more
  20010db8000000000000000000000001
  20010db8000000000000000000000002
  dc04 170c
  01 0001 41                # an extension of one byte
  04 0000                   # an empty one
`);
const unix = fromHex(`${SIGNATURE} 21 31 00d8 ${'00'.repeat(216)}`);
const localCommand = fromHex(`${SIGNATURE} 20 ff 0002 ffff`);
const line = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const v1 = line('PROXY TCP4 192.0.2.1 198.51.100.1 56324 5900\r\n');

const parse = (bytes: Uint8Array) => parseProxyHeader(bytes, 2048);
const expected = { host: '192.0.2.1', port: 56324 };

describe('PROXY header', () => {
  const good = [
    ['version 1, IPv4', v1, expected],
    [
      'version 1, IPv6',
      line('PROXY TCP6 2001:db8::1 ::1 56324 5900\r\n'),
      { host: '2001:db8::1', port: 56324 },
    ],
    [
      'version 1, IPv4 inside IPv6',
      line('PROXY TCP6 ::ffff:192.0.2.1 ::1 56324 5900\r\n'),
      expected,
    ],
    ['version 1, unknown', line('PROXY UNKNOWN\r\n'), undefined],
    ['version 1, unknown with whatever', line('PROXY UNKNOWN ffff:: 1 2 3\r\n'), undefined],
    ['version 2, IPv4', tcp4, expected],
    ['version 2, IPv6 with extensions', tcp6, { host: '2001:db8::1', port: 56324 }],
    ['version 2, unix socket', unix, undefined],
    ['version 2, unspecified', fromHex(`${SIGNATURE} 21 00 0000`), undefined],
    ['version 2, the proxy itself', localCommand, undefined],
  ] as const;

  for (const [name, bytes, source] of good) {
    it(`${name}: names the source, and ends where it ends`, () => {
      assert.deepEqual(parse(bytes), { source, byteLength: bytes.length });
      assert.deepEqual(parse(Buffer.concat([bytes, line('RFB 003.008\n')])), {
        source,
        byteLength: bytes.length,
      });
    });
    it(`${name}: is waited for while any of it is missing`, () => {
      for (let length = 0; length < bytes.length; length++)
        assert.equal(parse(bytes.subarray(0, length)), undefined, `${length} bytes`);
    });
  }

  it('of version 1 is strict', () => {
    for (const text of [
      'PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n',
      'PROXY TCP4 192.0.2.1 198.51.100.1 56324 5900 1\r\n',
      'PROXY TCP4  192.0.2.1 198.51.100.1 56324 5900\r\n',
      'PROXY TCP4 192.0.2.256 198.51.100.1 56324 5900\r\n',
      'PROXY TCP4 2001:db8::1 ::1 56324 5900\r\n',
      'PROXY TCP6 192.0.2.1 198.51.100.1 56324 5900\r\n',
      'PROXY TCP6 fe80::1%eth0 ::1 56324 5900\r\n',
      'PROXY TCP4 192.0.2.1 198.51.100.1 056324 5900\r\n',
      'PROXY TCP4 192.0.2.1 198.51.100.1 65536 5900\r\n',
      'PROXY TCP4 192.0.2.1 198.51.100.1 -1 5900\r\n',
      'PROXY TCP4 192.0.2.1 198.51.100.1 56324 5900\n\r\n',
      'PROXY UDP4 192.0.2.1 198.51.100.1 56324 5900\r\n',
      'PROXY UNKNOWNX\r\n',
      'PROXY \r\n',
      'proxy TCP4 192.0.2.1 198.51.100.1 56324 5900\r\n',
      'RFB 003.008\n',
    ])
      assert.throws(() => parse(line(text)), ProtocolError, text);
  });
  it('of version 1 ends within 107 bytes', () => {
    const longest = `PROXY UNKNOWN ${'x'.repeat(91)}`;
    assert.equal(parse(line(`${longest}\r\n`))?.byteLength, 107);
    assert.throws(() => parse(line(`${longest}x\r`)), /does not end within 107 bytes/);
    assert.equal(parse(line(`${longest}x`)), undefined);
  });
  it('of version 2 is strict', () => {
    for (const [hex, why] of [
      ['11 11 000c', /version and command 0x11/],
      ['22 11 000c', /version and command 0x22/],
      [`21 12 000c ${'00'.repeat(12)}`, /0x12, which is no stream/],
      [`21 41 000c ${'00'.repeat(12)}`, /0x41/],
      [`21 11 000b ${'00'.repeat(11)}`, /11 bytes for 12 of addresses/],
      [`21 11 000e ${'00'.repeat(14)}`, /cut short/],
      [`21 11 0010 ${'00'.repeat(12)} 01 0002 00`, /longer than the header/],
    ] as const)
      assert.throws(() => parse(fromHex(`${SIGNATURE} ${hex}`)), why, hex);
  });
  it('of version 2 above the limit is refused before it is waited for', () => {
    assert.throws(() => parse(fromHex(`${SIGNATURE} 21 11 0801`)), LimitError);
    assert.equal(parse(fromHex(`${SIGNATURE} 21 11 0800`)), undefined);
  });
  it('whatever the bytes, throws nothing but ProtocolError, and takes no more than there are', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 64 }).map((rest) => Buffer.concat([fromHex(SIGNATURE), rest])),
      fc.string({ maxLength: 110 }).map((rest) => line(`PROXY ${rest}\r\n`)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          const header = parse(input);
          assert.ok(header === undefined || header.byteLength <= input.length);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
    );
  });
});

interface Served {
  readonly listener: Listener;
  readonly accepted: Promise<{ stream: ByteStream; peer: Peer }>;
  readonly refused: Promise<VncError>;
  readonly dial: () => Socket;
  readonly close: (socket: Socket) => Promise<void>;
}

async function served(more: Partial<TrustedProxies> = {}): Promise<Served> {
  let accept: (value: { stream: ByteStream; peer: Peer }) => void = () => undefined;
  let refuse: (error: VncError) => void = () => undefined;
  const accepted = new Promise<{ stream: ByteStream; peer: Peer }>((resolve) => (accept = resolve));
  const refused = new Promise<VncError>((resolve) => (refuse = resolve));
  const listener = await listen(
    parseAddress('127.0.0.1::0', 'listen'),
    (stream, peer) => accept({ stream, peer }),
    {
      proxies: {
        includes: (host) => host === '127.0.0.1',
        timeoutMs: 10_000,
        maxBytes: 2048,
        refused: (error) => refuse(error as VncError),
        ...more,
      },
    },
  );
  const { address } = listener;
  assert.ok(address.kind === 'tcp');
  return {
    listener,
    accepted,
    refused,
    dial: () => netConnect(address.port, '127.0.0.1').setNoDelay(true),
    close: async (socket) => {
      socket.destroy();
      await listener.close();
    },
  };
}

describe('a listener with trusted proxies', () => {
  it('knows a connection by the address in its header, and loses no byte behind it', async () => {
    const { accepted, dial, close } = await served();
    const socket = dial();
    socket.write(Buffer.concat([tcp4, line('RFB 003.008\n')]));
    const { stream, peer } = await accepted;
    assert.deepEqual(peer, { address: '192.0.2.1:56324', host: '192.0.2.1', local: false });
    assert.equal(Buffer.from((await stream.read()) ?? []).toString(), 'RFB 003.008\n');
    socket.write('more');
    assert.equal(Buffer.from((await stream.read()) ?? []).toString(), 'more');
    stream.destroy();
    await close(socket);
  });

  for (const [name, bytes] of [
    ['1', v1],
    ['2', tcp6],
  ] as const) {
    it(`reads a header of version ${name} in single bytes`, async () => {
      const { accepted, dial, close } = await served();
      const socket = dial();
      for (const byte of bytes) {
        socket.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { stream, peer } = await accepted;
      assert.match(peer.address, /^(192\.0\.2\.1|\[2001:db8::1\]):56324$/);
      socket.write('x');
      assert.deepEqual(Array.from((await stream.read()) ?? []), [0x78]);
      stream.destroy();
      await close(socket);
    });
  }

  it('a loopback address in a header does not make a peer local', async () => {
    const { accepted, dial, close } = await served();
    const socket = dial();
    socket.write('PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n');
    const { stream, peer } = await accepted;
    assert.equal(peer.local, false);
    stream.destroy();
    await close(socket);
  });

  it('a proxy that speaks for itself keeps its own address', async () => {
    const { accepted, dial, close } = await served();
    const socket = dial();
    socket.write(localCommand);
    const { stream, peer } = await accepted;
    assert.equal(peer.host, '127.0.0.1');
    stream.destroy();
    await close(socket);
  });

  it('closes what does not begin with a header, and tells', async () => {
    const { refused, dial, close } = await served();
    const socket = dial();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).write('RFB 003.008\n');
    assert.match((await refused).message, /does not begin with a PROXY header/);
    await closed;
    await close(socket);
  });

  it('closes a proxy that goes away before its header is whole', async () => {
    const { refused, dial, close } = await served();
    const socket = dial();
    socket.end('PROXY TCP4');
    assert.equal((await refused).code, 'ERR_VNC_CLOSED');
    await close(socket);
  });

  it('gives a header its time, and no more', async () => {
    const { refused, dial, close } = await served({ timeoutMs: 20 });
    const socket = dial();
    socket.write('PROXY TCP4');
    assert.equal((await refused).code, 'ERR_VNC_TIMEOUT');
    await close(socket);
  });

  it('takes connections from elsewhere as they are', async () => {
    const { accepted, dial, close } = await served({ includes: () => false });
    const socket = dial();
    socket.write(v1);
    const { stream, peer } = await accepted;
    assert.equal(peer.host, '127.0.0.1');
    assert.equal(
      Buffer.from((await stream.read()) ?? []).toString('latin1'),
      Buffer.from(v1).toString('latin1'),
    );
    stream.destroy();
    await close(socket);
  });

  it('lets go of connections that wait for their header when it closes', async () => {
    const { listener, refused, dial } = await served();
    const socket = dial();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.write('P', resolve));
    // Until the listener has seen it.
    const probe = dial();
    await new Promise((resolve) => probe.once('connect', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    await listener.close();
    probe.destroy();
    await refused;
    socket.destroy();
    await closed;
  });
});
