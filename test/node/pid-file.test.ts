import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { writePidFile } from '../../src/node/pid-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-pid-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(folder, `${++count}.pid`);

describe('pid file', () => {
  it('holds the process id and a line end, readable for all, and goes when told to', async () => {
    const file = fresh();
    const mask = process.umask(0o077);
    const pidFile = await writePidFile(file);
    process.umask(mask);
    assert.equal(readFileSync(file, 'utf8'), `${process.pid}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o644);
    pidFile.remove();
    pidFile.remove();
    assert.equal(existsSync(file), false);
  });

  it('replaces one that a dead process left, and an empty one', async () => {
    const { pid } = spawnSync('true');
    for (const text of [`${pid}\n`, '']) {
      const file = fresh();
      writeFileSync(file, text);
      (await writePidFile(file)).remove();
      assert.equal(existsSync(file), false);
    }
  });

  it('refuses while the process in it is alive', async () => {
    const file = fresh();
    writeFileSync(file, `${process.ppid}\n`);
    await assert.rejects(writePidFile(file), /names process \d+, which is running/);
    assert.equal(readFileSync(file, 'utf8'), `${process.ppid}\n`);
  });

  it('refuses to replace what is no pid file', async () => {
    const file = fresh();
    writeFileSync(file, 'my thesis\n');
    await assert.rejects(writePidFile(file), /something else than a process id/);
    assert.equal(readFileSync(file, 'utf8'), 'my thesis\n');
  });

  it('says in a sentence that the directory is not there', () =>
    assert.rejects(
      writePidFile(join(folder, 'no', 'x.pid')),
      /x\.pid cannot be written: its directory does not exist/,
    ));

  it('leaves a file that is another process’s by now', async () => {
    const file = fresh();
    const pidFile = await writePidFile(file);
    writeFileSync(file, '1\n');
    pidFile.remove();
    assert.equal(existsSync(file), true);
  });
});
