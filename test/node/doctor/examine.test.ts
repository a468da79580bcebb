import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createTestCard } from '../../../src/displays/testcard.ts';
import { parseAddress, type Address } from '../../../src/node/address.ts';
import { initStore } from '../../../src/node/certificate-store.ts';
import { loadTlsCredentials } from '../../../src/node/credential-files.ts';
import { examine } from '../../../src/node/doctor/examine.ts';
import { judge } from '../../../src/node/doctor/judge.ts';
import { listen } from '../../../src/node/listen.ts';
import { serve, type ServeOptions } from '../../../src/node/serve.ts';
import { createTlsAcceptor } from '../../../src/node/tls-acceptor.ts';
import { ByteReader } from '../../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../../src/wire/byte-stream.ts';
import { fromHex, toHex } from '../../../src/wire/hex.ts';
import { temporaryDirectory } from '../command.ts';

const TIMEOUT_MS = 2000;

async function served(t: TestContext, options: Omit<ServeOptions, 'display'>): Promise<Address> {
  const serving = await serve({
    display: createTestCard(),
    listen: '127.0.0.1::0',
    limits: { handshakeStageMs: 300, handshakeTotalMs: 600 },
    ...options,
  });
  t.after(() => serving.close());
  const [address] = serving.addresses;
  assert.ok(address !== undefined);
  return address;
}

/** A server that is a script; what it does when a client leaves is its own affair. */
async function scripted(
  t: TestContext,
  script: (reader: ByteReader, connection: number) => Promise<void>,
): Promise<Address> {
  let connections = 0;
  const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), (stream) => {
    t.after(() => stream.destroy());
    script(new ByteReader(stream), connections++).catch(() => stream.destroy());
  });
  t.after(() => listener.close());
  return listener.address;
}

const send = (reader: ByteReader, hex: string): void => reader.stream.write(fromHex(hex));
const GREETING = '52 46 42 20 30 30 33 2e 30 30 38 0a'; // RFB 003.008
const SERVER_INIT = `
  0001 0001                                            # width, height
  20 18 00 01 00ff 00ff 00ff 10 08 00 00 00 00         # pixel format
  00000001 78                                          # name: x`;

describe('examine, of our own server', () => {
  it('finds nothing wrong with X509Vnc, and asks in few connections', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    await initStore(dir, { hosts: ['console.lab'], client: 'alice' });
    const credentials = await loadTlsCredentials({ dir }, { needCa: true });
    const address = await served(t, {
      security: 'X509Vnc',
      tls: { credentials, maxVersion: 'TLSv1.3' },
      access: { password: 'secret' },
    });
    const seen = await examine(address, {
      target: 'vnc://x',
      hosts: ['console.lab'],
      caFile: join(dir, 'ca-cert.pem'),
      timeoutMs: TIMEOUT_MS,
    });
    const { grade, findings } = judge(seen);
    assert.equal(grade, 'A', findings.map(({ id }) => id).join());
    assert.deepEqual(
      Object.values(seen.x509?.versions ?? {}).map(({ outcome }) => outcome),
      ['accepted', 'accepted', 'refused', 'refused'],
    );
    assert.equal(seen.unofferedNone.outcome, 'refused');
    assert.equal(seen.silentClient.outcome, 'closed');
    assert.deepEqual(seen.subtypes, [261]);
    assert.ok(seen.connections <= 13);
  });
  it('sees that clear bytes stay outside of X509None', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    await initStore(dir, { hosts: ['console.lab'], client: 'alice' });
    const credentials = await loadTlsCredentials({ dir }, { needCa: true });
    const address = await served(t, { security: 'X509None', tls: { credentials } });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: TIMEOUT_MS });
    assert.equal(seen.x509?.opens.outcome, 'accepted');
    assert.equal(seen.clearBytesAcrossTls.outcome, 'refused');
    const ids = judge(seen).findings.map(({ id }) => id);
    // It was asked for by another name.
    assert.ok(ids.includes('certificate-error') && ids.includes('open-inside-tls'));
  });
  it('sees that a client certificate is wanted for X509None', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    await initStore(dir, { hosts: ['127.0.0.1'], client: 'alice' });
    const credentials = await loadTlsCredentials({ dir }, { needCa: true });
    const tls = { credentials, verifyClient: 'require' } as const;
    const address = await served(t, { security: 'X509None', tls });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: TIMEOUT_MS });
    assert.equal(seen.x509?.opens.outcome, 'refused');
    assert.equal(seen.clearBytesAcrossTls.outcome, 'not checked');
    assert.equal(judge(seen).grade, 'A');
  });
  it('measures the Diffie-Hellman group of anonymous TLS', async (t) => {
    const address = await served(t, { security: 'TLSVnc', access: { password: 'secret' } });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: TIMEOUT_MS });
    assert.deepEqual(seen.anonymous?.exchange, { type: 'DH', bits: 2048 });
    assert.equal(seen.anonymous?.versions['TLSv1.1'].outcome, 'refused');
  });
  it('takes None for what it is', async (t) => {
    const address = await served(t, { security: 'None' });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: TIMEOUT_MS });
    assert.deepEqual(seen.versions['3.3'], { outcome: 'accepted', types: [1] });
    assert.equal(seen.unofferedNone.outcome, 'not checked');
    assert.equal(judge(seen).grade, 'C');
  });
});

