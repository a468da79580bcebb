/**
 * What do films cost as H.264 by ffmpeg, beside JPEG in Tight, for one viewer without a network?
 *
 * A display slowly zooms into a photo of the corpus `video`, and out again (that corpus itself pans, which is CopyRect). A
 * viewer that asks again at once is sent it through ViewerUpdates, as the server does. Processor time is this process's
 * without the display's own, and ffmpeg's. `latency`: from a frame that is drawn to the last byte of the update with it,
 * ready to be sent. Taking turns, medians of the rounds.
 * Options: --json, --markdown, --rounds N (default 3), --seconds N (default 4), --fps N (default 25), --size WxH
 * (default 1280x720).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { codecs } from '../src/codec/registry.ts';
import { Emitter } from '../src/core/emitter.ts';
import { defaultLimits } from '../src/core/limits.ts';
import { openFfmpeg } from '../src/node/ffmpeg-encoder.ts';
import { loadJpegEncoder } from '../src/node/jpeg.ts';
import { Framebuffer } from '../src/pixels/framebuffer.ts';
import { Encoding } from '../src/rfb/constants.ts';
import { singleScreen } from '../src/rfb/screen.ts';
import { allRights } from '../src/security/identity.ts';
import type { Display, DisplayEvents } from '../src/server/display.ts';
import { Shadow } from '../src/server/shadow.ts';
import type { VideoEncoders } from '../src/server/video-encoder.ts';
import { ViewerUpdates } from '../src/server/viewer-updates.ts';
import { ByteWriter } from '../src/wire/byte-writer.ts';
import { openCorpora, readFrames } from './support/corpora.ts';
import { cpuSeconds } from './support/process.ts';
import { fixed, median, printTable } from './support/table.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    fps: { type: 'string', default: '25' },
    size: { type: 'string', default: '1280x720' },
  },
});
const frameMs = 1000 / Number(flags.fps);
/** Until a film is known as one, and ffmpeg runs. */
const WARM_MS = 1500;

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Sample {
  readonly framesPerSecond: number;
  readonly kilobytes: number;
  readonly ourMs: number;
  readonly ffmpegMs: number;
  readonly latencyMs: number;
}

/** Our children of that name. */
function children(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const [, comm, parent] = /^\d+ \((.*)\) . (\d+)/.exec(
          readFileSync(`/proc/${pid}/stat`, 'utf8'),
        )!;
        return comm === name && Number(parent) === process.pid;
      } catch {
        return false;
      }
    });
}

function still(framebuffer: Framebuffer): Display {
  return {
    events: new Emitter<DisplayEvents>(),
    name: 'film',
    framebuffer,
    screens: singleScreen(framebuffer.width, framebuffer.height),
    cursor: undefined,
    pointerMode: 'absolute',
    leds: undefined,
    key: () => undefined,
    pointer: () => undefined,
    clipboard: () => undefined,
    close: () => Promise.resolve(),
  };
}

const FRAMES = 12;

/** Frame `n` of the film: nothing in it is where it was, but for the middle. */
function zoomed(
  photo: Uint32Array,
  photoSize: Size,
  { width, height }: Size,
  n: number,
): Uint32Array {
  const scale = (1 / (1 + n / 100)) * Math.min(photoSize.width / width, photoSize.height / height);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(photoSize.height / 2 + (y - height / 2) * scale) * photoSize.width;
    for (let x = 0; x < width; x++)
      pixels[y * width + x] =
        photo[row + Math.floor(photoSize.width / 2 + (x - width / 2) * scale)]!;
  }
  return pixels;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const jpeg = await loadJpegEncoder();

