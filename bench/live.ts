/**
 * How many frames, bytes and milliseconds do whole servers need, over TLS, for the same moving screen and the same viewer?
 *
 * Each server has a display of its own with the same content (bench/peers/x-content.c; for QEMU, GRUB's prompt), watched by
 * our client in this process on loopback, X509None. `moving`: the content draws so many frames a second, and the viewer reads
 * from the picture which it saw. Processor time is that of every process that serves; of the source apart where it is apart
 * (for QEMU without the guest's own threads). Latency: from a key that is sent to its effect in the viewer's picture, with
 * nothing else moving (`quiet`) and with everything moving. The servers take turns; the others are stopped meanwhile.
 * Options: --json, --markdown, --quick, --rounds N (default 5), --seconds N (default 5), --fps N (default 30), --keys N a
 * round (default 40), --size WxH (default 1920x1080), --only LIST of names, --jpeg: with JPEG at quality 8, --copies: the
 * content scrolls by XCopyArea, of which TigerVNC makes CopyRect, --svg.
 */
import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pressKeys } from '../src/client/automation/keys.ts';
import { typeText } from '../src/client/automation/type-text.ts';
import type { VncClient } from '../src/client/client.ts';
import { connect } from '../src/node/connect.ts';
import { makeCredentials } from './support/credentials.ts';
import {
  qemuScene,
  relayedQemuScene,
  relayScene,
  stopEverything,
  x11vncScene,
  xvncScene,
  type Scene,
  type SceneOptions,
} from './support/live-scenes.ts';
import { enterGrub, frameNumber, keyToPixel, type Viewer } from './support/live-viewer.ts';
import { compile } from './support/native.ts';
import { percentile } from './support/statistics.ts';
import { barChart, lineChart, saveImage } from './support/svg.ts';
import { fixed, median, printTable } from './support/table.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    svg: { type: 'boolean', default: false },
    jpeg: { type: 'boolean', default: false },
    copies: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    keys: { type: 'string' },
    fps: { type: 'string', default: '30' },
    size: { type: 'string', default: '1920x1080' },
    only: { type: 'string' },
  },
});
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 5));
const seconds = Number(flags.seconds ?? (flags.quick ? 3 : 5));
const keys = Number(flags.keys ?? (flags.quick ? 15 : 40));
const framesPerSecond = Number(flags.fps);
const [width, height] = flags.size.split('x').map(Number) as [number, number];
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const makers: Readonly<Record<string, (options: SceneOptions) => Promise<Scene>>> = {
  Xvnc: xvncScene,
  'x11vnc on Xvfb': x11vncScene,
  'ours before Xvnc': (options) => relayScene(options, false),
  'ours before Xvnc, raw': (options) => relayScene(options, true),
  QEMU: qemuScene,
  'ours before QEMU': relayedQemuScene,
};

interface Sample {
  readonly frames: number;
  readonly updates: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly serverCpu: number;
  readonly sourceCpu: number;
}

interface Row {
  readonly name: string;
  readonly moving: Sample[];
  readonly quietMs: number[];
  readonly movingMs: number[];
  lost: number;
}

let lastSocket: Socket | undefined;
subscribe('net.client.socket', (message) => {
  lastSocket = (message as { readonly socket: Socket }).socket;
});

