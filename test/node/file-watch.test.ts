import assert from 'node:assert/strict';
import {
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../src/node/clock.ts';
import { watchFiles, type FileWatch, type FileWatchOptions } from '../../src/node/file-watch.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from './command.ts';

interface Watched {
  readonly watch: FileWatch;
  /** Resolves when a change is told, once for each call. Keeps the process alive meanwhile. */
  readonly told: () => Promise<void>;
  readonly count: () => number;
}

async function watching(
  t: TestContext,
  files: readonly string[],
  options: Partial<FileWatchOptions> = {},
): Promise<Watched> {
  let count = 0;
  let seen = 0;
  let wake: () => void = () => undefined;
  const watch = await watchFiles({
    files: () => Promise.resolve(files),
    clock: systemClock,
    quietMs: 5,
    changed: () => {
      count++;
      wake();
      return Promise.resolve();
    },
    ...options,
  });
  t.after(watch.close);
  const told = async (): Promise<void> => {
    seen++;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no change was told')), 10_000);
      wake = () => {
        if (count >= seen) resolve();
      };
      wake();
    }).finally(() => clearTimeout(timer));
  };
  return { watch, told, count: () => count };
}

describe('file watch', () => {
  it('tells when a file is written in place', async (t) => {
    const file = join(temporaryDirectory(t), 'a');
    writeFileSync(file, 'one');
    const { told } = await watching(t, [file]);
    writeFileSync(file, 'two!');
    await told();
  });

  it('tells each time when a file is renamed over, not only the first', async (t) => {
    const file = join(temporaryDirectory(t), 'a');
    writeFileSync(file, 'one');
    const { told } = await watching(t, [file]);
    for (const text of ['two', 'six', 'ten']) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
      await told();
    }
  });

  it('tells each time when Kubernetes points ..data at another directory', async (t) => {
    const dir = temporaryDirectory(t);
    const write = (version: string): void => {
      mkdirSync(join(dir, version));
      writeFileSync(join(dir, version, 'tls.crt'), version);
    };
    write('..1');
    symlinkSync('..1', join(dir, '..data'));
    symlinkSync('..data/tls.crt', join(dir, 'tls.crt'));
    const { told } = await watching(t, [join(dir, 'tls.crt')]);
    for (const version of ['..2', '..3']) {
      write(version);
      symlinkSync(version, join(dir, '..data_tmp'));
      renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
      rmSync(join(dir, `..${Number(version.slice(2)) - 1}`), { recursive: true });
      await told();
    }
  });

  it('tells when what a link leads to is changed in its own directory', async (t) => {
    const dir = temporaryDirectory(t);
    mkdirSync(join(dir, 'archive'));
    mkdirSync(join(dir, 'live'));
    writeFileSync(join(dir, 'archive', 'cert1.pem'), 'one');
    symlinkSync('../archive/cert1.pem', join(dir, 'live', 'cert.pem'));
    const { told, watch } = await watching(t, [join(dir, 'live', 'cert.pem')]);
    assert.ok(watch.watched.includes(join(dir, 'archive')));
    writeFileSync(join(dir, 'archive', 'cert1.pem'), 'two!');
    await told();
  });

  it('tells when a link to the directory of the files is pointed elsewhere', async (t) => {
    const dir = temporaryDirectory(t);
    for (const version of ['v1', 'v2']) {
      mkdirSync(join(dir, version));
      writeFileSync(join(dir, version, 'a'), version);
    }
    symlinkSync('v1', join(dir, 'now'));
    const { told } = await watching(t, [join(dir, 'now', 'a')]);
    symlinkSync('v2', join(dir, 'next'));
    renameSync(join(dir, 'next'), join(dir, 'now'));
    await told();
  });

  it('tells when a file vanishes, and when it comes', async (t) => {
    const file = join(temporaryDirectory(t), 'a');
    writeFileSync(file, 'one');
    const { told } = await watching(t, [file]);
    unlinkSync(file);
    await told();
    writeFileSync(file, 'one');
    await told();
  });

  it('tells when the directory is made anew', async (t) => {
    const parent = temporaryDirectory(t);
    const dir = join(parent, 'd');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a'), 'one');
    const { told } = await watching(t, [join(dir, 'a')], { directories: [parent] });
    rmSync(dir, { recursive: true });
    await told();
    mkdirSync(dir);
    writeFileSync(join(dir, 'a'), 'one');
    await told();
    writeFileSync(join(dir, 'a'), 'three');
    await told();
  });

  it('says nothing of other files in the directory', async (t) => {
    const dir = temporaryDirectory(t);
    const file = join(dir, 'a');
    writeFileSync(file, 'one');
    const { told, count } = await watching(t, [file]);
    writeFileSync(join(dir, 'b'), 'x');
    writeFileSync(file, 'three');
    await told();
    assert.equal(count(), 1);
  });

  it('finds a change by looking, where the file system tells of none', async (t) => {
    const file = join(temporaryDirectory(t), 'a');
    writeFileSync(file, 'one');
    const clock = new FakeClock();
    // With this clock an event alone, which waits for quiet, comes to nothing.
    const { told } = await watching(t, [file], { clock, quietMs: 3_600_000, pollMs: 1000 });
    utimesSync(file, 1, 1);
    clock.advance(1000);
    await told();
  });

  it('leaves no watch and no timer behind', async (t) => {
    const file = join(temporaryDirectory(t), 'a');
    writeFileSync(file, 'one');
    const clock = new FakeClock();
    const { watch, count } = await watching(t, [file], { clock });
    assert.equal(watch.watched.length, 1);
    watch.close();
    assert.equal(watch.watched.length, 0);
    assert.equal(clock.pending, 0);
    writeFileSync(file, 'three');
    clock.advance(3_600_000);
    assert.equal(count(), 0);
  });
});
