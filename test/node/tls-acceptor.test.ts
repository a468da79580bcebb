import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import { ClosedError, ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { socketStream } from '../../src/node/socket-stream.ts';
import { createTlsAcceptor, type TlsAcceptorOptions } from '../../src/node/tls-acceptor.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import type { TlsLayer, TlsUpgrade } from '../../src/security/tls-port.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { secure, tcpPair } from '../support/socket-pair.ts';
import { makeTestPki, type TestCredentials } from '../support/test-pki.ts';

const pki = makeTestPki();
after(() => pki.remove());

const verifying = { ...pki.server, ca: pki.ca, crls: [pki.crl] };
const trust = { serverName: 'localhost', ca: pki.ca };
const anonymousCiphers = 'ADH:@SECLEVEL=0';

/** A TCP port on which the acceptor takes whoever comes; `results` are its promises in order of arrival. */
async function serve(options: TlsAcceptorOptions, layer: TlsLayer = 'x509') {
  const acceptor = createTlsAcceptor(options);
  const results: Array<Promise<TlsUpgrade>> = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    const result = acceptor.accept(socketStream(socket), layer);
    result.catch(() => undefined);
    results.push(result);
    server.emit('accepted');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A test that fails must not keep the process.
  server.unref();
  return {
    port: (server.address() as net.AddressInfo).port,
    result: async (index = 0): Promise<TlsUpgrade> => {
      while (results[index] === undefined) await once(server, 'accepted');
      return results[index];
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const isTlsError = (words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SecurityError);
  assert.equal(error.code, ErrorCode.tls);
  assert.match(error.message, words);
  return true;
};

describe('TLS acceptor: what is agreed on', () => {
  it('offers the layers that it has credentials for', () => {
    assert.deepEqual([...createTlsAcceptor({}).layers], []);
    assert.deepEqual([...createTlsAcceptor({ anonymous: true }).layers], ['anonymous']);
    const both = createTlsAcceptor({ anonymous: { group: 'ffdhe3072' }, x509: pki.server });
    assert.deepEqual([...both.layers].sort(), ['anonymous', 'x509']);
  });

  it('speaks TLS 1.2 by default, for TigerVNC before 1.13, and 1.3 when it may', async () => {
    for (const [options, protocol, cipher] of [
      [{}, 'TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
      [{ maxVersion: 'TLSv1.3' }, 'TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
    ] as const) {
      const acceptor = createTlsAcceptor({ x509: pki.server, ...options });
      const pair = await secure(await tcpPair(), createTlsConnector(trust), acceptor, 'x509');
      assert.deepEqual(pair.serverInfo, { layer: 'x509', protocol, cipher });
      pair.client.destroy();
      pair.server.destroy();
    }
  });

  for (const [group, bits] of [
    ['ffdhe2048', 2048],
    ['ffdhe3072', 3072],
  ] as const) {
    it(`anonymous: uses ADH-AES256-GCM-SHA384 and ${group}, even with a client that wants AES-128`, async () => {
      const server = await serve({ anonymous: { group } }, 'anonymous');
      const ciphers = 'ADH-AES128-GCM-SHA256:ADH-AES256-GCM-SHA384:AECDH-AES256-SHA:@SECLEVEL=0';
      const client = tls.connect({
        port: server.port,
        ciphers,
        maxVersion: 'TLSv1.2',
        rejectUnauthorized: false,
      });
      await once(client, 'secureConnect');
      assert.equal(client.getCipher().name, 'ADH-AES256-GCM-SHA384');
      const { type, size } = client.getEphemeralKeyInfo() as tls.EphemeralKeyInfo;
      assert.deepEqual([type, size], ['DH', bits]);
      const { info } = await server.result();
      assert.deepEqual(info, {
        layer: 'anonymous',
        protocol: 'TLSv1.2',
        cipher: 'ADH-AES256-GCM-SHA384',
      });
      client.destroy();
      await server.close();
    });
  }

  it('anonymous: stays at TLS 1.2 with a client that offers 1.3', async () => {
    const server = await serve({ anonymous: true }, 'anonymous');
    const client = tls.connect({
      port: server.port,
      ciphers: anonymousCiphers,
      rejectUnauthorized: false,
    });
    await once(client, 'secureConnect');
    assert.equal(client.getProtocol(), 'TLSv1.2');
    client.destroy();
    await server.close();
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${maxVersion}: resumes no session, since that would skip the CRL`, async () => {
      const server = await serve({ x509: pki.server, maxVersion });
      const options = { port: server.port, rejectUnauthorized: false };
      const first = tls.connect(options);
      let session: Buffer | undefined;
      first.on('session', (ticket: Buffer) => {
        session = ticket;
      });
      await once(first, 'secureConnect');
      const { stream } = await server.result(0);
      stream.write(Uint8Array.of(1));
      await once(first, 'data');
      session ??= first.getSession();
      const second = tls.connect({ ...options, ...(session === undefined ? {} : { session }) });
      await once(second, 'secureConnect');
      assert.equal(second.isSessionReused(), false);
      first.destroy();
      second.destroy();
      await server.close();
    });
  }

  it('refuses a renegotiation on the wire', async () => {
    const server = await serve({ x509: pki.server });
    const client = tls.connect({ port: server.port, rejectUnauthorized: false });
    await once(client, 'secureConnect');
    const { stream } = await server.result();
    const asked = new Promise((resolve) => {
      client.on('error', resolve);
      client.renegotiate({ rejectUnauthorized: false }, resolve);
    });
    assert.ok((await asked) instanceof Error);
    stream.destroy();
    client.destroy();
    await server.close();
  });

  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    it(`refuses ${version}`, async () => {
      for (const layer of ['x509', 'anonymous'] as const) {
        const server = await serve({ x509: pki.server, anonymous: true }, layer);
        const client = tls.connect({
          port: server.port,
          minVersion: version,
          maxVersion: version,
          ciphers: 'ALL:@SECLEVEL=0',
          rejectUnauthorized: false,
        });
        await once(client, 'error');
        await assert.rejects(server.result(), isTlsError(/unsupported protocol/));
        await server.close();
      }
    });
  }
});

describe('TLS acceptor: client certificates', () => {
  const verdict = async (
    credentials: Partial<TestCredentials>,
    options: Partial<TlsAcceptorOptions> = {},
  ) => {
    const acceptor = createTlsAcceptor({ x509: verifying, verifyClient: 'request', ...options });
    const connector = createTlsConnector({ ...trust, ...credentials });
    const pair = await secure(await tcpPair(), connector, acceptor, 'x509');
    pair.client.destroy();
    pair.server.destroy();
    return pair.serverInfo.peerCertificate;
  };

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${maxVersion}: tells a good one from those that are revoked, expired, foreign or for servers`, async () => {
      const alice = await verdict(pki.alice, { maxVersion });
      assert.equal(alice?.verified, true);
      assert.equal(alice.fault, undefined);
      for (const [credentials, fault] of [
        [pki.bob, 'CERT_REVOKED'],
        [pki.expired, 'CERT_HAS_EXPIRED'],
        [pki.wrongUsage, 'INVALID_PURPOSE'],
      ] as const) {
        const got = await verdict(credentials, { maxVersion });
        assert.equal(got?.verified, false);
        assert.equal(got.fault, fault);
      }
      const evil = await verdict(pki.evil, { maxVersion });
      assert.equal(evil?.verified, false);
      assert.match(evil.fault ?? '', /^UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/);
    });
  }

  /** A client's certificate that `openssl ca` would not be asked for every day. */
  const odd = (name: string, issuer: string, more: string): TestCredentials => {
    const run = (line: string): void => {
      const stdio = ['ignore', 'ignore', 'pipe'] as const;
      execFileSync('openssl', line.split(' '), { cwd: pki.directory, stdio: [...stdio] });
    };
    const read = (file: string): string => readFileSync(join(pki.directory, file), 'utf8');
    const p256 = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    run(`req -new -config ca.cnf ${p256} -keyout ${name}.key -out ${name}.csr -subj /CN=alice`);
    const by = `-config ca.cnf -cert ${issuer}.pem -keyfile ${issuer}.key`;
    if (issuer === name)
      run(`x509 -req -in ${name}.csr -signkey ${name}.key -days 30 -out ${name}.pem`);
    else run(`ca -batch -notext ${by} -extensions client ${more} -in ${name}.csr -out ${name}.pem`);
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };

  it('nor takes one of tomorrow, by itself, or by somebody who is no authority', async () => {
    const tomorrow = '-startdate 20990101000000Z -enddate 20990201000000Z';
    const byAlice = odd('by-alice', 'alice', '-days 30');
    // Of several faults OpenSSL tells the last, and Node has words for the commonest only.
    for (const credentials of [
      odd('future', 'ca', tomorrow),
      odd('self', 'self', ''),
      { ...byAlice, cert: `${byAlice.cert}${pki.alice.cert}` },
    ]) {
      const got = await verdict(credentials);
      assert.equal(got?.verified, false);
      assert.notEqual(got.fault, undefined);
    }
  });

  it('uses none that is signed with SHA-1, at either end', () => {
    const weak = odd('sha1', 'ca', '-days 30 -md sha1');
    const refusal = { code: ErrorCode.tlsConfiguration, message: /md too weak/ };
    assert.throws(() => createTlsConnector({ ...trust, ...weak }), refusal);
    assert.throws(() => createTlsAcceptor({ x509: weak }), refusal);
  });

  it('leaves a client without a certificate to VeNCrypt, whatever the policy', async () => {
    assert.equal(await verdict({}), undefined);
    assert.equal(await verdict({}, { verifyClient: 'require' }), undefined);
  });

  it('asks for none when verification is off', async () => {
    assert.equal(await verdict(pki.alice, { verifyClient: 'off' }), undefined);
  });

  it('lets nobody pass for verified when the CRL is out of date', async () => {
    const x509 = { ...verifying, crls: [pki.expiredCrl] };
    const alice = await verdict(pki.alice, { x509 });
    assert.equal(alice?.verified, false);
    assert.equal(alice.fault, 'CRL_HAS_EXPIRED');
  });

  it('refuses to verify clients without a CA', () => {
    for (const verifyClient of ['request', 'require'] as const) {
      assert.throws(() => createTlsAcceptor({ x509: pki.server, verifyClient }), {
        code: ErrorCode.tlsConfiguration,
        message: /there is no CA/,
      });
    }
  });

  it('gives each of many handshakes at once its own client', async () => {
    const acceptor = createTlsAcceptor({ x509: verifying, verifyClient: 'request' });
    const everyone = [pki.alice, pki.bob, pki.expired, pki.evil, pki.wrongUsage, {}];
    const pairs = await Promise.all(
      [...everyone, ...everyone].map(async (credentials, index) => {
        const joined = index % 2 === 0 ? await tcpPair() : memoryPair();
        const connector = createTlsConnector({ ...trust, ...credentials });
        return secure(joined, connector, acceptor, 'x509');
      }),
    );
    for (const [index, { client, server, serverInfo }] of pairs.entries()) {
      const sent = everyone[index % everyone.length] as Partial<TestCredentials>;
      const fingerprint = sent.cert && new X509Certificate(sent.cert).fingerprint256;
      const expected = fingerprint?.replaceAll(':', '').toLowerCase();
      assert.equal(serverInfo.peerCertificate?.fingerprint256, expected);
      client.write(Uint8Array.of(index));
      assert.deepEqual(await server.read(), Uint8Array.of(index));
      client.destroy();
      server.destroy();
    }
    const verified = pairs.map(({ serverInfo }) => serverInfo.peerCertificate?.verified === true);
    assert.deepEqual(
      verified.map((yes, index) => (yes ? index : -1)).filter((index) => index >= 0),
      [0, everyone.length],
    );
  });
});

describe('TLS acceptor: new credentials', () => {
  it('uses them for new connections, and keeps the old ones alive', async () => {
    const acceptor = createTlsAcceptor({ x509: verifying, verifyClient: 'require' });
    const connector = createTlsConnector({ ...trust, ...pki.bob });
    acceptor.setCredentials({ ...pki.server, ca: pki.ca });
    const before = await secure(await tcpPair(), connector, acceptor, 'x509');
    assert.equal(before.serverInfo.peerCertificate?.verified, true);
    acceptor.setCredentials(verifying);
    const later = await secure(await tcpPair(), connector, acceptor, 'x509');
    assert.equal(later.serverInfo.peerCertificate?.fault, 'CERT_REVOKED');
    before.client.write(Uint8Array.of(1));
    assert.deepEqual(await before.server.read(), Uint8Array.of(1));
    for (const pair of [before, later]) {
      pair.client.destroy();
      pair.server.destroy();
    }
  });

  it('adds the x509 layer when there was none', async () => {
    const acceptor = createTlsAcceptor({ anonymous: true });
    acceptor.setCredentials(pki.server);
    assert.ok(acceptor.layers.has('x509'));
    const pair = await secure(await tcpPair(), createTlsConnector(trust), acceptor, 'x509');
    pair.client.destroy();
    pair.server.destroy();
  });

  it('refuses unusable ones and goes on with the old', async () => {
    const acceptor = createTlsAcceptor({ x509: pki.server });
    for (const bad of [
      { cert: 'no PEM', key: pki.server.key },
      { cert: pki.server.cert, key: pki.alice.key },
    ]) {
      assert.throws(() => acceptor.setCredentials(bad), { code: ErrorCode.tlsConfiguration });
    }
    const pair = await secure(await tcpPair(), createTlsConnector(trust), acceptor, 'x509');
    pair.client.destroy();
    pair.server.destroy();
  });
});

describe('TLS acceptor: hostile and unlucky peers', () => {
  for (const layer of ['x509', 'anonymous'] as const) {
    const options = { x509: pki.server, anonymous: true };

    it(`${layer}: refuses what is not TLS`, async () => {
      for (const [bytes, words] of [
        [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /http request/],
        [Buffer.alloc(4096, 0x41), /not TLS|wrong version/],
        [Buffer.from('RFB 003.008\n'), /not TLS|wrong version/],
      ] as const) {
        const server = await serve(options, layer);
        const client = net.connect(server.port).on('error', () => undefined);
        client.write(bytes);
        await assert.rejects(server.result(), isTlsError(words));
        await once(client, 'close');
        await server.close();
      }
    });

    it(`${layer}: notices a peer that leaves at any point of its ClientHello`, async () => {
      const hello = Buffer.from('160301 0100 010000fc0303'.replaceAll(' ', ''), 'hex');
      const server = await serve(options, layer);
      for (let cut = 0; cut <= hello.length; cut += 1) {
        const client = net.connect(server.port);
        client.end(hello.subarray(0, cut));
        client.resume();
        await assert.rejects(server.result(cut), isTlsError(/peer closed the connection/));
        if (!client.closed) await once(client, 'close');
      }
      await server.close();
    });

    it(`${layer}: says so when no cipher suite is common`, async () => {
      const server = await serve(options, layer);
      const ciphers = layer === 'x509' ? anonymousCiphers : 'ECDHE-RSA-AES128-SHA';
      const client = tls.connect({ port: server.port, ciphers, maxVersion: 'TLSv1.2' });
      const [error] = await once(client, 'error');
      assert.match(String(error), /handshake failure/);
      await assert.rejects(server.result(), isTlsError(/no shared cipher/));
      await server.close();
    });

    it(`${layer}: gives a silent peer up after its time, and closes it`, async () => {
      const server = await serve({ ...options, handshakeTimeoutMs: 20 }, layer);
      const client = net.connect(server.port).on('error', () => undefined);
      await assert.rejects(server.result(), isTlsError(/took longer than 20 ms/));
      client.resume();
      await once(client, 'close');
      await server.close();
    });
  }

  it('refuses a layer without credentials, and closes the stream', async () => {
    const acceptor = createTlsAcceptor({ x509: pki.server });
    const [near, far] = await tcpPair();
    await assert.rejects(acceptor.accept(far, 'anonymous'), { code: ErrorCode.tlsConfiguration });
    assert.equal(await near.read(), null);
  });

  it('ends when the stream is destroyed meanwhile', async () => {
    const acceptor = createTlsAcceptor({ x509: pki.server });
    const [near, far] = await tcpPair();
    const accepting = acceptor.accept(far, 'x509');
    setImmediate(() => far.destroy());
    await assert.rejects(accepting, isTlsError(/closed/));
    assert.equal(await near.read(), null);
  });

  it('survives a stream without a socket that fails during the handshake', async () => {
    const acceptor = createTlsAcceptor({ x509: pki.server, anonymous: true });
    for (const layer of ['x509', 'anonymous'] as const) {
      const [near, far] = memoryPair();
      const accepting = acceptor.accept(far, layer);
      near.write(Uint8Array.of(0x16, 3, 1));
      setImmediate(() => far.destroy(new ClosedError('dropped for the test')));
      await assert.rejects(accepting, isTlsError(/dropped for the test|closed/));
      assert.equal(await near.read(), null);
    }
  });

  it('anonymous: lets an honest client in while 50 silent ones sit in the handshake', async () => {
    const server = await serve({ anonymous: true }, 'anonymous');
    const silent = Array.from({ length: 50 }, () => net.connect(server.port));
    for (const socket of silent) if (socket.pending) await once(socket, 'connect');
    const client = tls.connect({
      port: server.port,
      ciphers: anonymousCiphers,
      rejectUnauthorized: false,
    });
    await once(client, 'secureConnect');
    const { info } = await server.result(silent.length);
    assert.equal(info.layer, 'anonymous');
    for (const socket of [...silent, client]) socket.destroy();
    await server.close();
  });

  it('takes a ClientHello that came before it was asked to', async () => {
    const acceptor = createTlsAcceptor({ x509: pki.server });
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = tls.connect({
      port: (server.address() as net.AddressInfo).port,
      host: '127.0.0.1',
      ca: pki.ca,
    });
    const connected = once(client, 'secureConnect');
    const [socket] = (await once(server, 'connection')) as [net.Socket];
    const stream = socketStream(socket);
    while (socket.bytesRead === 0) await new Promise(setImmediate);
    const { stream: secured } = await acceptor.accept(stream, 'x509');
    await connected;
    client.write('hello');
    assert.equal(Buffer.from((await secured.read()) ?? []).toString(), 'hello');
    secured.destroy();
    client.destroy();
    server.close();
    await stream.closed;
  });

  it('leaves no socket and no timer behind after 200 aborted handshakes', async () => {
    const server = await serve({ x509: pki.server, anonymous: true });
    // Immediates are the test's own.
    const resources = (): string[] =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => kind !== 'Immediate')
        .sort();
    const before = resources();
    const hello = Buffer.from('16030100', 'hex');
    for (let index = 0; index < 200; index += 1) {
      const client = net.connect(server.port);
      client.write(hello.subarray(0, index % 5));
      await once(client, 'connect');
      client.destroy();
      await assert.rejects(server.result(index));
      if (!client.closed) await once(client, 'close');
    }
    await new Promise(setImmediate);
    const after = resources();
    await server.close();
    assert.deepEqual(after, before);
  });
});
