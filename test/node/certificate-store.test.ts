import assert from 'node:assert/strict';
import { X509Certificate, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { SecurityError } from '../../src/core/errors.ts';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
} from '../../src/node/certificate-authority.ts';
import { readIndex, stateOf, writeIndex } from '../../src/node/certificate-index.ts';
import { initStore, issueFrom, renewIn } from '../../src/node/certificate-store.ts';
import { loadTlsCredentials } from '../../src/node/credential-files.ts';
import { ensureFirstRunCredentials } from '../../src/node/first-run-credentials.ts';
import { describePeerCertificate } from '../../src/node/peer-certificate.ts';
import { readPem } from '../../src/node/pem.ts';
import { readRevocationEntries } from '../../src/node/revocation-entries.ts';
import { revokeIn } from '../../src/node/revocation-store.ts';
import type { KeyType } from '../../src/node/signing-keys.ts';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import { withoutPeers } from '../support/peers.ts';
import { secure, tcpPair } from '../support/socket-pair.ts';
import { run, temporaryDirectory } from './command.ts';

const hosts = ['console.lab', '10.0.0.5', 'localhost', '127.0.0.1'];
const all = [
  'ca-cert.pem',
  'ca-crl.pem',
  'ca-index.json',
  'ca-key.pem',
  'client-cert.pem',
  'client-key.pem',
  'server-cert.pem',
  'server-key.pem',
];
const text = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const serialIn = (file: string): string => new X509Certificate(text(file)).serialNumber;
const entriesIn = (dir: string) => {
  const [block] = readPem(readFileSync(join(dir, 'ca-crl.pem')), 'ca-crl.pem');
  assert.ok(block !== undefined);
  return readRevocationEntries(block.der);
};

/** What OpenSSL says to a certificate, strictly, with the directory's authority and list. */
const opensslVerify = (dir: string, file: string, ...more: readonly string[]): string =>
  run('openssl', [
    'verify',
    '-x509_strict',
    '-crl_check',
    '-CAfile',
    join(dir, 'ca-cert.pem'),
    '-CRLfile',
    join(dir, 'ca-crl.pem'),
    ...more,
    file,
  ]).output;

const gnutlsVerify = (dir: string, file: string): string =>
  run('certtool', [
    '--verify',
    '--load-ca-certificate',
    join(dir, 'ca-cert.pem'),
    '--load-crl',
    join(dir, 'ca-crl.pem'),
    '--infile',
    file,
  ]).output;

async function store(t: { readonly after: (clean: () => void) => void }): Promise<string> {
  const dir = join(temporaryDirectory(t), 'pki');
  await initStore(dir, { hosts, client: 'alice' });
  return dir;
}

const saysOf = (file: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SecurityError, String(error));
  assert.equal(error.code, 'ERR_VNC_TLS_CONFIGURATION');
  assert.ok(error.message.startsWith(file), error.message);
  assert.match(error.message, words);
  return true;
};

