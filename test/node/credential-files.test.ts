import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { createSecureContext } from 'node:tls';
import { ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { loadAuthorities } from '../../src/node/authority-files.ts';
import { loadTlsCredentials, type CredentialOptions } from '../../src/node/credential-files.ts';
import { needs, run, temporaryDirectory } from './command.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

let authority: CertifiedKey;
let other: CertifiedKey;
let server: CertifiedKey;
before(async () => {
  authority = await createAuthority();
  other = await createAuthority({ subject: 'CN=Other CA' });
  server = await issueServerCertificate(authority, ['console.lab', '127.0.0.1']);
});

type Files = Partial<
  Record<'ca-cert' | 'ca-crl' | 'server-cert' | 'server-key' | 'client-cert' | 'client-key', string>
>;

/** A directory with a good set, changed by `change`. */
function directory(
  t: TestContext,
  change: Files = {},
): { dir: string; at: (name: string) => string } {
  const dir = temporaryDirectory(t);
  const files = {
    'ca-cert': authority.cert,
    'server-cert': server.cert,
    'server-key': server.key,
    ...change,
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(dir, `${name}.pem`), text, { mode: 0o600 });
  return { dir, at: (name) => join(dir, `${name}.pem`) };
}

/** The sentence about a directory that cannot be used; it must begin with the file at fault. */
async function refusal(
  dir: string,
  file: string,
  options: Partial<CredentialOptions> = {},
): Promise<string> {
  const error = await loadTlsCredentials({ dir }, { needCa: true, ...options }).then(
    () => assert.fail('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SecurityError, String(error));
  assert.equal(error.code, ErrorCode.tlsConfiguration);
  const start = `${join(dir, file)}.pem `;
  assert.ok(error.message.startsWith(start), error.message);
  return error.message.slice(start.length);
}

describe('loadTlsCredentials', () => {
  it("reads a directory in QEMU's layout into what Node's TLS takes", async (t) => {
    const crl = await issueRevocationList(authority, [], { number: 1n });
    const { dir } = directory(t, { 'ca-crl': crl });
    const loaded = await loadTlsCredentials({ dir }, { needCa: true });
    assert.deepEqual(
      [loaded.cert, loaded.key, loaded.ca, loaded.crls],
      [server.cert, server.key, authority.cert, [crl]],
    );
    assert.deepEqual(loaded.warnings, []);
    createSecureContext({
      cert: loaded.cert,
      key: loaded.key,
      ca: loaded.ca,
      crl: [...(loaded.crls ?? [])],
    });
  });
  it('reads files that are named one by one', async (t) => {
    const { at } = directory(t);
    const files = { certFile: at('server-cert'), keyFile: at('server-key') };
    const loaded = await loadTlsCredentials(files, { needCa: false });
    assert.equal(loaded.ca, undefined);
    assert.equal(loaded.crls, undefined);
  });
  it('sums up what viewers will see', async (t) => {
    const { dir } = directory(t);
    const { summary } = await loadTlsCredentials({ dir }, { needCa: false });
    const x509 = new X509Certificate(server.cert);
    assert.equal(summary.subject, 'CN=console.lab');
    assert.deepEqual(summary.subjectAltNames, ['DNS:console.lab', 'IP:127.0.0.1']);
    assert.equal(summary.fingerprint, x509.fingerprint256);
    assert.equal(summary.notAfter.getTime(), Date.parse(x509.validTo));
  });
  it("reads a client's files for a client", async (t) => {
    const alice = await issueClientCertificate(authority, 'CN=alice');
    const { dir } = directory(t, { 'client-cert': alice.cert, 'client-key': alice.key });
    const loaded = await loadTlsCredentials({ dir }, { needCa: true, purpose: 'client' });
    assert.equal(loaded.summary.subject, 'CN=alice');
  });
  it('takes text before a block for a comment, as openssl and certtool write it', async (t) => {
    const { dir } = directory(t, {
      'server-cert': `Certificate:\n    Data: x\n${server.cert}\r\n\n`,
    });
    assert.equal((await loadTlsCredentials({ dir }, { needCa: true })).cert, server.cert);
  });
  it('takes certificate and key from one file', async (t) => {
    const { at } = directory(t, { 'server-cert': server.key + server.cert });
    const file = at('server-cert');
    const loaded = await loadTlsCredentials({ certFile: file, keyFile: file }, { needCa: false });
    assert.deepEqual([loaded.cert, loaded.key], [server.cert, server.key]);
  });
  it('lets files that are named one by one belong to different authorities, with a warning', async (t) => {
    const { at } = directory(t, { 'ca-cert': other.cert });
    const files = {
      certFile: at('server-cert'),
      keyFile: at('server-key'),
      caFile: at('ca-cert'),
    };
    const { ca, warnings } = await loadTlsCredentials(files, { needCa: true });
    assert.equal(ca, other.cert);
    assert.match(warnings.join(), /server-cert\.pem holds a certificate that does not lead to/);
  });
  it('reads files with the line ends of Windows', async (t) => {
    const { dir } = directory(t, { 'server-cert': server.cert.replaceAll('\n', '\r\n') });
    createSecureContext(await loadTlsCredentials({ dir }, { needCa: true }));
  });
});

describe('loadTlsCredentials refuses a file', () => {
  for (const [name, what] of [
    ['server-cert', "the server's certificate"],
    ['server-key', "the server's private key"],
    ['ca-cert', "the authority's certificate"],
  ] as const)
    it(`that is missing: ${name}`, async (t) => {
      const { dir, at } = directory(t);
      unlinkSync(at(name));
      assert.equal(await refusal(dir, name), `does not exist; it must hold ${what} as PEM`);
    });
  it('that it has no permission to read', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows has no such permissions');
    const { dir, at } = directory(t);
    chmodSync(dir, 0o755);
    chmodSync(at('server-cert'), 0o644);
    chmodSync(at('server-key'), 0o000);
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65534); // nobody: nothing is forbidden to root
    try {
      assert.match(
        await refusal(dir, 'server-key'),
        /^cannot be read \(EACCES\): .* needs permission/,
      );
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
  it('that is a directory', async (t) => {
    const { dir, at } = directory(t);
    unlinkSync(at('server-cert'));
    mkdirSync(at('server-cert'));
    assert.match(await refusal(dir, 'server-cert'), /^is a directory; it must be a file/);
  });
  const texts: [what: string, file: keyof Files, text: () => string, why: RegExp][] = [
    ['that is empty', 'server-cert', () => '', /^is empty; it must hold PEM/],
    ['that is not PEM', 'server-key', () => 'hello', /^is not PEM: there is no "-----BEGIN/],
    [
      'that has a key where a certificate belongs',
      'server-cert',
      () => server.key,
      /^holds a private key, not a certificate/,
    ],
    [
      'that has a certificate where a key belongs',
      'server-key',
      () => server.cert,
      /^holds a certificate, not a private key/,
    ],
    [
      'that has a key where the authority belongs',
      'ca-cert',
      () => authority.key,
      /^holds a private key, not a certificate/,
    ],
    [
      'that has a certificate where a revocation list belongs',
      'ca-crl',
      () => authority.cert,
      /^holds a certificate, not a revocation list/,
    ],
    [
      'with two private keys',
      'server-key',
      () => server.key + authority.key,
      /^holds several private keys/,
    ],
    [
      'with garbage behind its last block',
      'ca-cert',
      () => `${authority.cert}garbage`,
      /^has something behind its last "-----END/,
    ],
    [
      'that is cut short',
      'server-cert',
      () => server.cert.slice(0, 200),
      /^is cut short: .* has no "-----END CERTIFICATE-----"/,
    ],
    [
      'whose second certificate is cut short',
      'server-cert',
      () => server.cert + authority.cert.slice(0, 200),
      /^is cut short/,
    ],
    [
      'whose base64 is damaged',
      'server-cert',
      () => server.cert.replace('MI', 'M!'),
      /^is damaged: .* is not base64/,
    ],
    [
      'whose certificate cannot be parsed',
      'ca-cert',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /^holds a certificate that cannot be parsed/,
    ],
    [
      'whose key cannot be parsed',
      'server-key',
      () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      /^holds a private key that cannot be parsed/,
    ],
    [
      'whose revocation list cannot be parsed',
      'ca-crl',
      () => '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n',
      /^holds a revocation list that cannot be parsed/,
    ],
    [
      'with a label that other programs made up',
      'ca-crl',
      () => '-----BEGIN CRL-----\nAAAA\n-----END CRL-----\n',
      /no TLS library reads; the label must be "X509 CRL"/,
    ],
    [
      'with the key of another certificate',
      'server-key',
      () => authority.key,
      /^is not the key of .*server-cert\.pem: it belongs to another/,
    ],
    [
      'with an authority as the server',
      'server-cert',
      () => authority.cert,
      /^holds the certificate of an authority \(O=Sallyport,CN=Sallyport CA\)/,
    ],
    [
      'with a server as the authority',
      'ca-cert',
      () => server.cert,
      /that is not an authority's: CA:TRUE is missing/,
    ],
  ];
  for (const [what, file, text, why] of texts)
    it(what, async (t) =>
      assert.match(await refusal(directory(t, { [file]: text() }).dir, file), why),
    );

  it('that does not lead to the authority, and names the missing issuer', async (t) => {
    const { dir } = directory(t, { 'ca-cert': other.cert });
    assert.match(
      await refusal(dir, 'server-cert'),
      /^holds a certificate that does not lead to .*ca-cert\.pem: the issuer of CN=console\.lab, which is O=Sallyport,CN=Sallyport CA, is not there/,
    );
  });
  it('that is signed by another authority of the same name', async (t) => {
    const { dir } = directory(t, { 'ca-cert': (await createAuthority()).cert });
    assert.match(await refusal(dir, 'server-cert'), /is not there or has another key$/);
  });
  it('that is DER', { ...needs('openssl') }, async (t) => {
    const { dir, at } = directory(t);
    writeFileSync(at('server-cert'), new X509Certificate(server.cert).raw);
    assert.match(await refusal(dir, 'server-cert'), /^is DER, not PEM; "openssl x509 -inform der"/);
  });
  it('that holds a certificate request', { ...needs('openssl') }, async (t) => {
    const { dir, at } = directory(t);
    run('openssl', [
      'req',
      '-new',
      '-key',
      at('server-key'),
      '-subj',
      '/CN=a',
      '-out',
      at('server-cert'),
    ]);
    assert.match(
      await refusal(dir, 'server-cert'),
      /^holds a certificate request \(CSR\).* must sign it first/,
    );
  });
  it('that has expired, from the second after its last', async (t) => {
    const notAfter = new Date('2026-01-02T03:04:05Z');
    const old = await issueServerCertificate(authority, ['a'], {
      notBefore: new Date('2025-01-01T00:00:00Z'),
      notAfter,
    });
    const { dir } = directory(t, { 'server-cert': old.cert, 'server-key': old.key });
    assert.equal(
      await refusal(dir, 'server-cert', { now: new Date('2026-01-02T03:04:06Z') }),
      'holds a certificate (CN=a) that expired on 2026-01-02T03:04:05Z; a new one is needed',
    );
  });
  it('that is not valid yet', async (t) => {
    const { dir } = directory(t);
    assert.match(
      await refusal(dir, 'server-cert', { now: inDays(-2) }),
      /that is not valid before .*Z; is this machine's clock right\?$/,
    );
  });
  it('with an authority that has expired', async (t) => {
    const brief = await createAuthority({ notAfter: inDays(2) });
    const leaf = await issueServerCertificate(brief, ['a'], { notAfter: inDays(9) });
    const { dir } = directory(t, {
      'ca-cert': brief.cert,
      'server-cert': leaf.cert,
      'server-key': leaf.key,
    });
    assert.match(
      await refusal(dir, 'ca-cert', { now: inDays(3) }),
      /Sallyport CA\) that expired on/,
    );
  });
  it("with a client's certificate for a server, and the other way round", async (t) => {
    const alice = await issueClientCertificate(authority, 'CN=alice');
    const { dir } = directory(t, {
      'server-cert': alice.cert,
      'server-key': alice.key,
      'client-cert': server.cert,
      'client-key': server.key,
    });
    assert.match(
      await refusal(dir, 'server-cert'),
      /\(CN=alice\) whose extended key usage lacks serverAuth/,
    );
    assert.match(await refusal(dir, 'client-cert', { purpose: 'client' }), /lacks clientAuth/);
  });
  it('with a key usage that cannot sign, and with a weak key', {
    ...needs('openssl'),
  }, async (t) => {
    const { dir, at } = directory(t);
    const make = (bits: string, usage: string) =>
      run('openssl', [
        'req',
        '-x509',
        '-newkey',
        `rsa:${bits}`,
        '-nodes',
        '-keyout',
        at('server-key'),
        '-out',
        at('server-cert'),
        '-subj',
        '/CN=a',
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-addext',
        `keyUsage=${usage}`,
      ]);
    make('2048', 'keyEncipherment');
    assert.match(await refusal(dir, 'server-cert'), /whose key usage lacks digitalSignature/);
    make('1024', 'digitalSignature');
    assert.match(
      await refusal(dir, 'server-cert'),
      /an RSA key of 1024 bits; viewers refuse less than 2048/,
    );
  });
  it('when a CA file is needed and none is named', async (t) => {
    const { at } = directory(t);
    const files = { certFile: at('server-cert'), keyFile: at('server-key') };
    await assert.rejects(
      loadTlsCredentials(files, { needCa: true }),
      /came without a CA file, which is needed to verify/,
    );
    const crl = { ...files, crlFile: at('ca-cert') };
    await assert.rejects(
      loadTlsCredentials(crl, { needCa: false }),
      /came without a CA file, so nobody can tell whose/,
    );
  });
});

describe('loadTlsCredentials: encrypted keys', { ...needs('openssl') }, () => {
  const encrypted = (t: TestContext, ...how: string[]) => {
    const made = directory(t);
    const done = run('openssl', [
      ...how,
      '-in',
      made.at('server-key'),
      '-out',
      made.at('encrypted'),
    ]);
    assert.equal(done.status, 0, done.output);
    writeFileSync(made.at('server-key'), readFileSync(made.at('encrypted')), { mode: 0o600 });
    return made;
  };
  for (const [format, ...how] of [
    ['PKCS #8', 'pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-passout', 'pass:right'],
    ['the old format', 'ec', '-aes256', '-passout', 'pass:right'],
  ] as const)
    it(`asks for the password, says when it is wrong, and uses the right one: ${format}`, async (t) => {
      const { dir } = encrypted(t, ...how);
      assert.match(
        await refusal(dir, 'server-key'),
        /^is encrypted and no password was given for it; .*"openssl pkey/,
      );
      assert.match(
        await refusal(dir, 'server-key', { keyPassword: new Secret('wrong') }),
        /^cannot be decrypted with the password/,
      );
      const loaded = await loadTlsCredentials(
        { dir },
        { needCa: true, keyPassword: new Secret('right') },
      );
      createSecureContext({ cert: loaded.cert, key: loaded.key });
    });
});

describe('loadTlsCredentials: chains', { ...needs('openssl') }, () => {
  /** root -> intermediate -> server, made by openssl. */
  function chain(t: TestContext): { dir: string; at: (name: string) => string } {
    const made = directory(t);
    const { at } = made;
    const root = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '40',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    ];
    run('openssl', [...root, '-subj', '/CN=root', '-keyout', at('root-key'), '-out', at('root')]);
    const sign = (name: string, issuer: string, extensions: string) => {
      run('openssl', [
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        at(`${name}-key`),
        '-out',
        at('csr'),
      ]);
      writeFileSync(at('ext'), extensions);
      run('openssl', [
        'x509',
        '-req',
        '-in',
        at('csr'),
        '-CA',
        at(issuer),
        '-CAkey',
        at(`${issuer}-key`),
        '-set_serial',
        '7',
        '-days',
        '40',
        '-extfile',
        at('ext'),
        '-out',
        at(name),
      ]);
    };
    sign(
      'middle',
      'root',
      'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n',
    );
    sign('leaf', 'middle', 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n');
    writeFileSync(at('server-key'), readFileSync(at('leaf-key')), { mode: 0o600 });
    return made;
  }
  const put = (at: (name: string) => string, file: string, ...parts: string[]) =>
    writeFileSync(at(file), parts.map((part) => readFileSync(at(part), 'utf8')).join(''));

  it('accept an intermediate in either file, and refuse one that is missing or lacks its root', async (t) => {
    const { dir, at } = chain(t);
    put(at, 'server-cert', 'leaf', 'middle');
    put(at, 'ca-cert', 'root');
    await loadTlsCredentials({ dir }, { needCa: true });
    put(at, 'server-cert', 'leaf');
    assert.match(
      await refusal(dir, 'server-cert'),
      /the issuer of CN=leaf, which is CN=middle, is not there/,
    );
    put(at, 'ca-cert', 'middle');
    assert.match(
      await refusal(dir, 'server-cert'),
      /the issuer of CN=middle, which is CN=root, is not there/,
    );
    put(at, 'ca-cert', 'middle', 'root');
    await loadTlsCredentials({ dir }, { needCa: true });
  });
});

describe('loadTlsCredentials: revocation lists', () => {
  it('refuses one that has expired or is not valid yet', async (t) => {
    const crl = await issueRevocationList(authority, [], { number: 1n, nextUpdate: inDays(20) });
    const { dir } = directory(t, { 'ca-crl': crl });
    assert.match(
      await refusal(dir, 'ca-crl', { now: inDays(21) }),
      /that expired on .*; every client certificate would be refused/,
    );
    const future = await issueRevocationList(authority, [], { number: 1n, thisUpdate: inDays(1) });
    assert.match(
      await refusal(directory(t, { 'ca-crl': future }).dir, 'ca-crl'),
      /that is not valid before/,
    );
  });
  it('refuses one of another authority, even of one with the same name', async (t) => {
    for (const stranger of [
      other,
      await createAuthority(),
      await createAuthority({ keyType: 'P-384' }),
    ]) {
      const crl = await issueRevocationList(stranger, [], { number: 1n });
      assert.match(
        await refusal(directory(t, { 'ca-crl': crl }).dir, 'ca-crl'),
        /of another authority \(.*CN=.* CA\)/,
      );
    }
  });
  it('splits several of a file, since Node reads only the first of a string', async (t) => {
    const first = await issueRevocationList(authority, [], { number: 1n });
    const second = await issueRevocationList(other, [], { number: 1n });
    const { dir } = directory(t, {
      'ca-cert': authority.cert + other.cert,
      'ca-crl': first + second,
    });
    const loaded = await loadTlsCredentials({ dir }, { needCa: true });
    assert.deepEqual(loaded.crls, [first, second]);
    assert.deepEqual(loaded.warnings, []);
  });
  it('warns of an authority without one, whose clients would all be refused', async (t) => {
    const crl = await issueRevocationList(authority, [], { number: 1n });
    const { dir } = directory(t, { 'ca-cert': authority.cert + other.cert, 'ca-crl': crl });
    const { warnings } = await loadTlsCredentials({ dir }, { needCa: true });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /has no list of CN=Other CA; .* are refused$/);
  });
  it('warns a week before one expires', async (t) => {
    const dates = { thisUpdate: inDays(-20), nextUpdate: inDays(6) };
    const crl = await issueRevocationList(authority, [], { number: 1n, ...dates });
    const { warnings } = await loadTlsCredentials(
      { dir: directory(t, { 'ca-crl': crl }).dir },
      { needCa: true },
    );
    assert.match(warnings.join(), /ca-crl\.pem expires on .*; from then on every client/);
  });
  it('takes one with more entries than the package that wrote it can read back', async (t) => {
    const revoked = Array.from({ length: 2500 }, (_, i) => ({
      serialNumber: (0x4000 + i).toString(16),
    }));
    const crl = await issueRevocationList(authority, revoked, { number: 1n });
    const { dir } = directory(t, { 'ca-crl': crl });
    assert.deepEqual((await loadTlsCredentials({ dir }, { needCa: true })).crls, [crl]);
  });
  for (const keyType of ['P-384', 'RSA-3072'] as const)
    it(`checks the signature of a ${keyType} authority`, async (t) => {
      const strong = await createAuthority({ keyType });
      const leaf = await issueServerCertificate(strong, ['a']);
      const crl = await issueRevocationList(strong, [], { number: 1n });
      const { dir } = directory(t, {
        'ca-cert': strong.cert,
        'ca-crl': crl,
        'server-cert': leaf.cert,
        'server-key': leaf.key,
      });
      assert.deepEqual((await loadTlsCredentials({ dir }, { needCa: true })).crls, [crl]);
    });
});

describe('loadAuthorities', () => {
  it('gives a viewer what it needs to verify a server', async (t) => {
    const crl = await issueRevocationList(authority, [], { number: 1n });
    const { at } = directory(t, { 'ca-crl': crl });
    const files = { caFile: at('ca-cert'), crlFile: at('ca-crl') };
    const { ca, crls, warnings } = await loadAuthorities(files, { purpose: 'client' });
    assert.deepEqual([ca, crls, warnings], [authority.cert, [crl], []]);
  });
  it("lets a viewer, and no server, trust a server's self-signed certificate", {
    ...needs('openssl'),
  }, async (t) => {
    const { at } = directory(t);
    const made = run('openssl', [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -addext basicConstraints=critical,CA:FALSE -keyout'.split(
        ' ',
      ),
      at('server-key'),
      '-out',
      at('server-cert'),
    ]);
    assert.equal(made.status, 0, made.output);
    const files = { caFile: at('server-cert') };
    assert.equal((await loadAuthorities(files, { purpose: 'client' })).certificates.length, 1);
    await assert.rejects(loadAuthorities(files), /CA:TRUE is missing/);
  });
  it("lets nobody trust another authority's server", async (t) => {
    const { at } = directory(t);
    const files = { caFile: at('server-cert') };
    await assert.rejects(loadAuthorities(files, { purpose: 'client' }), /CA:TRUE is missing/);
  });
});

describe('loadTlsCredentials warns', () => {
  it('of a key that others can read', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows has no such permissions');
    const { dir, at } = directory(t);
    chmodSync(at('server-key'), 0o644);
    const { warnings } = await loadTlsCredentials({ dir }, { needCa: true });
    assert.deepEqual(warnings, [
      `${at('server-key')} can be read by every user of this machine; chmod 600 would be right`,
    ]);
    chmodSync(at('server-key'), 0o640);
    assert.deepEqual((await loadTlsCredentials({ dir }, { needCa: true })).warnings, []);
  });
  it('of hosts that the certificate does not name', async (t) => {
    const { dir, at } = directory(t);
    const hosts = ['console.lab', 'other.lab', '127.0.0.1', '192.168.1.5'];
    const { warnings } = await loadTlsCredentials({ dir }, { needCa: true, hosts });
    assert.deepEqual(
      warnings,
      ['other.lab', '192.168.1.5'].map(
        (host) =>
          `${at('server-cert')} does not name ${host}, so viewers that connect to it will refuse; it names DNS:console.lab, IP:127.0.0.1`,
      ),
    );
  });
  it('a month before the certificate expires', async (t) => {
    const brief = await issueServerCertificate(authority, ['a'], { notAfter: inDays(29) });
    const { dir } = directory(t, { 'server-cert': brief.cert, 'server-key': brief.key });
    assert.match(
      (await loadTlsCredentials({ dir }, { needCa: true })).warnings.join(),
      /server-cert\.pem expires on/,
    );
  });
  it('of an expired authority beside one that is good', async (t) => {
    const gone = await createAuthority({
      subject: 'CN=gone',
      notBefore: inDays(-9),
      notAfter: inDays(-1),
    });
    const { dir } = directory(t, { 'ca-cert': authority.cert + gone.cert });
    assert.match(
      (await loadTlsCredentials({ dir }, { needCa: true })).warnings.join(),
      /\(CN=gone\) that expired on/,
    );
  });
});
