import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SecurityError } from '../../src/core/errors.ts';
import { loadTlsCredentials } from '../../src/node/credential-files.ts';
import { ensureFirstRunCredentials } from '../../src/node/first-run-credentials.ts';
import { needs, run, temporaryDirectory } from './command.ts';

const names = ['console.lab', 'localhost', '127.0.0.1', '::1'];
const all = ['ca-cert.pem', 'ca-key.pem', 'server-cert.pem', 'server-key.pem'];
const contents = (dir: string): string[] => readdirSync(dir).sort();
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const posix = { skip: process.platform === 'win32' ? 'Windows has no such permissions' : false };

describe('ensureFirstRunCredentials', () => {
  it('makes a set that loads without a warning', async (t) => {
    const dir = join(temporaryDirectory(t), 'deep', 'pki');
    const made = await ensureFirstRunCredentials(dir, names);
    assert.equal(made.created, true);
    assert.deepEqual(contents(dir), all);
    const { warnings, summary } = await loadTlsCredentials({ dir }, { needCa: true });
    assert.deepEqual(warnings, []);
    assert.deepEqual(summary.subjectAltNames, [
      'DNS:console.lab',
      'DNS:localhost',
      'IP:127.0.0.1',
      'IP:::1',
    ]);
  });
  it('makes a set that OpenSSL verifies', { ...needs('openssl') }, async (t) => {
    const { caFile, certFile } = await ensureFirstRunCredentials(
      join(temporaryDirectory(t), 'pki'),
      names,
    );
    const { output } = run('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-verify_ip',
      '::1',
      '-CAfile',
      caFile,
      certFile,
    ]);
    assert.equal(output, `${certFile}: OK\n`);
  });
  it('lets only its owner in, whatever the umask', posix, async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    const umask = process.umask(0);
    try {
      await ensureFirstRunCredentials(dir, names);
    } finally {
      process.umask(umask);
    }
    assert.equal(modeOf(dir), '700');
    for (const name of all) assert.equal(modeOf(join(dir, name)), '600');
  });
  it('leaves nothing else behind', async (t) => {
    const parent = temporaryDirectory(t);
    await ensureFirstRunCredentials(join(parent, 'pki'), names);
    assert.deepEqual(contents(parent), ['pki']);
  });
  it('uses a complete set as it is, with or without the key of the authority', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    const { certFile } = await ensureFirstRunCredentials(dir, names);
    const before = readFileSync(certFile, 'utf8');
    unlinkSync(join(dir, 'ca-key.pem'));
    const again = await ensureFirstRunCredentials(dir, ['other.lab']);
    assert.equal(again.created, false);
    assert.equal(readFileSync(certFile, 'utf8'), before);
  });
  it('refuses part of a set, names what is there and what is not, and changes nothing', async (t) => {
    for (const keep of [...all, 'ca-crl.pem']) {
      const dir = temporaryDirectory(t);
      writeFileSync(join(dir, keep), 'mine');
      const missing = ['ca-cert.pem', 'server-cert.pem', 'server-key.pem'].filter(
        (name) => name !== keep,
      );
      await assert.rejects(ensureFirstRunCredentials(dir, names), (error: unknown) => {
        assert.ok(error instanceof SecurityError);
        assert.ok(
          error.message.startsWith(
            `${dir} has ${keep} but not ${missing.join(', ')}; add what is missing`,
          ),
          error.message,
        );
        return true;
      });
      assert.deepEqual(contents(dir), [keep]);
      assert.equal(readFileSync(join(dir, keep), 'utf8'), 'mine');
    }
  });
  it('takes a link to nowhere for a file that is there', async (t) => {
    const dir = temporaryDirectory(t);
    symlinkSync('/nowhere', join(dir, 'server-key.pem'));
    await assert.rejects(ensureFirstRunCredentials(dir, names), /has server-key\.pem but not/);
    assert.ok(lstatSync(join(dir, 'server-key.pem')).isSymbolicLink());
  });
  it('fills an empty directory, and one with other files in it', async (t) => {
    const dir = temporaryDirectory(t);
    mkdirSync(join(dir, 'empty'));
    await ensureFirstRunCredentials(join(dir, 'empty'), names);
    assert.deepEqual(contents(join(dir, 'empty')), all);
    writeFileSync(join(dir, 'users'), '');
    assert.equal((await ensureFirstRunCredentials(dir, names)).created, true);
    assert.deepEqual(contents(dir), [...all, 'empty', 'users'].sort());
    await loadTlsCredentials({ dir }, { needCa: true });
  });
  it('follows a link to a directory', async (t) => {
    const parent = temporaryDirectory(t);
    mkdirSync(join(parent, 'real'));
    symlinkSync(join(parent, 'real'), join(parent, 'pki'));
    await ensureFirstRunCredentials(join(parent, 'pki'), names);
    assert.deepEqual(contents(join(parent, 'real')), all);
  });
  it('makes one set when several start at once; all use it unless they catch it being put beside other files', async (t) => {
    for (const occupied of [false, true]) {
      const dir = join(temporaryDirectory(t), 'pki');
      if (occupied) {
        mkdirSync(dir);
        writeFileSync(join(dir, 'users'), '');
      }
      const made = await Promise.allSettled(
        [1, 2, 3].map(() => ensureFirstRunCredentials(dir, names)),
      );
      const created = made.filter((one) => one.status === 'fulfilled' && one.value.created);
      assert.equal(created.length, 1);
      if (!occupied) assert.ok(made.every(({ status }) => status === 'fulfilled'));
      await loadTlsCredentials({ dir }, { needCa: true });
    }
  });
  it('makes nothing for what is no name', async (t) => {
    const parent = temporaryDirectory(t);
    await assert.rejects(ensureFirstRunCredentials(join(parent, 'pki'), ['a b']), TypeError);
    assert.deepEqual(contents(parent), []);
  });
  it('says so when the place cannot be written', posix, async (t) => {
    const parent = temporaryDirectory(t);
    chmodSync(parent, 0o555);
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65534); // nobody: nothing is forbidden to root
    try {
      await assert.rejects(
        ensureFirstRunCredentials(join(parent, 'pki'), names),
        /pki cannot take new credentials \(EACCES\); it must be writable/,
      );
    } finally {
      if (root) process.seteuid?.(0);
      chmodSync(parent, 0o755);
    }
  });
});
