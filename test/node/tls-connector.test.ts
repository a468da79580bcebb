import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import { ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { parseAddress } from '../../src/node/address.ts';
import { dial } from '../../src/node/dial.ts';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import { createTlsConnector, type TlsConnectorOptions } from '../../src/node/tls-connector.ts';
import type { TlsCredentials } from '../../src/node/tls-context.ts';
import type { TlsLayer, TlsUpgrade } from '../../src/security/tls-port.ts';
import { secure, tcpPair } from '../support/socket-pair.ts';
import { makeTestPki } from '../support/test-pki.ts';

const pki = makeTestPki();
after(() => pki.remove());

async function connectTo(x509: TlsCredentials, options: Partial<TlsConnectorOptions>) {
  const acceptor = createTlsAcceptor({ x509, maxVersion: 'TLSv1.3' });
  const connector = createTlsConnector({ serverName: 'localhost', ca: pki.ca, ...options });
  const pair = await secure(await tcpPair(), connector, acceptor, 'x509');
  pair.client.destroy();
  pair.server.destroy();
  return pair;
}

/** Connects to a TLS server of Node's own, which can be worse than ours. */
async function connectToNode(
  serverOptions: tls.TlsOptions,
  options: Partial<TlsConnectorOptions>,
  layer: TlsLayer,
): Promise<{ upgrade: TlsUpgrade; servername: string | false | null | undefined }> {
  let servername: string | false | null | undefined;
  const server = tls.createServer(serverOptions, (socket) => {
    servername = socket.servername;
    socket.on('error', () => undefined);
    socket.end('x');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  try {
    const connector = createTlsConnector({ serverName: 'localhost', ca: pki.ca, ...options });
    const stream = await dial(parseAddress(`127.0.0.1::${port}`, 'connect'));
    const upgrade = await connector.connect(stream, layer);
    assert.deepEqual(await upgrade.stream.read(), Uint8Array.of('x'.charCodeAt(0)));
    upgrade.stream.destroy();
    return { upgrade, servername };
  } finally {
    server.close();
  }
}

const refused = (code: ErrorCode, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SecurityError);
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return true;
};

const fingerprint = new X509Certificate(pki.server.cert).fingerprint256;
const bare = fingerprint.replaceAll(':', '').toLowerCase();

describe('TLS connector: whom it believes', () => {
  for (const serverName of ['localhost', 'LOCALHOST', '127.0.0.1', '::1']) {
    it(`takes ${serverName} from a certificate that has it`, async () => {
      const { clientInfo } = await connectTo(pki.server, { serverName, crls: [pki.crl] });
      assert.equal(clientInfo.layer, 'x509');
      assert.equal(clientInfo.protocol, 'TLSv1.3');
      assert.equal(clientInfo.peerCertificate?.verified, true);
      assert.equal(clientInfo.peerCertificate.fingerprint256, bare);
    });
  }

  for (const [what, credentials, options, words] of [
    [
      'another name, and names both',
      pki.otherServer,
      {},
      /not of localhost, but of .*DNS:other\.example/,
    ],
    [
      'another address',
      pki.server,
      { serverName: '127.0.0.2' },
      /not of 127\.0\.0\.2, but of .*127\.0\.0\.1/,
    ],
    ['an unknown authority', pki.server, { ca: pki.evilCa }, /authority that is not trusted/],
    ['an expired certificate', pki.expiredServer, {}, /it has expired \(CERT_HAS_EXPIRED\)/],
    ['a revoked certificate', pki.revokedServer, { crls: [pki.crl] }, /it was revoked/],
    ["a client's certificate", pki.alice, {}, /another purpose/],
    [
      'a certificate while the CRL is out of date',
      pki.server,
      { crls: [pki.expiredCrl] },
      /revocation list has expired/,
    ],
  ] as const) {
    it(`refuses ${what}`, () =>
      assert.rejects(connectTo(credentials, options), refused(ErrorCode.certificate, words)));
  }

  it('takes a revoked certificate when it was given no CRL', () =>
    assert.doesNotReject(connectTo(pki.revokedServer, { serverName: 'localhost' })));

  it('takes a pinned certificate, of whatever name, age and authority', async () => {
    for (const pin of [fingerprint, bare]) {
      const options = { fingerprint256: pin, ca: pki.evilCa, serverName: 'elsewhere.example' };
      const { clientInfo } = await connectTo(pki.server, options);
      assert.equal(clientInfo.peerCertificate?.verified, false);
    }
  });

  it('refuses another certificate than the pinned one, however valid', () =>
    assert.rejects(
      connectTo(pki.server, { fingerprint256: '0'.repeat(64) }),
      refused(ErrorCode.certificate, new RegExp(`fingerprint ${bare}, not 0000`)),
    ));

  it('refuses a pin that is no SHA-256', () => {
    for (const fingerprint256 of ['', 'abcd', `${bare}0`, `g${bare.slice(1)}`]) {
      assert.throws(() => createTlsConnector({ serverName: 'x', fingerprint256 }), TypeError);
    }
  });

  it('refuses PEM texts that OpenSSL does not read', () => {
    for (const bad of [{ ca: 'nothing' }, { cert: pki.alice.cert, key: pki.bob.key }]) {
      assert.throws(() => createTlsConnector({ serverName: 'x', ...bad }), {
        code: ErrorCode.tlsConfiguration,
      });
    }
  });

  it('sends SNI for a name, and none for an address', async () => {
    const byName = await connectToNode(pki.server, { serverName: 'localhost' }, 'x509');
    assert.equal(byName.servername, 'localhost');
    const byAddress = await connectToNode(pki.server, { serverName: '127.0.0.1' }, 'x509');
    assert.equal(byAddress.servername, false);
  });

  it('refuses a server that stops at TLS 1.1', () =>
    assert.rejects(
      connectToNode(
        { ...pki.server, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
        {},
        'x509',
      ),
      refused(ErrorCode.tls, /protocol version/),
    ));
});

describe('TLS connector: anonymous', () => {
  const twelve = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

  it('says that nobody was verified', async () => {
    const acceptor = createTlsAcceptor({ anonymous: true });
    const connector = createTlsConnector({ serverName: 'localhost' });
    const pair = await secure(await tcpPair(), connector, acceptor, 'anonymous');
    assert.deepEqual(pair.clientInfo, {
      layer: 'anonymous',
      protocol: 'TLSv1.2',
      cipher: 'ADH-AES256-GCM-SHA384',
    });
    pair.client.destroy();
    pair.server.destroy();
  });

  it('takes AECDH, the only one that Xvnc has', async () => {
    const server = { ...twelve, ciphers: 'AECDH-AES256-SHA:@SECLEVEL=0' };
    const { upgrade } = await connectToNode(server, {}, 'anonymous');
    assert.equal(upgrade.info.cipher, 'AECDH-AES256-SHA');
  });

  it("takes x11vnc's DH of 1024 bits only when it is told to", async () => {
    // Node's `auto` with an AES-128 suite is 1024 bits at this level.
    const server = { ...twelve, ciphers: 'ADH-AES128-GCM-SHA256:@SECLEVEL=0', dhparam: 'auto' };
    await assert.rejects(
      connectToNode(server, {}, 'anonymous'),
      refused(ErrorCode.tls, /DH parameter size 1024 is less than 2048/),
    );
    await connectToNode(server, { minDhBits: 1024 }, 'anonymous');
  });

  it('never mistakes a server with a certificate for an anonymous one', () =>
    assert.rejects(
      connectToNode(pki.server, {}, 'anonymous'),
      refused(ErrorCode.tls, /no cipher suite/),
    ));
});

describe('TLS connector: hostile and unlucky servers', () => {
  for (const layer of ['x509', 'anonymous'] as const) {
    const connector = (): ReturnType<typeof createTlsConnector> =>
      createTlsConnector({ serverName: 'localhost', ca: pki.ca, handshakeTimeoutMs: 30 });

    it(`${layer}: refuses what is not TLS`, async () => {
      const [near, far] = await tcpPair();
      far.write(new Uint8Array(Buffer.from('RFB 003.008\n')));
      await assert.rejects(
        connector().connect(near, layer),
        refused(ErrorCode.tls, /not TLS|wrong version/),
      );
      await near.closed;
      far.destroy();
    });

    it(`${layer}: notices a server that closes`, async () => {
      const [near, far] = await tcpPair();
      far.end();
      await assert.rejects(connector().connect(near, layer), refused(ErrorCode.tls, /closed/));
      await Promise.all([near.closed, far.closed]);
    });

    it(`${layer}: gives a silent server up after its time`, async () => {
      const [near, far] = await tcpPair();
      await assert.rejects(
        connector().connect(near, layer),
        refused(ErrorCode.tls, /took longer than 30 ms/),
      );
      await near.closed;
      far.destroy();
    });
  }
});