// x11vnc takes no other keys.
const credentials = makeCredentials('RSA-2048');
const ca = readFileSync(join(credentials.dir, 'ca-cert.pem'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-live-'));

async function open(scene: Scene): Promise<Viewer> {
  const attempt = (): Promise<VncClient> =>
    connect(`127.0.0.1::${scene.port}`, {
      security: 'X509None',
      tls: { ca, servername: '127.0.0.1' },
      jpeg: flags.jpeg,
      compressionLevel: 2,
    });
  let client: VncClient | undefined;
  for (let tries = 0; client === undefined; tries++) {
    try {
      client = await attempt();
    } catch (error) {
      // x11vnc is busy for a while with whoever only looked whether it listens.
      if (tries >= 20) throw error;
      await sleep(500);
    }
  }
  const socket = lastSocket!;
  await client.refresh(false);
  return { scene, client, bytes: () => socket.bytesRead };
}

async function watchMoving(viewer: Viewer): Promise<Sample> {
  const { scene, client } = viewer;
  const seen = new Set<number>();
  let updates = 0;
  const forget = client.events.on('damage', () => {
    updates++;
    seen.add(frameNumber(viewer));
  });
  const start = {
    at: performance.now(),
    bytes: viewer.bytes(),
    server: scene.serverCpu(),
    source: scene.sourceCpu(),
  };
  await sleep(seconds * 1000);
  forget();
  return {
    frames: scene.rate === undefined ? updates : seen.size,
    updates,
    bytes: viewer.bytes() - start.bytes,
    seconds: (performance.now() - start.at) / 1000,
    serverCpu: scene.serverCpu() - start.server,
    sourceCpu: scene.sourceCpu() - start.source,
  };
}

async function pressMany(viewer: Viewer, into: number[], row: Row): Promise<void> {
  for (let i = 0; i < keys; i++) {
    // GRUB's line is taken back when it is long.
    if (viewer.scene.rate === undefined && i % 40 === 0) {
      await pressKeys(viewer.client, 'ctrl-u');
      await sleep(300);
    }
    const took = await keyToPixel(viewer, 'a'.charCodeAt(0) + (i % 26));
    if (took === undefined) row.lost++;
    else into.push(took);
    // Not in step with anybody's timer.
    await sleep(20 + Math.random() * 50);
  }
}

async function measure(viewer: Viewer, row: Row, round: number): Promise<void> {
  const { scene, client } = viewer;
  await sleep(300);
  await pressMany(viewer, row.quietMs, row);
  if (scene.rate === undefined) {
    // It never ends, so that it is the last thing that is asked of GRUB.
    if (round < rounds - 1) return;
    await pressKeys(client, 'ctrl-u');
    await typeText(client, 'while true; do lsmod; done');
    await pressKeys(client, 'enter');
    await sleep(1500);
    for (let i = 0; i < rounds; i++) row.moving.push(await watchMoving(viewer));
    return;
  }
  scene.rate(framesPerSecond);
  await sleep(1000);
  row.moving.push(await watchMoving(viewer));
  await pressMany(viewer, row.movingMs, row);
  scene.rate(0);
  await sleep(500);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopEverything().then(() => process.exit(1)));

const viewers: Viewer[] = [];
const scenes: Scene[] = [];
const rows: Row[] = [];
try {
  const content = compile('x-content', folder, 'X11');
  const options: SceneOptions = {
    width,
    height,
    credentials,
    folder,
    content,
    copies: flags.copies,
  };
  const names = flags.only?.split(',') ?? Object.keys(makers);
  for (const name of names) {
    const make = makers[name];
    if (make === undefined) throw new Error(`no server ${name}: ${Object.keys(makers).join(', ')}`);
    process.stderr.write(`\rstarting ${name}                 `);
    const scene = await make(options);
    scenes.push(scene);
    const viewer = await open(scene);
    viewers.push(viewer);
    if (scene.rate === undefined) await enterGrub(viewer);
    rows.push({ name, moving: [], quietMs: [], movingMs: [], lost: 0 });
    scene.pause(true);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, viewer] of viewers.entries()) {
      process.stderr.write(`\rround ${round + 1} of ${rounds}: ${viewer.scene.name}          `);
      viewer.scene.pause(false);
      await measure(viewer, rows[i]!, round);
      viewer.scene.pause(true);
    }
  }
  process.stderr.write('\r                                                  \r');
} finally {
  for (const scene of scenes) scene.pause(false);
  for (const { client } of viewers) await client.close();
  await stopEverything();
  rmSync(folder, { recursive: true, force: true });
  credentials.remove();
}

const of = (row: Row, value: (sample: Sample) => number): number => median(row.moving.map(value));
const perFrame = (value: (sample: Sample) => number) => (sample: Sample) =>
  value(sample) / sample.frames;

if (flags.json) {
  console.log(JSON.stringify({ rounds, seconds, framesPerSecond, size: flags.size, rows }));
} else {
  console.log(
    `\nWhole servers over X509None on loopback, ${flags.size} at ${framesPerSecond} frames a second${flags.jpeg ? ', JPEG' : ', lossless'}; medians of ${rounds} rounds\n`,
  );
  printTable(
    [
      [
        'server',
        'frames/s seen',
        'updates/s',
        'kB/frame',
        'server CPU ms/frame',
        'source CPU ms/frame',
        'quiet p50 ms',
        'p99',
        'moving p50 ms',
        'p99',
        'lost keys',
      ],
      ...rows.map((row) => [
        row.name,
        fixed(
          of(row, (sample) => sample.frames / sample.seconds),
          1,
        ),
        fixed(
          of(row, (sample) => sample.updates / sample.seconds),
          1,
        ),
        fixed(
          of(
            row,
            perFrame((sample) => sample.bytes),
          ) / 1000,
          1,
        ),
        fixed(
          of(
            row,
            perFrame((sample) => sample.serverCpu),
          ) * 1000,
          2,
        ),
        fixed(
          of(
            row,
            perFrame((sample) => sample.sourceCpu),
          ) * 1000,
          2,
        ),
        fixed(percentile(row.quietMs, 0.5), 1),
        fixed(percentile(row.quietMs, 0.99), 1),
        fixed(percentile(row.movingMs, 0.5), 1),
        fixed(percentile(row.movingMs, 0.99), 1),
        row.lost,
      ]),
    ],
    flags.markdown,
  );
}
if (flags.svg) {
  const shares = Array.from({ length: 50 }, (_, i) => (i + 0.5) / 50);
  saveImage(
    'live-latency',
    lineChart({
      title: 'From a key to its pixel, nothing else moving',
      x: 'milliseconds',
      y: '% of keys',
      series: rows.map((row) => ({
        name: row.name,
        points: shares.map((share) => [percentile(row.quietMs, share), share * 100] as const),
      })),
    }),
  );
  saveImage(
    'live-cpu',
    barChart({
      title: `Processor time for a frame, ${flags.size}`,
      y: 'ms',
      series: ['server', 'source'],
      groups: rows.map((row) => ({
        name: row.name,
        values: [
          of(
            row,
            perFrame((sample) => sample.serverCpu),
          ) * 1000,
          of(
            row,
            perFrame((sample) => sample.sourceCpu),
          ) * 1000,
        ],
      })),
    }),
  );
}
process.exit(0);
