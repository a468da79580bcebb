import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decideName } from '../../src/access/name-rules.ts';
import { silentLogger, type Logger } from '../../src/core/logger.ts';
import { openNameRules } from '../../src/control/qemu-options/name-list.ts';
import type { AuthzList, AuthzRule } from '../../src/control/qemu-options/objects.ts';
import { readSecret } from '../../src/control/qemu-options/secret.ts';
import type { PeerCertificate } from '../../src/security/tls-port.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-names-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const certificate = (distinguishedName: string, reversed: string): PeerCertificate => ({
  distinguishedName,
  distinguishedNameReversed: reversed,
  subjectAltNames: [],
  fingerprint256: '00',
  serialNumber: '01',
  issuer: 'CN=CA',
  verified: true,
});
const alice = certificate('C=GB,O=Lab,CN=alice', 'CN=alice,O=Lab,C=GB');
const bob = certificate('C=GB,O=Lab,CN=bob', 'CN=bob,O=Lab,C=GB');
const sly = certificate('O=x\\,CN=alice', 'O=x\\,CN=alice');
const nobody = certificate('', '');

const rule = (
  match: string,
  policy: AuthzRule['policy'],
  format: AuthzRule['format'],
): AuthzRule => ({
  match,
  policy,
  format,
});
const allows = (list: Partial<AuthzList>, who: PeerCertificate): boolean => {
  const authz = { type: 'authz-list', id: 'a', policy: 'deny', rules: [], ...list } as const;
  return decideName(openNameRules(authz, silentLogger)(), who).allowed;
};

describe('authz list', () => {
  it('lets nobody in without rules, and everybody with a certificate when its policy is allow', () => {
    assert.equal(allows({}, alice), false);
    assert.equal(allows({ policy: 'allow' }, alice), true);
  });

  it('takes an exact name in either order, with its wildcards literal', () => {
    for (const match of ['C=GB,O=Lab,CN=alice', 'CN=alice,O=Lab,C=GB']) {
      assert.equal(allows({ rules: [rule(match, 'allow', 'exact')] }, alice), true);
      assert.equal(allows({ rules: [rule(match, 'allow', 'exact')] }, bob), false);
    }
    assert.equal(allows({ rules: [rule('C=GB,O=Lab,CN=*', 'allow', 'exact')] }, alice), false);
  });

  it('takes a glob over the whole name, as QEMU does', () => {
    for (const match of ['*CN=alice', 'C=GB,*', 'CN=alice,*', 'C=GB,O=Lab,CN=alic?', '*'])
      assert.equal(allows({ rules: [rule(match, 'allow', 'glob')] }, alice), true, match);
    for (const match of ['*CN=al', 'C=??,O=Lab', '?'])
      assert.equal(allows({ rules: [rule(match, 'allow', 'glob')] }, alice), false, match);
  });

  it('does not take a comma inside a value for one between attributes', () => {
    assert.equal(allows({ rules: [rule('*,CN=alice', 'allow', 'glob')] }, alice), true);
    assert.equal(allows({ rules: [rule('*,CN=alice', 'allow', 'glob')] }, sly), false);
    assert.equal(allows({ rules: [rule('O=x\\,*', 'allow', 'glob')] }, sly), true);
  });

  it('never lets in a certificate without a name by a pattern', () =>
    assert.equal(allows({ rules: [rule('*', 'allow', 'glob')] }, nobody), false));

  it('goes by the first rule that matches', () => {
    const rules = [rule('*CN=bob', 'deny', 'glob'), rule('*', 'allow', 'glob')];
    assert.equal(allows({ rules }, bob), false);
    assert.equal(allows({ rules }, alice), true);
  });
});

