import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import type { VncClient } from '../../src/client/client.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { formatAddress } from '../../src/node/address.ts';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { Secret } from '../../src/core/secret.ts';
import { connect, type ConnectOptions } from '../../src/node/connect.ts';
import { revokedBy } from '../../src/node/revocation-list.ts';
import { loadAuthorities } from '../../src/node/authority-files.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import { LogRecorder } from '../support/log-recorder.ts';
import { temporaryDirectory } from './command.ts';

let authority: CertifiedKey;
let one: CertifiedKey;
let two: CertifiedKey;
let alice: CertifiedKey;
let bob: CertifiedKey;
before(async () => {
  authority = await createAuthority();
  one = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
  two = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
  alice = await issueClientCertificate(authority, 'O=Lab,CN=alice');
  bob = await issueClientCertificate(authority, 'O=Lab,CN=bob');
});

let lists = 0n;
const listOf = (...revoked: readonly CertifiedKey[]): Promise<string> =>
  issueRevocationList(
    authority,
    revoked.map(({ cert }) => ({ serialNumber: new X509Certificate(cert).serialNumber })),
    { number: ++lists },
  );

class House {
  readonly dir: string;
  readonly log: LogRecorder = new LogRecorder();
  readonly serving: Serving;

  private constructor(dir: string, log: LogRecorder, serving: Serving) {
    this.dir = dir;
    this.log = log;
    this.serving = serving;
  }

  static async open(t: TestContext, options: Partial<ServeOptions> = {}): Promise<House> {
    const dir = temporaryDirectory(t);
    const log = new LogRecorder();
    write(dir, 'server-cert.pem', one.cert);
    write(dir, 'server-key.pem', one.key);
    write(dir, 'ca-cert.pem', authority.cert);
    write(dir, 'ca-crl.pem', await listOf());
    const serving = await serve({
      display: createTestCard(),
      listen: 'localhost::0',
      security: 'X509None',
      logger: log,
      ...options,
      tls: { dir, verifyClient: 'require', ...options.tls },
    });
    t.after(() => serving.close());
    return new House(dir, log, serving);
  }

  write(name: string, text: string): void {
    write(this.dir, name, text);
  }

  connect({ cert, key }: CertifiedKey, options: ConnectOptions = {}): Promise<VncClient> {
    const [address] = this.serving.addresses;
    assert.ok(address !== undefined);
    const tls = { ca: authority.cert, cert, key };
    return connect(formatAddress(address), { tls, security: 'X509None', ...options });
  }
}

function write(dir: string, name: string, text: string): void {
  writeFileSync(join(dir, 'new'), text, { mode: 0o600 });
  renameSync(join(dir, 'new'), join(dir, name));
}

const fingerprintOf = (vnc: VncClient): string | undefined =>
  vnc.security.tlsInfo?.peerCertificate?.fingerprint256;

/** A round trip: the session lives. */
const answers = (vnc: VncClient): Promise<void> => vnc.refresh(false);

describe('serving: reload', () => {
  it('shows the new certificate to new viewers, and keeps the sessions that there are', async (t) => {
    const house = await House.open(t);
    const early = await house.connect(alice);
    house.write('server-cert.pem', two.cert);
    house.write('server-key.pem', two.key);
    const { parts } = await house.serving.reload();
    assert.deepEqual(
      parts.map(({ name, error }) => [name, error]),
      [['credentials', undefined]],
    );
    const late = await house.connect(alice);
    assert.notEqual(fingerprintOf(late), fingerprintOf(early));
    await answers(early);
    await Promise.all([early.close(), late.close()]);
  });

  it('does so without being asked when the files change', async (t) => {
    const house = await House.open(t);
    house.write('server-cert.pem', two.cert);
    house.write('server-key.pem', two.key);
    await house.log.line(/credentials reloaded/);
    const vnc = await house.connect(alice);
    const { fingerprint256 } = new X509Certificate(two.cert);
    assert.equal(fingerprintOf(vnc)?.toUpperCase(), fingerprint256.replaceAll(':', ''));
    await vnc.close();
  });

  it('reports why a broken set is not used, and goes on with the old one', async (t) => {
    const house = await House.open(t);
    house.write('server-key.pem', two.key);
    const { parts } = await house.serving.reload();
    assert.equal(parts[0]?.changed, false);
    assert.match(parts[0]?.error?.message ?? '', /is not the key of/);
    const vnc = await house.connect(alice);
    await answers(vnc);
    await vnc.close();
  });

  it('reads what else can be read again, each for itself', async (t) => {
    const house = await House.open(t, {
      reloadables: [
        { name: 'users', reload: () => Promise.resolve({ changed: true, warnings: ['thin'] }) },
        { name: 'password', reload: () => Promise.reject(new TypeError('gone')) },
      ],
    });
    const { parts } = await house.serving.reload();
    assert.deepEqual(
      parts.map(({ name, changed, warnings, error }) => [name, changed, warnings, error?.message]),
      [
        ['credentials', false, [], undefined],
        ['users', true, ['thin'], undefined],
        ['password', false, [], 'gone'],
      ],
    );
  });

  it('has nothing to do for certificates that came as text', async () => {
    const serving = await serve({
      display: createTestCard(),
      listen: 'localhost::0',
      access: { password: 'secret' },
      tls: { credentials: one },
    });
    assert.deepEqual(await serving.reload(), { parts: [] });
    await serving.close();
  });
});