const keyTypes: readonly KeyType[] = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'Ed25519'];
for (const keyType of keyTypes)
  describe(`a store with ${keyType} keys`, () => {
    let dir = '';
    let server = '';
    let alice = '';
    let bob = '';
    before(async () => {
      dir = join(temporaryDirectory(cleanUp), 'pki');
      await initStore(dir, { hosts, client: 'alice', keyType });
      const issued = await issueFrom(dir, { kind: 'client', name: 'bob', keyType });
      server = join(dir, 'server-cert.pem');
      alice = join(dir, 'client-cert.pem');
      bob = issued.certFile;
      await revokeIn(dir, ['bob'], { reason: 'keyCompromise' });
    });

    it('has certificates that OpenSSL takes strictly, each for its own purpose, and refuses the revoked one', {
      skip: withoutPeers('openssl'),
    }, () => {
      assert.equal(
        opensslVerify(dir, server, '-purpose', 'sslserver', '-verify_hostname', 'console.lab'),
        `${server}: OK\n`,
      );
      assert.equal(
        opensslVerify(dir, server, '-purpose', 'sslserver', '-verify_ip', '10.0.0.5'),
        `${server}: OK\n`,
      );
      assert.equal(opensslVerify(dir, alice, '-purpose', 'sslclient'), `${alice}: OK\n`);
      assert.match(opensslVerify(dir, alice, '-purpose', 'sslserver'), /unsuitable certificate/);
      assert.match(opensslVerify(dir, bob, '-purpose', 'sslclient'), /certificate revoked/);
    });

    it('has certificates that GnuTLS takes, and refuses the revoked one', {
      skip: withoutPeers('certtool'),
    }, () => {
      assert.match(gnutlsVerify(dir, server), /The certificate is trusted/);
      assert.match(gnutlsVerify(dir, alice), /The certificate is trusted/);
      assert.match(gnutlsVerify(dir, bob), /Not verified\. .*revoked/);
    });

    it('serves TLS 1.2 and 1.3, lets alice in, and refuses bob', async () => {
      const tls = await loadTlsCredentials({ dir }, { needCa: true });
      assert.deepEqual(tls.warnings, []);
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const acceptor = createTlsAcceptor({ x509: tls, maxVersion, verifyClient: 'require' });
        for (const [place, fault] of [
          [dir, undefined],
          [join(dir, 'clients', 'bob'), 'CERT_REVOKED'],
        ] as const) {
          const connector = createTlsConnector({
            serverName: 'console.lab',
            ca: text(dir, 'ca-cert.pem'),
            cert: text(place, 'client-cert.pem'),
            key: text(place, 'client-key.pem'),
          });
          const pair = await secure(await tcpPair(), connector, acceptor, 'x509');
          assert.equal(pair.clientInfo.protocol, maxVersion);
          assert.equal(pair.serverInfo.peerCertificate?.fault, fault);
          assert.equal(pair.serverInfo.peerCertificate?.verified, fault === undefined);
          pair.client.destroy();
          pair.server.destroy();
        }
      }
    });
  });

/** Of a whole `describe`: removed when the process ends. */
const cleanUp = {
  after: (clean: () => void): void => {
    process.once('exit', clean);
  },
};

describe('initStore', () => {
  it("makes a whole directory in QEMU's layout, for its owner only", async (t) => {
    const dir = join(temporaryDirectory(t), 'deep', 'pki');
    const { server, client } = await initStore(dir, { hosts, client: 'O=Lab,CN=alice' });
    assert.deepEqual(readdirSync(dir).sort(), all);
    if (process.platform !== 'win32') {
      assert.equal(modeOf(dir), '700');
      for (const name of all) assert.equal(modeOf(join(dir, name)), '600', name);
    }
    assert.equal(server.entry.name, 'console.lab');
    assert.equal(client.entry.subject, 'O=Lab,CN=alice');
    assert.equal(client.entry.name, 'alice');
    for (const purpose of ['server', 'client'] as const)
      assert.deepEqual((await loadTlsCredentials({ dir }, { needCa: true, purpose })).warnings, []);
  });
  it('overwrites nothing, names the file and says what to do instead', async (t) => {
    for (const name of all) {
      const dir = temporaryDirectory(t);
      writeFileSync(join(dir, name), 'mine');
      await assert.rejects(
        initStore(dir, { hosts, client: 'alice' }),
        saysOf(join(dir, name), /exists already, and nothing is overwritten; .*cert issue/),
      );
      assert.deepEqual(readdirSync(dir), [name]);
      assert.equal(text(dir, name), 'mine');
    }
  });
  it('makes nothing at all when a name is none', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    await assert.rejects(initStore(dir, { hosts: ['a b'], client: 'alice' }), TypeError);
    await assert.rejects(initStore(dir, { hosts, client: 'FOO=alice' }), TypeError);
    await assert.rejects(initStore(dir, { hosts, client: '' }), TypeError);
    assert.ok(!existsSync(dir));
  });
  it('lets the days be chosen, but no certificate outlive the authority', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    const daysLeft = (date: string): number =>
      Math.round((Date.parse(date) - Date.now()) / 86_400_000);
    const { server } = await initStore(dir, { hosts, client: 'a', days: 20, authorityDays: 40 });
    assert.equal(daysLeft(server.entry.notAfter), 20);
    assert.equal(daysLeft(new X509Certificate(text(dir, 'ca-cert.pem')).validTo), 40);
    await assert.rejects(
      issueFrom(dir, { kind: 'client', name: 'b', days: 41 }),
      /41 days would outlive the authority, which ends on \d{4}-/,
    );
    const { entry } = await issueFrom(dir, { kind: 'client', name: 'b' });
    assert.equal(daysLeft(entry.notAfter), 40);
  });
});

