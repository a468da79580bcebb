import assert from 'node:assert/strict';
import { chmodSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  issueServerCertificate,
  issueClientCertificate,
} from '../../src/node/certificate-authority.ts';
import { initStore } from '../../src/node/certificate-store.ts';
import type { Problem } from '../../src/node/chain-audit.ts';
import { auditDirectory, type AuditOptions } from '../../src/node/directory-audit.ts';
import { revokeIn } from '../../src/node/revocation-store.ts';
import { withoutPeers } from '../support/peers.ts';
import { run, temporaryDirectory } from './command.ts';

const posix = { skip: process.platform === 'win32' ? 'Windows has no such permissions' : false };
const dirOption = ' --dir pki';

async function store(t: TestContext): Promise<string> {
  const dir = join(temporaryDirectory(t), 'pki');
  await initStore(dir, { hosts: ['console.lab', '10.0.0.5'], client: 'alice' });
  return dir;
}

const authorityIn = (dir: string): { cert: string; key: string } => ({
  cert: readFileSync(join(dir, 'ca-cert.pem'), 'utf8'),
  key: readFileSync(join(dir, 'ca-key.pem'), 'utf8'),
});

/** `error message -> fix`, without the directory and without notes. */
async function audit(dir: string, options: AuditOptions = {}): Promise<string[]> {
  const problems: Problem[] = await auditDirectory(dir, { dirOption, ...options });
  return problems
    .filter(({ level }) => level !== 'note')
    .map(({ level, message, fix = '' }) =>
      `${level} ${message} -> ${fix}`.replaceAll(`${dir}/`, '').replaceAll(dir, 'DIR'),
    );
}

