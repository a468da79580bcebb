import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { replaceFile, writeNewFiles } from '../../src/node/new-files.ts';
import { temporaryDirectory } from './command.ts';

const posix = { skip: process.platform === 'win32' ? 'Windows has no such permissions' : false };
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('writeNewFiles', () => {
  it('makes the directory and those above it, for its owner only', posix, async (t) => {
    const dir = join(temporaryDirectory(t), 'a', 'b');
    await writeNewFiles(dir, { x: '1', y: '2' });
    assert.deepEqual(readdirSync(dir).sort(), ['x', 'y']);
    assert.deepEqual([modeOf(dir), modeOf(join(dir, 'x'))], ['700', '600']);
  });
  it('writes beside other files', async (t) => {
    const dir = temporaryDirectory(t);
    writeFileSync(join(dir, 'mine'), '');
    await writeNewFiles(dir, { x: '1' });
    assert.deepEqual(readdirSync(dir).sort(), ['mine', 'x']);
  });
  it('writes none of them where one is there already', async (t) => {
    const dir = temporaryDirectory(t);
    writeFileSync(join(dir, 'y'), 'mine');
    await assert.rejects(writeNewFiles(dir, { x: '1', y: '2' }), { code: 'EEXIST' });
    assert.deepEqual(readdirSync(dir), ['y']);
    assert.equal(readFileSync(join(dir, 'y'), 'utf8'), 'mine');
  });
});

describe('replaceFile', () => {
  it('makes a file for its owner only, and leaves nothing else behind', posix, async (t) => {
    const dir = temporaryDirectory(t);
    await replaceFile(join(dir, 'x'), '1');
    await replaceFile(join(dir, 'x'), '2');
    assert.deepEqual(readdirSync(dir), ['x']);
    assert.equal(readFileSync(join(dir, 'x'), 'utf8'), '2');
    assert.equal(modeOf(join(dir, 'x')), '600');
  });
  it('keeps who may read it', posix, async (t) => {
    const file = join(temporaryDirectory(t), 'x');
    writeFileSync(file, '1');
    chmodSync(file, 0o644);
    await replaceFile(file, '2');
    assert.equal(modeOf(file), '644');
  });
  it('cleans up when it cannot', async (t) => {
    const dir = temporaryDirectory(t);
    mkdirSync(join(dir, 'x', 'inside'), { recursive: true });
    await assert.rejects(replaceFile(join(dir, 'x'), '1'));
    assert.deepEqual(readdirSync(dir), ['x']);
  });
});
