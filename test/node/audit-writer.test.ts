import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { auditWriterOver, openAuditWriter, type AuditSink } from '../../src/node/audit-writer.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-audit-writer-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A disk that is full when it is told to be, and takes `room` bytes at a time. */
class Disk implements AuditSink {
  text = '';
  full = false;
  room = Number.POSITIVE_INFINITY;
  closes = 0;
  attempts = 0;
  readonly append = async (bytes: Uint8Array): Promise<number> => {
    this.attempts += 1;
    if (this.full) throw new Error('ENOSPC: no space left on device');
    const taken = bytes.subarray(0, this.room);
    this.text += Buffer.from(taken).toString();
    return taken.length;
  };
  readonly appendNow = (bytes: Uint8Array): void => {
    this.text += Buffer.from(bytes).toString();
  };
  readonly close = async (): Promise<void> => {
    this.closes += 1;
  };
}

const over = (disk: Disk, options: Parameters<typeof auditWriterOver>[2] = {}) =>
  auditWriterOver(() => Promise.resolve(disk), disk, { retryMs: 1, ...options });

describe('audit writer', () => {
  it('makes the file for its owner alone, and appends to one that is there', async () => {
    const file = join(folder, 'new.jsonl');
    for (const line of ['one', 'two']) {
      const writer = await openAuditWriter(file);
      writer.write(line);
      await writer.close();
    }
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('leaves the mode of a file that is there as its owner set it', async () => {
    const file = join(folder, 'group.jsonl');
    writeFileSync(file, '', { mode: 0o640 });
    await (await openAuditWriter(file)).close();
    assert.equal(statSync(file).mode & 0o777, 0o640);
  });

  it('rejects at once when the file cannot be opened', () =>
    assert.rejects(openAuditWriter(join(folder, 'no', 'dir')), { code: 'ENOENT' }));

  it('goes on in a new file after a rename and reopen, with every line in one of them', async () => {
    const file = join(folder, 'rotated.jsonl');
    const writer = await openAuditWriter(file);
    writer.write('before');
    await until('written', () => readFileSync(file, 'utf8') !== '');
    renameSync(file, `${file}.1`);
    writer.write('between');
    await writer.reopen();
    writer.write('after');
    await writer.close();
    const both = readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8');
    assert.equal(both, 'before\nbetween\nafter\n');
    assert.match(readFileSync(file, 'utf8'), /after\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('keeps the old file when reopening fails, and says so', async () => {
    const disk = new Disk();
    const faults: string[] = [];
    const writer = auditWriterOver(() => Promise.reject(new Error('EACCES')), disk, {
      failed: ({ message }) => faults.push(message),
    });
    await writer.reopen();
    writer.write('still');
    await writer.close();
    assert.deepEqual(faults, ['EACCES']);
    assert.equal(disk.text, 'still\n');
  });

  it('writes all lines in order when the system takes a few bytes at a time', async () => {
    const disk = new Disk();
    disk.room = 3;
    const writer = over(disk);
    const lines = Array.from({ length: 600 }, (_, i) => `line ${i}`);
    for (const line of lines) writer.write(line);
    await writer.close();
    assert.equal(disk.text, `${lines.join('\n')}\n`);
  });

  it('alarms once for an outage, tries again, and loses nothing that it had room for', async () => {
    const disk = new Disk();
    const alarms: string[] = [];
    const writer = over(disk, {
      failed: ({ message }) => alarms.push(message),
      recovered: (lost) => alarms.push(`recovered, ${lost} lost`),
    });
    disk.full = true;
    writer.write('one');
    writer.write('two');
    await until('three attempts', () => disk.attempts >= 3);
    disk.full = false;
    await until('recovery', () => alarms.length === 2);
    await writer.close();
    assert.deepEqual(alarms, ['ENOSPC: no space left on device', 'recovered, 0 lost']);
    assert.equal(disk.text, 'one\ntwo\n');
  });

  it('goes on inside a line that a full disk tore', async () => {
    const disk = new Disk();
    disk.room = 4;
    const writer = over(disk);
    const { append } = disk;
    let calls = 0;
    Object.assign(disk, {
      append: (bytes: Uint8Array) => {
        calls += 1;
        return calls === 2 ? Promise.reject(new Error('full')) : append(bytes);
      },
    });
    writer.write('torn line');
    await until('the whole line', () => disk.text.endsWith('\n'));
    await writer.close();
    assert.equal(disk.text, 'torn line\n');
  });

  it('has a bounded queue: what is too much is counted, and the count written where it is missing', async () => {
    const disk = new Disk();
    const lost: number[] = [];
    const writer = over(disk, {
      maxQueuedLines: 2,
      recovered: (lines) => lost.push(lines),
      lossLine: (lines) => `${lines} lost`,
    });
    disk.full = true;
    for (let i = 0; i < 5; i++) writer.write(String(i));
    await until('an attempt', () => disk.attempts > 0);
    disk.full = false;
    await until('recovery', () => lost.length === 1);
    await writer.close();
    assert.deepEqual(lost, [3]);
    assert.equal(disk.text, '0\n1\n3 lost\n');
  });

  it('ends although the disk is full, after a last attempt', async () => {
    const disk = new Disk();
    disk.full = true;
    const writer = over(disk, { retryMs: 1_000_000 });
    writer.write('one');
    await until('an attempt', () => disk.attempts === 1);
    await Promise.all([writer.close(), writer.close()]);
    assert.equal(disk.attempts, 2);
    assert.equal(disk.closes, 1);
  });

  it('leaves no listener on the process', async () => {
    const before = process.listenerCount('exit');
    await over(new Disk()).close();
    assert.equal(process.listenerCount('exit'), before);
  });
});