describe('issueFrom', () => {
  it('makes a directory for a client that can be copied as it is', async (t) => {
    const dir = await store(t);
    const { certFile, entry } = await issueFrom(dir, { kind: 'client', name: 'bob, the builder' });
    const place = join(dir, 'clients', 'bob__the_builder');
    assert.equal(certFile, join(place, 'client-cert.pem'));
    assert.deepEqual(readdirSync(place).sort(), [
      'ca-cert.pem',
      'client-cert.pem',
      'client-key.pem',
    ]);
    assert.equal(entry.subject, 'CN=bob\\, the builder');
    assert.equal(entry.name, 'bob, the builder');
    const loaded = await loadTlsCredentials({ dir: place }, { needCa: true, purpose: 'client' });
    assert.deepEqual(loaded.warnings, []);
  });
  it('makes one for a server, with the revocation list', async (t) => {
    const dir = await store(t);
    await issueFrom(dir, { kind: 'server', name: 'db.lab', hosts: ['10.0.0.6'] });
    const place = join(dir, 'servers', 'db.lab');
    const { summary, warnings } = await loadTlsCredentials({ dir: place }, { needCa: true });
    assert.deepEqual(summary.subjectAltNames, ['DNS:db.lab', 'IP:10.0.0.6']);
    assert.deepEqual(warnings, []);
    assert.equal(text(place, 'ca-crl.pem'), text(dir, 'ca-crl.pem'));
  });
  it('keeps a name from leading out of the directory', async (t) => {
    const dir = await store(t);
    for (const name of ['../../evil', '..', '.ssh', 'a/b']) {
      const { certFile } = await issueFrom(dir, { kind: 'client', name });
      const [, inside, ...rest] = certFile.slice(dir.length).split('/');
      assert.equal(inside, 'clients');
      assert.equal(rest.length, 2, certFile);
      assert.ok(!rest[0]?.startsWith('.'), certFile);
    }
  });
  it('overwrites no pair, and records none that it did not write', async (t) => {
    const dir = await store(t);
    await issueFrom(dir, { kind: 'client', name: 'bob' });
    await assert.rejects(
      issueFrom(dir, { kind: 'client', name: 'bob' }),
      saysOf(join(dir, 'clients', 'bob', 'client-cert.pem'), /exists already/),
    );
    assert.equal((await readIndex(dir)).certificates.length, 3);
  });
  it('writes where it is told, beside other files', async (t) => {
    const dir = await store(t);
    const out = join(temporaryDirectory(t), 'new', 'place');
    await issueFrom(dir, { kind: 'client', name: 'bob', out });
    await issueFrom(dir, { kind: 'server', name: 'b.lab', out });
    assert.equal(readdirSync(out).length, 6);
  });
  it('says where the key of the authority must be, and takes it from elsewhere', async (t) => {
    const dir = await store(t);
    const keyFile = join(temporaryDirectory(t), 'key');
    writeFileSync(keyFile, text(dir, 'ca-key.pem'), { mode: 0o600 });
    unlinkSync(join(dir, 'ca-key.pem'));
    await assert.rejects(
      issueFrom(dir, { kind: 'client', name: 'bob' }),
      saysOf(join(dir, 'ca-key.pem'), /is not there, .*--ca-key names it/),
    );
    await issueFrom(dir, { kind: 'client', name: 'bob', authorityKeyFile: keyFile });
    await assert.rejects(
      issueFrom(dir, {
        kind: 'client',
        name: 'carol',
        authorityKeyFile: join(dir, 'server-key.pem'),
      }),
      /is not the key of .*ca-cert\.pem/,
    );
  });
  it('says so when there is no directory, or no authority in it', async (t) => {
    const dir = temporaryDirectory(t);
    await assert.rejects(
      issueFrom(join(dir, 'no'), { kind: 'client', name: 'bob' }),
      saysOf(join(dir, 'no'), /does not exist; "sallyport cert init"/),
    );
    await assert.rejects(
      issueFrom(dir, { kind: 'client', name: 'bob' }),
      saysOf(dir, /has no authority/),
    );
    assert.deepEqual(readdirSync(dir), []);
  });
  it('lets one command at a time change the directory', async (t) => {
    const dir = await store(t);
    writeFileSync(join(dir, 'ca-index.lock'), '');
    await assert.rejects(
      issueFrom(dir, { kind: 'client', name: 'bob' }),
      saysOf(join(dir, 'ca-index.lock'), /another command works .* can be removed/),
    );
    assert.ok(existsSync(join(dir, 'ca-index.lock')), 'the lock of another is not removed');
  });
});