describe('serving: a new revocation list', () => {
  it('ends the sessions of those whom it names, with the reason, and no other', async (t) => {
    const house = await House.open(t);
    const [ofAlice, ofBob] = [await house.connect(alice), await house.connect(bob)];
    const ended = house.serving.server.events.once('disconnected');
    house.write('ca-crl.pem', await listOf(alice));
    await house.serving.reload();
    await ofAlice.closed;
    const { viewer, reason } = await ended;
    assert.equal(viewer?.distinguishedName, 'O=Lab,CN=alice');
    const { serialNumber } = new X509Certificate(alice.cert);
    assert.equal(
      reason.message,
      `its certificate has been revoked: O=Lab,CN=alice, serial number ${serialNumber}`,
    );
    assert.ok(house.log.lines.includes('warn certificate revoked, session ended'));
    await answers(ofBob);
    assert.equal(house.serving.server.viewers.length, 1);
    await assert.rejects(house.connect(alice));
    await ofBob.close();
  });

  it('does so when the file changes, unasked', async (t) => {
    const house = await House.open(t);
    const vnc = await house.connect(alice);
    house.write('ca-crl.pem', await listOf(alice, bob));
    const timer = setTimeout(() => undefined, 10_000);
    await vnc.closed;
    clearTimeout(timer);
    await assert.rejects(house.connect(bob));
  });

  it('reaches those who were let in by TLS before it, and arrive after it', async (t) => {
    const options = { security: 'X509Vnc', access: { password: 'secret' } };
    const house = await House.open(t, options);
    const { server } = house.serving;
    const gone = server.events.once('disconnected');
    const vnc = await house.connect(alice, {
      security: 'X509Vnc',
      // TLS is over when the password is asked for.
      credentials: async () => {
        house.write('ca-crl.pem', await listOf(alice));
        await house.serving.reload();
        return { password: new Secret('secret') };
      },
    });
    await vnc.closed;
    const { viewer, reason } = await gone;
    assert.equal(viewer?.distinguishedName, 'O=Lab,CN=alice');
    assert.match(reason.message, /^its certificate has been revoked/);
  });

  it('leaves sessions alone when it may not end them', async (t) => {
    const house = await House.open(t, { tls: { disconnectRevoked: false } });
    const vnc = await house.connect(alice);
    house.write('ca-crl.pem', await listOf(alice));
    await house.serving.reload();
    await answers(vnc);
    await assert.rejects(house.connect(alice));
    await vnc.close();
  });

  it('leaves sessions alone whose authority is not trusted any more', async (t) => {
    const house = await House.open(t);
    const vnc = await house.connect(alice);
    const next = await createAuthority({ subject: 'CN=Next' });
    const server = await issueServerCertificate(next, ['localhost']);
    house.write('ca-crl.pem', await issueRevocationList(next, [], { number: 1n }));
    house.write('ca-cert.pem', next.cert);
    house.write('server-cert.pem', server.cert);
    house.write('server-key.pem', server.key);
    assert.equal((await house.serving.reload()).parts[0]?.error, undefined);
    await answers(vnc);
    await vnc.close();
  });
});

describe('revoked certificates', () => {
  it('are found by issuer and serial number, in a list of six thousand, at once', async (t) => {
    const dir = temporaryDirectory(t);
    const entries = Array.from({ length: 6000 }, (_, i) => ({
      serialNumber: (0x80_0000 + i).toString(16),
    }));
    write(dir, 'ca.pem', authority.cert);
    write(dir, 'crl.pem', await issueRevocationList(authority, entries, { number: 1n }));
    const files = { caFile: join(dir, 'ca.pem'), crlFile: join(dir, 'crl.pem') };
    const startedAt = performance.now();
    const { revoked } = await loadAuthorities(files);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 500, `took ${ms.toFixed(0)} ms`);
    const issuer = 'O=Sallyport,CN=Sallyport CA';
    assert.equal(revoked.has(issuer, '800000'), true);
    assert.equal(revoked.has(issuer, '80176F'), true);
    assert.equal(revoked.has(issuer, '801770'), false);
    assert.equal(revoked.has('CN=Other', '800000'), false);
  });

  it('are those of the newest list of an authority', () => {
    const list = (day: number, issuerName: string, ...serials: string[]) => ({
      issuer: new Uint8Array(),
      issuerName,
      thisUpdate: new Date(Date.UTC(2026, 0, day)),
      nextUpdate: undefined,
      serials: new Set(serials),
      signed: new Uint8Array(),
      algorithm: '',
      signature: new Uint8Array(),
    });
    const lists = [list(2, 'CN=a', '02'), list(1, 'CN=a', '01'), list(1, 'CN=b', '01')];
    for (const order of [lists, lists.toReversed()]) {
      const revoked = revokedBy(order);
      assert.deepEqual(
        [revoked.has('CN=a', '01'), revoked.has('CN=a', '02'), revoked.has('CN=b', '01')],
        [false, true, true],
      );
    }
  });
});
