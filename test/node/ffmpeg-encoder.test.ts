import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nalTypes } from '../../src/codec/open-h264/annex-b.ts';
import { openFfmpeg } from '../../src/node/ffmpeg-encoder.ts';
import type { VideoFrame, VideoPacket } from '../../src/server/video-encoder.ts';
import { filmFrame } from '../support/film.ts';
import { LogRecorder } from '../support/log-recorder.ts';
import { withoutPeers } from '../support/peers.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';

const WIDTH = 320;
const HEIGHT = 240;
const skip = withoutPeers('ffmpeg');

/** Inside a picture that is wider. */
function frame(n: number): VideoFrame {
  const stride = 4 * (WIDTH + 10);
  const bytes = new Uint8Array(stride * HEIGHT);
  const pixels = new Uint8Array(filmFrame(n, WIDTH, HEIGHT).buffer);
  for (let y = 0; y < HEIGHT; y++)
    bytes.set(pixels.subarray(4 * WIDTH * y, 4 * WIDTH * (y + 1)), y * stride);
  return { bytes, stride };
}

describe('ffmpeg as video encoder', () => {
  let dir: string;
  /** Programs that a test writes. */
  const script = async (name: string, ...lines: readonly string[]): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
    return path;
  };
  /** ffmpeg that tells its process id. */
  const telling = (): Promise<string> =>
    script('telling', `echo $$ >'${join(dir, 'pid')}'`, 'exec ffmpeg "$@"');
  const pid = async (): Promise<number> => Number(await readFile(join(dir, 'pid'), 'utf8'));

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ffmpeg-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('cannot be had where the program is missing, or knows no libx264', async () => {
    await assert.rejects(openFfmpeg({ path: join(dir, 'nowhere') }), /cannot run .*nowhere/);
    const path = await script('without', 'echo Encoders:');
    await assert.rejects(openFfmpeg({ path }), /has no encoder libx264/);
  });

  it('a frame is a packet of one slice, without waiting for the next; the first is a keyframe', {
    skip,
  }, async () => {
    const begin = await openFfmpeg();
    const packets: VideoPacket[] = [];
    const encoder = begin({
      width: WIDTH,
      height: HEIGHT,
      packet: (packet) => packets.push(packet),
      failed: () => assert.fail('it ended'),
    });
    for (let n = 0; n < 5; n++) {
      encoder?.push(frame(n));
      await until(`packet ${n}`, () => packets.length === n + 1);
    }
    encoder?.close();
    assert.deepEqual(
      packets.map(({ keyframe }) => keyframe),
      [true, false, false, false, false],
    );
    for (const { data } of packets) {
      const slices = Array.from(nalTypes(data)).filter((type) => type === 1 || type === 5);
      assert.equal(slices.length, 1);
    }
  });

  it('its process ends with the film', { skip }, async () => {
    const begin = await openFfmpeg({ path: await telling() });
    let packets = 0;
    const encoder = begin({
      width: WIDTH,
      height: HEIGHT,
      packet: () => (packets += 1),
      failed: () => assert.fail('it was ended by us'),
    });
    encoder?.push(frame(0));
    await until('the first packet', () => packets === 1);
    const child = await pid();
    assert.ok(isRunning(child));
    encoder?.push(frame(1));
    encoder?.close();
    encoder?.close();
    await until('its end', () => !isRunning(child));
    assert.equal(packets, 1);
  });

  it('a process that dies is told of once, with one line in the log', { skip }, async () => {
    const log = new LogRecorder();
    const begin = await openFfmpeg({ path: await telling(), logger: log });
    let failed = 0;
    let packets = 0;
    const encoder = begin({
      width: WIDTH,
      height: HEIGHT,
      packet: () => (packets += 1),
      failed: () => (failed += 1),
    });
    encoder?.push(frame(0));
    await until('the first packet', () => packets === 1);
    process.kill(await pid(), 'SIGKILL');
    await until('the failure', () => failed === 1);
    encoder?.push(frame(1));
    encoder?.close();
    assert.equal(failed, 1);
    assert.equal(log.lines.length, 1);
    assert.match(JSON.stringify(log.lines), /video encoder ended.*signal SIGKILL/);
  });

  it('what a program says instead of pictures is a failure', async () => {
    const log = new LogRecorder();
    const path = await script(
      'talking',
      'case "$*" in *-encoders*) echo libx264; exit;; esac',
      'echo "this is not the ffmpeg you are looking for"; exec cat >/dev/null',
    );
    const begin = await openFfmpeg({ path, logger: log });
    let failed = 0;
    begin({
      width: WIDTH,
      height: HEIGHT,
      packet: () => assert.fail('that is no packet'),
      failed: () => (failed += 1),
    });
    await until('the failure', () => failed === 1);
    assert.match(JSON.stringify(log.lines), /no AVI/);
  });

  it('no more films at a time than were allowed', async () => {
    const path = await script(
      'idle',
      'case "$*" in *-encoders*) echo libx264; exit;; esac',
      'exec cat >/dev/null',
    );
    const begin = await openFfmpeg({ path, maxFilms: 1 });
    const film = {
      width: WIDTH,
      height: HEIGHT,
      packet: () => undefined,
      failed: () => assert.fail('it ended'),
    };
    const first = begin(film);
    assert.ok(first);
    assert.equal(begin(film), undefined);
    first.close();
    const next = begin(film);
    assert.ok(next);
    next.close();
  });
});