describe('renewIn', () => {
  it('gives the same names a new serial number and dates, and keeps the key', async (t) => {
    const dir = await store(t);
    const [cert, key] = [text(dir, 'server-cert.pem'), text(dir, 'server-key.pem')];
    const { old, entry } = await renewIn(dir, { kind: 'server', days: 100 });
    assert.equal(text(dir, 'server-key.pem'), key);
    assert.notEqual(text(dir, 'server-cert.pem'), cert);
    assert.equal(serialIn(join(dir, 'server-cert.pem')), entry.serialNumber);
    assert.notEqual(entry.serialNumber, old.serialNumber);
    assert.deepEqual(entry.subjectAltNames, old.subjectAltNames);
    assert.equal(entry.subject, old.subject);
    assert.deepEqual((await loadTlsCredentials({ dir }, { needCa: true })).warnings, []);
    const { certificates } = await readIndex(dir);
    assert.deepEqual(
      certificates.map((each) => stateOf(each, new Date())),
      ['replaced', 'valid', 'valid'],
    );
  });
  it('adds names, and makes a new key when asked to', async (t) => {
    const dir = await store(t);
    const key = text(dir, 'server-key.pem');
    const { entry } = await renewIn(dir, {
      kind: 'server',
      hosts: ['new.lab', '10.9.9.9'],
      newKey: true,
      keyType: 'P-384',
    });
    assert.deepEqual(entry.subjectAltNames.slice(-2), ['DNS:new.lab', 'IP:10.9.9.9']);
    assert.notEqual(text(dir, 'server-key.pem'), key);
    await loadTlsCredentials({ dir }, { needCa: true });
  });
  it('renews a client by its name, where its files are', async (t) => {
    const dir = await store(t);
    const { certFile } = await issueFrom(dir, { kind: 'client', name: 'O=Lab,CN=bob' });
    const { entry } = await renewIn(dir, { kind: 'client', name: 'bob' });
    assert.equal(serialIn(certFile), entry.serialNumber);
    assert.equal(entry.subject, 'O=Lab,CN=bob');
    await assert.rejects(
      renewIn(dir, { kind: 'client', name: 'carol' }),
      saysOf(dir, /has no client named carol on record/),
    );
  });
  it('does not renew what was revoked', async (t) => {
    const dir = await store(t);
    await revokeIn(dir, ['alice']);
    await assert.rejects(renewIn(dir, { kind: 'client' }), /on record that was not revoked/);
  });
  it('renews what serve made on its first run', async (t) => {
    const dir = join(temporaryDirectory(t), 'tls');
    await ensureFirstRunCredentials(dir, hosts);
    const before = serialIn(join(dir, 'server-cert.pem'));
    const { old } = await renewIn(dir, { kind: 'server' });
    assert.equal(old.serialNumber, before);
    assert.deepEqual((await loadTlsCredentials({ dir }, { needCa: true })).warnings, []);
  });
});