describe('examine, of bad servers', () => {
  it('finds one that takes None although it offers VncAuth alone', async (t) => {
    const address = await scripted(t, async (reader) => {
      send(reader, GREETING);
      const version = toHex(await reader.bytes(12));
      if (version.includes('2e303033')) return send(reader, '00000002');
      send(reader, '01 02');
      if ((await reader.u8()) !== 1) return reader.stream.end();
      if (version.includes('2e303038')) send(reader, '00000000');
      await reader.u8();
      send(reader, SERVER_INIT);
    });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: 500 });
    assert.equal(seen.unofferedNone.outcome, 'accepted');
    assert.equal(judge(seen).grade, 'F');
    assert.equal(seen.silentClient.outcome, 'open');
  });
  it('does not take a challenge for being let in', async (t) => {
    const address = await scripted(t, async (reader) => {
      send(reader, `${GREETING}`);
      await reader.skip(12);
      send(reader, '01 02');
      await reader.u8();
      send(reader, '00000000 0123456789abcdef0011223344');
    });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: 500 });
    assert.equal(seen.unofferedNone.outcome, 'refused');
  });
  for (const keeps of [true, false])
    it(`${keeps ? 'finds' : 'does not suspect'} one that ${keeps ? 'takes' : 'drops'} clear bytes across TLS`, async (t) => {
      const acceptor = createTlsAcceptor({ anonymous: true });
      const address = await scripted(t, async (reader) => {
        send(reader, GREETING);
        await reader.skip(12);
        send(reader, '01 13');
        if ((await reader.u8()) !== 19) return reader.stream.end();
        send(reader, '00 02');
        await reader.skip(2);
        send(reader, '00 01 00000101');
        await reader.skip(4);
        const clear = keeps ? await reader.bytes(reader.buffered) : new Uint8Array(0);
        reader.take(reader.buffered);
        send(reader, '01');
        const { stream } = await acceptor.accept(reader.stream, 'anonymous');
        await session(new ByteReader(behind(clear, stream)));
      });
      const seen = await examine(address, { target: 'vnc://x', timeoutMs: TIMEOUT_MS });
      assert.equal(seen.anonymous?.opens.outcome, 'accepted');
      assert.equal(seen.clearBytesAcrossTls.outcome, keeps ? 'accepted' : 'refused');
    });
  it('finds that TLS is offered which cannot be had', async (t) => {
    const address = await scripted(t, async (reader) => {
      send(reader, GREETING);
      await reader.skip(12);
      send(reader, '01 13');
      if ((await reader.u8()) !== 19) return reader.stream.end();
      send(reader, '00 02');
      await reader.skip(2);
      send(reader, '00 01 00000105');
      await reader.skip(4);
      // VeNCrypt: no TLS to be had.
      send(reader, '00');
    });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: 500 });
    assert.ok(judge(seen).findings.some(({ id }) => id === 'tls-fails'));
  });
  it('stops asking when it is turned away, as by TigerVNC', async (t) => {
    let asked = 0;
    const address = await scripted(t, async (reader, connection) => {
      asked = connection + 1;
      // RFB 003.003, and a reason that nobody asked for.
      if (connection > 1)
        return send(reader, '524642203030332e3030330a 00000000 00000004 66756c6c');
      send(reader, GREETING);
      await reader.skip(12);
      send(reader, '01 02');
    });
    const seen = await examine(address, { target: 'vnc://x', timeoutMs: 500 });
    assert.equal(seen.turnedAway, 'full');
    assert.equal(asked, 3);
    assert.equal(seen.silentClient.outcome, 'not checked');
    assert.ok(judge(seen).findings.some(({ id }) => id === 'turned-away'));
  });
  it('says so when it is turned away at once, and when it is no VNC server', async (t) => {
    const full = await scripted(t, async (reader) => {
      send(reader, GREETING);
      await reader.skip(12);
      send(reader, '00 00000004 66756c6c');
    });
    await assert.rejects(examine(full, { target: 'x' }), {
      code: 'ERR_VNC_REFUSED',
      message: 'full',
    });
    const web = await scripted(t, async (reader) =>
      send(reader, '48545450 2f312e31 20343030 0d0a'),
    );
    await assert.rejects(examine(web, { target: 'x' }), { code: 'ERR_VNC_VERSION' });
  });
});

/** A desktop of one pixel, from SecurityResult on: enough of a server to answer what the doctor sends. */
async function session(reader: ByteReader): Promise<void> {
  send(reader, '00000000');
  await reader.u8();
  send(reader, SERVER_INIT);
  for (;;) {
    const type = await reader.u8();
    if (type === 0) await reader.skip(19);
    else if (type === 3) {
      await reader.skip(9);
      send(reader, '00 00 0001 0000 0000 0001 0001 00000000 00000000');
    } else return reader.stream.end();
  }
}

/** What came in clear, and then what comes inside, as if there were no difference. */
function behind(clear: Uint8Array, stream: ByteStream): ByteStream {
  let first = clear.length > 0;
  return {
    read: () => {
      if (!first) return stream.read();
      first = false;
      return Promise.resolve(clear);
    },
    write: (bytes) => stream.write(bytes),
    backlogBytes: 0,
    drained: () => stream.drained(),
    end: () => stream.end(),
    destroy: (error) => stream.destroy(error),
    closed: stream.closed,
  };
}
