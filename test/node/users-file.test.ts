import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { UserStore } from '../../src/access/users.ts';
import { Secret } from '../../src/core/secret.ts';
import { hashPassword, nodeScrypt, readUsersFile } from '../../src/node/users-file.ts';
import { toHex } from '../../src/wire/hex.ts';
import { temporaryDirectory } from './command.ts';

function fileOf(t: TestContext, text: string, mode = 0o600): string {
  const file = join(temporaryDirectory(t), 'users');
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
}

describe('hashPassword', () => {
  it('makes a line that lets this password in, and no other', async (t) => {
    const file = fileOf(t, `# people\nalice:${await hashPassword('correct horse')}\n`);
    const { users, warnings } = await readUsersFile(file);
    assert.deepEqual(warnings, []);
    const store = new UserStore(users, { scrypt: nodeScrypt });
    assert.ok((await store.verify('alice', new Secret('correct horse'))).rights);
    assert.equal((await store.verify('alice', new Secret('correct hors'))).rights, undefined);
  });
  it('salts: the same password never looks the same', async () => {
    const [first, second] = await Promise.all([hashPassword('a'), hashPassword('a')]);
    assert.match(first, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.notEqual(first, second);
  });
  it('refuses the empty password', () => assert.rejects(hashPassword(''), RangeError));
});

describe('nodeScrypt', () => {
  it('computes the vector of RFC 7914 section 12', async () => {
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    const request = { ln: 14, r: 8, p: 1, salt: encode('SodiumChloride'), byteLength: 64 };
    const hash = await nodeScrypt(encode('pleaseletmein'), request);
    assert.equal(
      toHex(hash),
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    );
  });
});

describe('readUsersFile', () => {
  it('names the file and the line that is wrong', async (t) => {
    const file = fileOf(t, 'alice:hunter2\n');
    await assert.rejects(
      readUsersFile(file),
      (error: Error) =>
        error.message.startsWith(`${file}, line 1: `) && !error.message.includes('hunter2'),
    );
  });
  it('says that a file is missing', async (t) => {
    const file = join(temporaryDirectory(t), 'none');
    await assert.rejects(readUsersFile(file), {
      name: 'TypeError',
      message: `${file} does not exist; it must hold lines of name:$scrypt$…`,
    });
  });
  it('warns of a file without users, and of one that others can read', async (t) => {
    assert.match((await readUsersFile(fileOf(t, '# none\n'))).warnings.join(), /names no users/);
    if (process.platform === 'win32') return;
    assert.match(
      (await readUsersFile(fileOf(t, '', 0o644))).warnings.join(),
      /can be read by every user/,
    );
  });
});