describe('auditDirectory', () => {
  it('finds nothing wrong with a new store, and notes the key of the authority', async (t) => {
    const dir = await store(t);
    const problems = await auditDirectory(dir, { hosts: ['console.lab', '10.0.0.5'] });
    assert.deepEqual(
      problems.map(({ level }) => level),
      ['note'],
    );
    assert.match(problems[0]?.message ?? '', /ca-key\.pem is not needed to serve/);
    assert.match(problems[0]?.fix ?? '', /--ca-key/);
  });
  it('says how to make a directory that is not there, or has no pair', async (t) => {
    const dir = temporaryDirectory(t);
    assert.deepEqual(await audit(join(dir, 'no')), [
      'error DIR does not exist -> sallyport cert init --dir pki',
    ]);
    writeFileSync(join(dir, 'file'), '');
    assert.deepEqual(await audit(join(dir, 'file')), [
      'error DIR is a file, not a directory -> sallyport cert show DIR',
    ]);
    const found = await audit(dir);
    assert.match(found[0] ?? '', /^error ca-cert\.pem does not exist/);
    assert.match(found[1] ?? '', /^error DIR has neither server-cert\.pem nor client-cert\.pem/);
  });
  it('finds every problem at once, each with what to do', posix, async (t) => {
    const dir = await store(t);
    chmodSync(dir, 0o777);
    chmodSync(join(dir, 'server-key.pem'), 0o644);
    writeFileSync(join(dir, 'client-cert.pem'), 'rubbish');
    writeFileSync(join(dir, 'ca-crl.pem'), '-----BEGIN CRL-----\nAAAA\n-----END CRL-----\n');
    assert.deepEqual(await audit(dir, { hosts: ['192.168.1.5', 'other.lab', 'console.lab'] }), [
      'error DIR can be written to by other users, who could put their own certificates there -> chmod go-w DIR',
      'error ca-crl.pem has "-----BEGIN CRL-----", which no TLS library reads; the label must be "X509 CRL" -> sallyport cert revoke --dir pki    (without a name: it writes the list anew)',
      'error server-key.pem can be read by every user of this machine -> chmod 600 server-key.pem; if others have been here, revoke the certificate and issue another',
      'error server-cert.pem does not cover 192.168.1.5, so viewers that connect to it refuse; it covers DNS:console.lab, IP:10.0.0.5 -> sallyport cert renew server --dir pki --ip 192.168.1.5',
      'error server-cert.pem does not cover other.lab, so viewers that connect to it refuse; it covers DNS:console.lab, IP:10.0.0.5 -> sallyport cert renew server --dir pki --host other.lab',
      'error client-cert.pem is not PEM: there is no "-----BEGIN …-----" line in it -> sallyport cert issue client NAME --dir pki --out DIR',
    ]);
  });
  it('finds keys that are missing, or of another certificate', async (t) => {
    const dir = await store(t);
    unlinkSync(join(dir, 'client-key.pem'));
    writeFileSync(join(dir, 'server-key.pem'), authorityIn(dir).key);
    const found = await audit(dir);
    assert.match(
      found[0] ?? '',
      /^error server-key\.pem is not the key of server-cert\.pem.*--new-key$/,
    );
    assert.match(found[1] ?? '', /^error client-key\.pem does not exist/);
    assert.equal(found.length, 2);
  });
  it('finds what has expired, and warns of what soon will', async (t) => {
    const dir = await store(t);
    const later = (days: number): Date => new Date(Date.now() + days * 86_400_000);
    assert.match((await audit(dir, { now: later(800) })).join('\n'), /warning .*server-cert\.pem/);
    const old = (await audit(dir, { now: later(900) })).join('\n');
    assert.match(old, /error ca-crl\.pem holds a revocation list that expired on/);
    assert.match(
      old,
      /error server-cert\.pem holds a certificate \(CN=console\.lab\) that expired/,
    );
    assert.match(
      old,
      /error client-cert\.pem .*expired.* -> sallyport cert renew client --dir pki/,
    );
    const ancient = (await audit(dir, { now: later(4000) })).join('\n');
    assert.match(ancient, /error ca-cert\.pem .*expired.* -> make a new authority/);
  });
  it('finds a pair that was revoked', async (t) => {
    const dir = await store(t);
    await revokeIn(dir, ['alice']);
    const [found, ...more] = await audit(dir);
    assert.match(found ?? '', /^error client-cert\.pem was revoked: it is in ca-crl\.pem/);
    assert.deepEqual(more, []);
  });
  it("finds another authority's files, and certificates for another purpose", async (t) => {
    const [dir, other] = [await store(t), await store(t)];
    const { cert } = await issueClientCertificate(authorityIn(other), 'CN=eve', {
      key: readFileSync(join(dir, 'server-key.pem'), 'utf8'),
    });
    writeFileSync(join(dir, 'server-cert.pem'), cert);
    writeFileSync(join(dir, 'ca-key.pem'), authorityIn(other).key, { mode: 0o600 });
    const found = (await audit(dir)).join('\n');
    assert.match(found, /error ca-key\.pem is not the key of ca-cert\.pem/);
    assert.match(found, /extended key usage lacks serverAuth/);
    assert.match(found, /server-cert\.pem names no host .* --host NAME --ip ADDRESS/);
    assert.match(found, /does not lead to ca-cert\.pem: .* -> append the certificates between/);
  });
  it('finds weak keys, forgeable signatures and rare curves', {
    skip: withoutPeers('openssl'),
  }, async (t) => {
    const dir = await store(t);
    const at = (name: string): string => join(dir, name);
    writeFileSync(at('ext'), 'subjectAltName=DNS:console.lab\n');
    const sign = (keyOptions: readonly string[], digest: string): void => {
      run('openssl', [
        'req',
        '-new',
        '-newkey',
        ...keyOptions,
        '-nodes',
        '-subj',
        '/CN=console.lab',
        '-keyout',
        at('server-key.pem'),
        '-out',
        at('csr'),
      ]);
      const signed = run('openssl', [
        'x509',
        '-req',
        '-in',
        at('csr'),
        '-CA',
        at('ca-cert.pem'),
        '-CAkey',
        at('ca-key.pem'),
        digest,
        '-days',
        '90',
        '-extfile',
        at('ext'),
        '-out',
        at('server-cert.pem'),
      ]);
      assert.equal(signed.status, 0, signed.output);
    };
    sign(['rsa:1024'], '-sha1');
    const weak = (await audit(dir)).join('\n');
    assert.match(weak, /with an RSA key of 1024 bits/);
    assert.match(weak, /is signed with SHA-1, which can be forged/);
    sign(['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], '-sha256');
    const rare = (await audit(dir)).join('\n');
    assert.match(rare, /^warning .*a key of the kind secp256k1, which many viewers do not know/);
  });
  it('looks behind the first certificate of a file', async (t) => {
    const [dir, other] = [await store(t), await store(t)];
    const own = readFileSync(join(dir, 'server-cert.pem'), 'utf8');
    const past = new Date(Date.now() - 1000);
    const { cert } = await issueServerCertificate(authorityIn(other), ['x'], { notAfter: past });
    writeFileSync(join(dir, 'server-cert.pem'), own + cert);
    assert.match((await audit(dir)).join('\n'), /^error server-cert\.pem .*\(CN=x\) that expired/);
  });
});