describe('authz list file', () => {
  const file = join(folder, 'list.json');
  const write = (value: unknown): void => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const listOf = (match: string): object => ({
    rules: [{ match, policy: 'allow', format: 'glob' }],
  });
  const open = (refresh: boolean, logger: Logger = silentLogger) => {
    const rules = openNameRules({ type: 'authz-list-file', id: 'f', file, refresh }, logger);
    return (who: PeerCertificate): boolean => decideName(rules(), who).allowed;
  };

  it('is read again when another was put in its place', () => {
    write(listOf('*alice'));
    const allowed = open(true);
    assert.deepEqual([allowed(alice), allowed(bob)], [true, false]);
    write(listOf('*CN=bo?'));
    assert.deepEqual([allowed(alice), allowed(bob)], [false, true]);
  });

  it('lets nobody in while it is broken or missing, says so once, and works again once it is good', () => {
    write(listOf('*alice'));
    const errors: unknown[] = [];
    const allowed = open(true, {
      ...silentLogger,
      error: (_, fields) => errors.push(fields?.['reason']),
    });
    write('{"policy": "allow", "rules": [');
    assert.deepEqual([allowed(alice), allowed(alice)], [false, false]);
    assert.equal(errors.length, 1);
    rmSync(file);
    assert.equal(allowed(alice), false);
    assert.equal(errors.length, 2);
    write(listOf('*alice'));
    assert.equal(allowed(alice), true);
  });

  it('stays as it was read with refresh=off', () => {
    write(listOf('*alice'));
    const allowed = open(false);
    write(listOf('*bob'));
    assert.equal(allowed(alice), true);
  });

  for (const [what, value] of [
    ['no JSON', '{'],
    ['a list', []],
    ['an unknown member', { polic: 'allow' }],
    ['an unknown policy', { policy: 'perhaps' }],
    ['rules that are no list', { rules: {} }],
    ['a rule without a policy', { rules: [{ match: '*' }] }],
    ['a rule without a match', { rules: [{ policy: 'allow' }] }],
    ['an unknown format', { rules: [{ match: '*', policy: 'allow', format: 'regex' }] }],
    ['an unknown member of a rule', { rules: [{ match: '*', policy: 'allow', fromat: 'glob' }] }],
    ['an exact name that is none', { rules: [{ match: 'alice', policy: 'allow' }] }],
  ] as const)
    it(`is refused at the start with ${what}`, () => {
      write(value);
      assert.throws(() => open(true), { name: 'TypeError', message: /list\.json is not good/ });
    });

  it('is refused at the start when it is not there', () => {
    rmSync(file);
    assert.throws(() => open(true), /list\.json cannot be read/);
  });
});

describe('secret', () => {
  const path = join(folder, 'secret');
  const reveal = async (content: string | Uint8Array, format: 'raw' | 'base64') => {
    writeFileSync(path, content);
    const secret = await readSecret({ type: 'secret', id: 's', source: { file: path }, format });
    return secret.reveal();
  };

  it('is what it says, or what stands in its file without one line end', async () => {
    const secret = { type: 'secret', id: 's', source: { data: 'a,b' }, format: 'raw' } as const;
    assert.equal((await readSecret(secret)).reveal(), 'a,b');
    assert.equal(await reveal('secret\n', 'raw'), 'secret');
    assert.equal(await reveal('secret\r\n', 'raw'), 'secret');
    assert.equal(await reveal('secret\n\n', 'raw'), 'secret\n');
    assert.equal(await reveal(' sp ', 'raw'), ' sp ');
  });

  it('is decoded from base64', async () => {
    assert.equal(await reveal('c2VjcmV0\n', 'base64'), 'secret');
    await assert.rejects(reveal('c2Vj*', 'base64'), /not base64/);
  });

  it('is not shown by what is wrong with it', async () => {
    await assert.rejects(reveal(Uint8Array.of(0xff, 0x41), 'raw'), {
      message: /secret s is not UTF-8/,
    });
    const missing = { type: 'secret', id: 's', source: { file: '/none' }, format: 'raw' } as const;
    await assert.rejects(readSecret(missing), /\/none of secret s cannot be read/);
  });
});
