/** record and play, as a script runs them against a server of ours. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { screenshot } from '../../src/client/automation/screenshot.ts';
import { playCommand } from '../../src/cli/play.ts';
import { recordCommand } from '../../src/cli/record.ts';
import { connect } from '../../src/node/connect.ts';
import { decodePng } from '../../src/node/png.ts';
import { recordedPicture } from '../../src/node/recording/playback.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { startSallyport } from '../support/sallyport.ts';
import { until } from '../support/until.ts';
import { fails, succeeds } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-recording-'));
const url = `unix:${join(folder, 'vnc')}`;
const file = join(folder, 'session.fbs');
const display = new FakeDisplay({ width: 8, height: 8 });
let serving: Serving;

before(async () => {
  serving = await serve({ display, listen: url, security: 'None', allowInsecure: ['none'] });
});
after(async () => {
  await serving?.close();
  rmSync(folder, { recursive: true, force: true });
});

const equalPictures = (a: Framebuffer, b: Framebuffer): boolean =>
  a.width === b.width && Buffer.compare(a.bytes, b.bytes) === 0;

describe('sallyport record and play', () => {
  it('record until they are stopped, for their user alone', async () => {
    display.paint(0x102030);
    const recorder = startSallyport(['record', url, file], {});
    const isRecorded = async (): Promise<boolean> => {
      if (!existsSync(file)) return false;
      const played = await recordedPicture(file, Number.POSITIVE_INFINITY).catch(() => undefined);
      return played !== undefined && equalPictures(played.framebuffer, display.framebuffer);
    };
    await until('the first picture', isRecorded);
    display.paint(0xff0000, { x: 1, y: 2, width: 3, height: 4 });
    await until('the second picture', isRecorded);
    assert.deepEqual(await recorder.stop('SIGINT'), { code: 0, stdout: '', stderr: '' });
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });
  it('take pictures out of the recording, the last unless another moment is named', async () => {
    const [last, small] = [join(folder, 'last.png'), join(folder, 'small.png')];
    await succeeds(playCommand(), file, '--shot', last);
    assert.deepEqual((await decodePng(readFileSync(last))).pixels, display.framebuffer.pixels);
    await succeeds(playCommand(), file, '--shot', small, '--at', '0', '--scale', '0.5');
    assert.equal((await decodePng(readFileSync(small))).width, 4);
  });
  it('serve it to a viewer, with the options of serve', async () => {
    const played = `unix:${join(folder, 'played')}`;
    const player = startSallyport(
      [
        'play',
        file,
        '--listen',
        played,
        '--security',
        'None',
        '--speed',
        '100',
        '--loop',
        '--json',
      ],
      {},
    );
    assert.equal((await player.event('listening'))['size'], '8x8');
    const viewer = await connect(played, { security: 'None', jpeg: false });
    const wanted = Buffer.from(display.framebuffer.bytes);
    await until('the last picture', async () => {
      const { pixels } = await screenshot(viewer);
      return wanted.equals(new Uint8Array(pixels.buffer));
    });
    await viewer.close();
    assert.equal((await player.stop()).code, 0);
  });
  it('end by themselves after a duration, and with 5 when the server goes', async () => {
    const short = join(folder, 'short.fbs');
    await succeeds(recordCommand(), url, short, '--duration', '0.2');
    const off = serving.on('initialized', ({ id }) => void serving.server.kick(id));
    await fails(recordCommand(), 5, /the peer closed|kicked|ended/, url, short);
    off();
  });
  it('refuse what is no recording, and what does not go together', async () => {
    const cases: readonly [number, RegExp, readonly string[]][] = [
      [1, /is no recording/, ['package.json', '--shot', '-']],
      [5, /is no recording/, ['package.json', '--listen', url]],
      [2, /--at and --scale go with --shot/, [file, '--at', '1']],
      [2, /--shot goes with --at and --scale only/, [file, '--shot', '-', '--loop']],
      [2, /in place of any other display/, [file, 'host:1']],
      [2, /unknown option '--nonsense'/, [file, '--nonsense']],
      [2, /is not a speed/, [file, '--speed', '0']],
    ];
    for (const [code, words, args] of cases) await fails(playCommand(), code, words, ...args);
    await fails(
      recordCommand(),
      1,
      /x\.fbs cannot be written: its directory does not exist/,
      url,
      join(folder, 'no', 'x.fbs'),
    );
  });
});