describe('revokeIn', () => {
  it('takes a name, a serial number in any form, or a file', async (t) => {
    const dir = await store(t);
    const bob = await issueFrom(dir, { kind: 'client', name: 'bob' });
    const carol = await issueFrom(dir, { kind: 'client', name: 'carol' });
    const colons = (bob.entry.serialNumber.match(/../g) ?? []).join(':').toLowerCase();
    const { revoked } = await revokeIn(dir, ['alice', colons, carol.certFile]);
    assert.deepEqual(
      revoked.map(({ name }) => name),
      ['alice', 'bob', 'carol'],
    );
    assert.equal(entriesIn(dir).revoked.length, 3);
  });
  it('revokes all certificates of a name: the renewed one, and the one before', async (t) => {
    const dir = await store(t);
    await renewIn(dir, { kind: 'client', name: 'alice' });
    assert.equal((await revokeIn(dir, ['alice'])).revoked.length, 2);
  });
  it('counts its lists upwards, and keeps what was revoked with its reason', async (t) => {
    const dir = await store(t);
    assert.equal(entriesIn(dir).number, 1n);
    await revokeIn(dir, ['alice'], { reason: 'affiliationChanged' });
    const again = await revokeIn(dir, ['alice']);
    assert.deepEqual([again.revoked.length, again.already.length], [0, 1]);
    const { number, revoked } = entriesIn(dir);
    assert.equal(number, 3n);
    assert.equal(revoked[0]?.reason, 'affiliationChanged');
    const [, alice] = (await readIndex(dir)).certificates;
    assert.equal(alice?.reason, 'affiliationChanged');
    assert.equal(Date.parse(alice?.revokedAt ?? ''), revoked[0]?.date?.getTime());
  });
  it('writes the list anew without a name', async (t) => {
    const dir = await store(t);
    unlinkSync(join(dir, 'ca-crl.pem'));
    assert.equal((await revokeIn(dir, [])).crlNumber, '2');
    await loadTlsCredentials({ dir }, { needCa: true });
  });
  it('revokes nothing when one of the names is unknown', async (t) => {
    const dir = await store(t);
    await assert.rejects(
      revokeIn(dir, ['alice', 'nobody']),
      saysOf(dir, /has no certificate named or numbered nobody/),
    );
    assert.equal(entriesIn(dir).revoked.length, 0);
  });
  it('asks for a serial number when a server and a client have one name', async (t) => {
    const dir = await store(t);
    await issueFrom(dir, { kind: 'client', name: 'console.lab' });
    await assert.rejects(
      revokeIn(dir, ['console.lab']),
      /a server and a client named console\.lab/,
    );
  });
  it('refuses the certificate of another authority', async (t) => {
    const dir = await store(t);
    const file = join(temporaryDirectory(t), 'other.pem');
    writeFileSync(file, (await issueClientCertificate(await createAuthority(), 'CN=eve')).cert);
    await assert.rejects(revokeIn(dir, [file]), saysOf(file, /was not issued by this authority/));
  });
  it('brings the list to the servers whose directories are still here, and keeps its mode', async (t) => {
    const dir = await store(t);
    await issueFrom(dir, { kind: 'server', name: 'db.lab' });
    await issueFrom(dir, { kind: 'server', name: 'gone.lab' });
    rmSync(join(dir, 'servers', 'gone.lab'), { recursive: true });
    await revokeIn(dir, ['alice']);
    assert.equal(text(dir, 'servers', 'db.lab', 'ca-crl.pem'), text(dir, 'ca-crl.pem'));
    assert.ok(!existsSync(join(dir, 'servers', 'gone.lab')));
    assert.ok(!readdirSync(dir).some((name) => name.endsWith('.new') || name.endsWith('.lock')));
  });
  it('has a list that outlasts the certificates that it could speak of', async (t) => {
    const dir = await store(t);
    await issueFrom(dir, { kind: 'client', name: 'a' });
    assert.equal(entriesIn(dir).number, 1n, 'the first list is long enough');
    const { entry } = await issueFrom(dir, { kind: 'client', name: 'b', days: 1000 });
    const { number, nextUpdate } = entriesIn(dir);
    assert.equal(number, 2n);
    assert.equal(nextUpdate?.getTime(), Date.parse(entry.notAfter) + 30 * 86_400_000);
  });
  it('copes with 5000 revocations, and so do OpenSSL and GnuTLS', {
    skip: withoutPeers('openssl', 'certtool'),
  }, async (t) => {
    const dir = await store(t);
    const bob = await issueFrom(dir, { kind: 'client', name: 'bob' });
    const index = await readIndex(dir);
    const many = Array.from({ length: 5000 }, (_, i) => {
      const serialNumber = `4${randomBytes(16).toString('hex').toUpperCase().slice(1)}`;
      return { ...bob.entry, name: `user${i}`, subject: `CN=user${i}`, serialNumber };
    });
    await writeIndex(dir, { ...index, certificates: [...index.certificates, ...many] });
    const started = performance.now();
    await revokeIn(dir, [...many.map(({ serialNumber }) => serialNumber), 'bob']);
    await revokeIn(dir, []);
    t.diagnostic(`two lists of 5001 in ${Math.round(performance.now() - started)} ms`);
    assert.equal(entriesIn(dir).revoked.length, 5001);
    assert.equal(entriesIn(dir).number, 3n);
    const alice = join(dir, 'client-cert.pem');
    assert.equal(opensslVerify(dir, alice), `${alice}: OK\n`);
    assert.match(opensslVerify(dir, bob.certFile), /certificate revoked/);
    assert.match(gnutlsVerify(dir, alice), /The certificate is trusted/);
    assert.match(gnutlsVerify(dir, bob.certFile), /revoked/);
    await loadTlsCredentials({ dir }, { needCa: true });
  });
});

