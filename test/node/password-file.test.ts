import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { readPasswordFile, readSecretFile } from '../../src/node/password-file.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { temporaryDirectory } from './command.ts';

function fileOf(t: TestContext, content: string | Uint8Array, mode = 0o600): string {
  const file = join(temporaryDirectory(t), 'passwd');
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
  return file;
}

describe('readPasswordFile', () => {
  it('reads the first line, without its end', async (t) => {
    for (const text of ['secret', 'secret\n', 'secret\r\n']) {
      const { full, view, warnings } = await readPasswordFile(fileOf(t, text));
      assert.deepEqual([full.reveal(), view, warnings], ['secret', undefined, []]);
    }
  });
  it('reads a second line for those who only look on', async (t) => {
    const { full, view } = await readPasswordFile(fileOf(t, 'both\nlook\n'));
    assert.deepEqual([full.reveal(), view?.reveal()], ['both', 'look']);
  });
  it('keeps spaces, which are part of a password', async (t) =>
    assert.equal((await readPasswordFile(fileOf(t, ' a b \n'))).full.reveal(), ' a b '));
  it('prints as [secret]', async (t) =>
    assert.doesNotMatch(inspect(await readPasswordFile(fileOf(t, 'hunter2\n'))), /hunter2/));
  const refused: [what: string, content: string | Uint8Array, why: RegExp][] = [
    ['an empty file', '', /must have one line, the password, or two/],
    ['an empty line', '\n', /line 1: the password is empty/],
    ['an empty second line', 'a\n\n', /line 2: the password is empty/],
    [
      'a password of 9 bytes',
      'hunter2!!\n',
      /line 1: the password has 9 bytes.*at most 8.*X509Plain/,
    ],
    ['a second one of 9 bytes', 'a\nhunter2!!\n', /line 2: the password has 9 bytes/],
    ['a third line', 'a\nb\nc\n', /must have one line, the password, or two/],
    ['text that is not UTF-8', fromHex('61 ff 62'), /is not UTF-8 text/],
    [
      "TigerVNC's obfuscated file",
      fromHex('dbd83cfd727a1458'),
      /looks like a file of vncpasswd \(8 bytes/,
    ],
    [
      "TigerVNC's file with two passwords",
      fromHex('dbd83cfd727a1458 0102030405060708'),
      /vncpasswd \(16 bytes/,
    ],
  ];
  for (const [what, content, why] of refused)
    it(`refuses ${what}, naming the file and never its content`, async (t) => {
      const file = fileOf(t, content);
      await assert.rejects(
        readPasswordFile(file),
        (error: Error) =>
          error instanceof TypeError &&
          error.message.startsWith(file) &&
          why.test(error.message) &&
          !error.message.includes('hunter2'),
      );
    });
  it('does not take 8 characters of text for an obfuscated file', async (t) => {
    assert.equal((await readPasswordFile(fileOf(t, '12345678'))).full.reveal(), '12345678');
    assert.equal((await readPasswordFile(fileOf(t, 'ééé1\n'))).full.reveal(), 'ééé1');
  });
  it('says that a file is missing, and what it must hold', async (t) => {
    const file = join(temporaryDirectory(t), 'none');
    await assert.rejects(readPasswordFile(file), {
      message: `${file} does not exist; it must hold a VNC password on its first line`,
    });
  });
  it(
    'warns of a file that others can read',
    { skip: process.platform === 'win32' && 'no such bits' },
    async (t) =>
      assert.match(
        (await readPasswordFile(fileOf(t, 'a', 0o644))).warnings.join(),
        /can be read by every user/,
      ),
  );
});

describe('readSecretFile', () => {
  it('reads one password of any length', async (t) => {
    const { secret } = await readSecretFile(fileOf(t, `${'long '.repeat(20)}\n`));
    assert.equal(secret.reveal(), 'long '.repeat(20));
  });
  it('refuses an empty file, an empty line and a second line', async (t) => {
    for (const text of ['', '\n', 'a\nb\n'])
      await assert.rejects(readSecretFile(fileOf(t, text)), /must have one line, the password$/);
  });
});
