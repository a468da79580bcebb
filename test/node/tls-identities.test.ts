import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { socketStream } from '../../src/node/socket-stream.ts';
import {
  createTlsAcceptor,
  type NodeTlsAcceptor,
  type TlsAcceptorOptions,
} from '../../src/node/tls-acceptor.ts';
import type { TlsCredentials } from '../../src/node/tls-context.ts';
import { identitiesNamed, openIdentity } from '../../src/node/tls-identities.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import type { TlsConnector, TlsUpgrade } from '../../src/security/tls-port.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { secure } from '../support/socket-pair.ts';

let authority: CertifiedKey;
/** By what they are for. */
let made: Record<'a.ec' | 'a.rsa' | 'b.ec' | 'b.rsa' | 'wild' | 'alice' | 'bob', CertifiedKey>;
before(async () => {
  authority = await createAuthority();
  const issue = (names: readonly string[], keyType: 'P-256' | 'RSA-3072'): Promise<CertifiedKey> =>
    issueServerCertificate(authority, names, { keyType });
  made = {
    'a.ec': await issue(['a.lab', '127.0.0.1'], 'P-256'),
    'a.rsa': await issue(['a.lab', '127.0.0.1'], 'RSA-3072'),
    'b.ec': await issue(['b.lab'], 'P-256'),
    'b.rsa': await issue(['b.lab'], 'RSA-3072'),
    wild: await issue(['*.many.lab'], 'P-256'),
    alice: await issueClientCertificate(authority, 'CN=alice'),
    bob: await issueClientCertificate(authority, 'CN=bob'),
  };
});

const closers: Array<() => void> = [];
after(() => {
  for (const close of closers) close();
});

type Name = keyof typeof made;

const credentials = (first: Name, ...more: readonly Name[]): TlsCredentials => ({
  ...made[first],
  alternatives: more.map((name) => made[name]),
  ca: authority.cert,
});

class Endpoint {
  readonly acceptor: NodeTlsAcceptor;
  readonly port: number;
  readonly upgrades: Promise<TlsUpgrade>[];

  private constructor(acceptor: NodeTlsAcceptor, port: number, upgrades: Promise<TlsUpgrade>[]) {
    this.acceptor = acceptor;
    this.port = port;
    this.upgrades = upgrades;
  }

  static async open(options: TlsAcceptorOptions): Promise<Endpoint> {
    const acceptor = createTlsAcceptor(options);
    const upgrades: Promise<TlsUpgrade>[] = [];
    const server = createServer((socket) => {
      closers.push(() => socket.destroy());
      const upgrade = acceptor.accept(socketStream(socket), 'x509');
      upgrade.catch(() => undefined);
      upgrades.push(upgrade);
    }).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    return new Endpoint(acceptor, (server.address() as AddressInfo).port, upgrades);
  }

  /** Which certificate a client is shown; by name, since fingerprints mean nothing to a reader. */
  async shows(options: ConnectionOptions = {}): Promise<string> {
    const socket = connect({ port: this.port, rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    const fingerprint = socket.getPeerCertificate().fingerprint256;
    socket.destroy();
    const entry = Object.entries(made).find(
      ([, { cert }]) => new X509Certificate(cert).fingerprint256 === fingerprint,
    );
    return entry?.[0] ?? 'unknown';
  }
}

/** What clients can verify. */
const only = {
  rsa: { sigalgs: 'RSA-PSS+SHA256:RSA+SHA256' },
  ec: { sigalgs: 'ECDSA+SHA256' },
};

describe('RSA and ECDSA side by side', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const [first, second] of [
      ['a.ec', 'a.rsa'],
      ['a.rsa', 'a.ec'],
    ] as const)
      it(`${maxVersion}, ${first} first: each client gets the one that it can verify`, async () => {
        const endpoint = await Endpoint.open({ x509: credentials(first, second), maxVersion });
        assert.equal(await endpoint.shows(only.rsa), 'a.rsa');
        assert.equal(await endpoint.shows(only.ec), 'a.ec');
        // Our order of suites decides in TLS 1.2, the client's order of signatures in 1.3.
        assert.match(await endpoint.shows(), maxVersion === 'TLSv1.2' ? /^a\.ec$/ : /^a\./);
      });

  it('one alone refuses those who cannot verify it', async () => {
    const endpoint = await Endpoint.open({ x509: credentials('a.ec') });
    assert.equal(await endpoint.shows(only.ec), 'a.ec');
    await assert.rejects(endpoint.shows(only.rsa), /handshake failure/);
  });

  it('do not mix names: a certificate of another name is not shown in place of the first', async () => {
    const endpoint = await Endpoint.open({ x509: credentials('a.rsa', 'b.ec') });
    assert.equal(await endpoint.shows(), 'a.rsa');
    await assert.rejects(endpoint.shows(only.ec), /handshake failure/);
  });
});