async function play(
  frames: readonly Uint32Array[],
  size: Size,
  video: VideoEncoders | undefined,
): Promise<Sample> {
  const { width, height } = size;
  const framebuffer = new Framebuffer(width, height);
  const display = still(framebuffer);
  const shadow = new Shadow(display);
  const writer = new ByteWriter();
  let due: () => void = () => undefined;
  const updates = new ViewerUpdates({
    display,
    shadow,
    limits: defaultLimits,
    codecs,
    rights: allRights,
    width,
    height,
    wake: () => due(),
    ...(jpeg === undefined ? {} : { jpeg }),
    ...(video === undefined ? {} : { video }),
  });
  const leave = shadow.join({
    takesMoves: true,
    published: (change) => updates.published(change),
    stale: () => undefined,
  });
  const h264 = video === undefined ? [] : [Encoding.OpenH264];
  const quality8 = Encoding.JpegQualityLevel0 + 8;
  updates.setEncodings([Encoding.Tight, Encoding.CopyRect, ...h264, Encoding.LastRect, quality8]);
  let drawnAt: number | undefined;
  let bytes = 0;
  let sent = 0;
  const latencies: number[] = [];
  due = () => {
    while (updates.isDue) {
      const before = updates.sentUpdates;
      for (const _ of updates.write(writer));
      bytes += writer.take().length;
      if (updates.sentUpdates === before) return;
      sent += 1;
      if (drawnAt !== undefined) latencies.push(performance.now() - drawnAt);
      drawnAt = undefined;
      updates.request({
        type: 'FramebufferUpdateRequest',
        incremental: true,
        ...framebuffer.bounds,
      });
    }
  };
  updates.request({ type: 'FramebufferUpdateRequest', incremental: false, ...framebuffer.bounds });

  let at = 0;
  let drawMs = 0;
  const run = async (ms: number): Promise<void> => {
    const end = performance.now() + ms;
    for (let next = performance.now(); next < end; next += frameMs) {
      await sleep(Math.max(0, next - performance.now()));
      const begin = process.cpuUsage();
      const turn = 2 * (frames.length - 1);
      const n = at++ % turn;
      framebuffer.pixels.set(frames[n < frames.length ? n : turn - n]!);
      const { user, system } = process.cpuUsage(begin);
      drawMs += (user + system) / 1000;
      drawnAt = performance.now();
      display.events.emit('damage', [framebuffer.bounds]);
      due();
    }
  };
  await run(WARM_MS);
  bytes = 0;
  sent = 0;
  drawMs = 0;
  latencies.length = 0;
  const programs = children('ffmpeg');
  const childCpu = (): number => programs.reduce((sum, pid) => sum + cpuSeconds(pid) * 1000, 0);
  const childBefore = childCpu();
  const before = process.cpuUsage();
  const begun = performance.now();
  await run(Number(flags.seconds) * 1000);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(before);
  const sample = {
    framesPerSecond: sent / seconds,
    kilobytes: bytes / 1000 / sent,
    ourMs: ((user + system) / 1000 - drawMs) / sent,
    ffmpegMs: (childCpu() - childBefore) / sent,
    latencyMs: median(latencies),
  };
  updates.leave();
  leave();
  return sample;
}

const [width, height] = flags.size.split('x').map(Number) as [number, number];
const corpora = await openCorpora(['video'], 1);
try {
  const [corpus] = corpora.list;
  if (corpus === undefined) throw new Error('no corpus video');
  const [photo] = readFrames(corpus.frames, corpus.width, corpus.height);
  const frames = Array.from({ length: FRAMES }, (_, n) =>
    zoomed(photo!, corpus, { width, height }, n),
  );
  const ways: Readonly<Record<string, VideoEncoders | undefined>> = {
    'Tight q8': undefined,
    'H.264': await openFfmpeg(),
  };
  const samples: Record<string, Sample[]> = {};
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [name, video] of Object.entries(ways))
      (samples[name] ??= []).push(await play(frames, { width, height }, video));
  }
  const rows = Object.entries(samples).map(([name, list]) => {
    const of = (key: keyof Sample): number => median(list.map((sample) => sample[key]));
    return {
      name,
      framesPerSecond: of('framesPerSecond'),
      kilobytes: of('kilobytes'),
      ourMs: of('ourMs'),
      ffmpegMs: of('ffmpegMs'),
      latencyMs: of('latencyMs'),
    };
  });
  if (flags.json) console.log(JSON.stringify(rows, null, 2));
  else
    printTable(
      [
        ['way', 'updates/s', 'kB/update', 'our CPU ms', 'ffmpeg CPU ms', 'latency ms'],
        ...rows.map((row) => [
          row.name,
          fixed(row.framesPerSecond, 1),
          fixed(row.kilobytes, 0),
          fixed(row.ourMs, 1),
          fixed(row.ffmpegMs, 1),
          fixed(row.latencyMs, 1),
        ]),
      ],
      flags.markdown,
    );
} finally {
  corpora.remove();
}