describe('the record of a store', () => {
  it('takes over a list that another tool wrote, and forgets nobody', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    mkdirSync(dir);
    const authority = await createAuthority();
    const alice = await issueClientCertificate(authority, 'CN=alice');
    const { serialNumber } = describePeerCertificate(new X509Certificate(alice.cert).raw, {
      verified: true,
    });
    const entries = [{ serialNumber, reason: 'superseded' as const }, { serialNumber: '00FF01' }];
    writeFileSync(join(dir, 'ca-cert.pem'), authority.cert);
    writeFileSync(join(dir, 'ca-key.pem'), authority.key);
    writeFileSync(join(dir, 'client-cert.pem'), alice.cert);
    writeFileSync(
      join(dir, 'ca-crl.pem'),
      await issueRevocationList(authority, entries, { number: 41n }),
    );
    const { certificates, crlNumber } = await readIndex(dir);
    assert.equal(crlNumber, '41');
    assert.deepEqual(
      certificates.map(({ kind, name, reason }) => [kind, name, reason]),
      [
        ['client', 'alice', 'superseded'],
        ['unknown', '', undefined],
      ],
    );
    await issueFrom(dir, { kind: 'client', name: 'bob' });
    const { number, revoked } = entriesIn(dir);
    assert.equal(number, 42n);
    assert.deepEqual(
      revoked.map((each) => each.serialNumber),
      [serialNumber, 'FF01'],
    );
  });
  it('refuses a damaged record rather than forget what was revoked', async (t) => {
    const dir = await store(t);
    const file = join(dir, 'ca-index.json');
    const good = text(file);
    for (const bad of [
      '',
      '{',
      '[]',
      '{"version":2}',
      good.replace('"version": 1', '"version": 3'),
      good.replace(/"crlNumber": "\d+"/, '"crlNumber": 1'),
      good.replace(/"serialNumber": "\w+"/, '"serialNumber": "zz"'),
      good.replace('"kind": "server"', '"kind": "host"'),
      good.replace(/"notAfter": "[^"]+"/, '"notAfter": "never"'),
    ]) {
      writeFileSync(file, bad);
      await assert.rejects(revokeIn(dir, ['alice']), saysOf(file, /is damaged \(/));
    }
    assert.equal(entriesIn(dir).number, 1n);
  });
  it('tells the state of each certificate', async (t) => {
    const dir = await store(t);
    const [server] = (await readIndex(dir)).certificates;
    assert.ok(server !== undefined);
    const now = new Date();
    assert.equal(stateOf(server, now), 'valid');
    assert.equal(stateOf(server, new Date(0)), 'not yet valid');
    assert.equal(stateOf(server, new Date('2200-01-01')), 'expired');
    assert.equal(stateOf({ ...server, replacedBy: '01' }, now), 'replaced');
    const revokedAt = now.toISOString();
    assert.equal(stateOf({ ...server, revokedAt, replacedBy: '01' }, now), 'revoked');
  });
});