describe('server names', () => {
  const all: readonly [Name, ...Name[]] = ['a.ec', 'a.rsa', 'b.ec', 'b.rsa', 'wild'];

  const rows: [what: string, servername: string, shown: Name][] = [
    ['the first name', 'a.lab', 'a.ec'],
    ['another name', 'b.lab', 'b.ec'],
    ['another name in capitals', 'B.LAB', 'b.ec'],
    ['a name under a wildcard', 'x.many.lab', 'wild'],
    ['a name that a wildcard does not reach', 'x.y.many.lab', 'a.ec'],
    ['a name that nobody knows', 'c.lab', 'a.ec'],
    ['a name that is none', 'no name/at all', 'a.ec'],
  ];
  for (const [what, servername, shown] of rows)
    it(`${what} gets ${shown}`, async () => {
      const endpoint = await Endpoint.open({ x509: credentials(...all) });
      assert.equal(await endpoint.shows({ servername, ...only.ec }), shown);
    });

  it('an address, which TigerVNC sends as if it were a name, counts for none', () => {
    // Node refuses to send one, so the choice itself is asked.
    const identities = all.map((name) => openIdentity(made[name]));
    assert.equal(identitiesNamed(identities, '127.0.0.1'), undefined);
    assert.equal(identitiesNamed(identities, '::1'), undefined);
    assert.equal(identitiesNamed(identities, 'b.lab.')?.length, 2);
  });

  it('no name at all gets the first', async () => {
    const endpoint = await Endpoint.open({ x509: credentials(...all) });
    assert.equal(await endpoint.shows(only.ec), 'a.ec');
    assert.equal(await endpoint.shows(only.rsa), 'a.rsa');
  });

  it('choose among kinds of key as well', async () => {
    const endpoint = await Endpoint.open({ x509: credentials(...all) });
    assert.equal(await endpoint.shows({ servername: 'b.lab', ...only.rsa }), 'b.rsa');
    assert.equal(await endpoint.shows({ servername: 'b.lab', ...only.ec }), 'b.ec');
  });

  it('change with the credentials', async () => {
    const endpoint = await Endpoint.open({ x509: credentials('a.ec') });
    assert.equal(await endpoint.shows({ servername: 'b.lab' }), 'a.ec');
    endpoint.acceptor.setCredentials(credentials('a.ec', 'b.ec'));
    assert.equal(await endpoint.shows({ servername: 'b.lab' }), 'b.ec');
    endpoint.acceptor.setCredentials(credentials('a.ec'));
    assert.equal(await endpoint.shows({ servername: 'b.lab' }), 'a.ec');
  });

  it("check the client's certificate and the revocation list as without a name", async () => {
    const { serialNumber } = new X509Certificate(made.bob.cert);
    const crls = [await issueRevocationList(authority, [{ serialNumber }], { number: 1n })];
    const x509 = { ...credentials('a.ec', 'b.ec'), crls };
    const endpoint = await Endpoint.open({ x509, verifyClient: 'require' });
    for (const servername of ['a.lab', 'b.lab']) {
      await endpoint.shows({ servername, ...made.alice });
      await endpoint.shows({ servername, ...made.bob });
    }
    const verdicts = await Promise.all(endpoint.upgrades);
    assert.deepEqual(
      verdicts.map(({ info }) => info.peerCertificate?.fault ?? 'good'),
      ['good', 'CERT_REVOKED', 'good', 'CERT_REVOKED'],
    );
  });
});

describe('a hello that is looked into for its name', () => {
  const x509 = (): TlsCredentials => credentials('a.ec', 'b.ec');
  const connector = (): TlsConnector =>
    createTlsConnector({ serverName: 'b.lab', ca: authority.cert });

  it('may come one byte at a time', async () => {
    const acceptor = createTlsAcceptor({ x509: x509() });
    const pair = await secure(memoryPair({ chunkBytes: 1 }), connector(), acceptor, 'x509');
    const shown = pair.clientInfo.peerCertificate?.fingerprint256.toUpperCase();
    const { fingerprint256 } = new X509Certificate(made['b.ec'].cert);
    assert.equal(shown, fingerprint256.replaceAll(':', ''));
    pair.client.destroy();
    pair.server.destroy();
  });

  it('may be no hello at all, and is refused by TLS then', async () => {
    for (const text of ['GET / HTTP/1.1\r\n\r\n', 'RFB 003.008\n', 'A'.repeat(20_000)]) {
      const [near, far] = memoryPair();
      near.write(Buffer.from(text));
      const acceptor = createTlsAcceptor({ x509: x509() });
      await assert.rejects(acceptor.accept(far, 'x509'), { code: 'ERR_VNC_TLS' });
      near.destroy();
    }
  });

  it('may stop half way, until the deadline or the end', async () => {
    const start = Uint8Array.of(22, 3, 1, 1, 0, 1, 0, 0);
    const acceptor = createTlsAcceptor({ x509: x509(), handshakeTimeoutMs: 20 });
    const [silent, first] = memoryPair();
    silent.write(start);
    await assert.rejects(acceptor.accept(first, 'x509'), /it took longer than 20 ms/);
    const [leaving, second] = memoryPair();
    leaving.write(start);
    leaving.end();
    await assert.rejects(acceptor.accept(second, 'x509'), /the peer closed the connection/);
    silent.destroy();
    leaving.destroy();
  });
});

describe('alternatives that cannot be used', () => {
  it('are refused, and the old credentials stay', async () => {
    const endpoint = await Endpoint.open({ x509: credentials('a.ec') });
    const wrong = { cert: made['b.ec'].cert, key: made['a.ec'].key };
    for (const bad of [wrong, { cert: 'no PEM', key: 'no PEM' }]) {
      const alternatives = [made['a.rsa'], bad];
      assert.throws(() => endpoint.acceptor.setCredentials({ ...made['a.ec'], alternatives }), {
        code: 'ERR_VNC_TLS_CONFIGURATION',
      });
    }
    await assert.rejects(endpoint.shows(only.rsa), /handshake failure/);
    assert.equal(await endpoint.shows({ servername: 'b.lab' }), 'a.ec');
  });
});
