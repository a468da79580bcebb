/**
 * What does each further viewer of one display cost the server: processor time and memory?
 *
 * A server plays a corpus at a fixed rate; viewers that take every update log in until there are as many as a step says.
 * Processor time is the server process's, all threads, less what it takes to play to nobody; memory is its resident set
 * after a collection, less that with nobody.
 * Options: --json, --markdown, --viewers LIST (default 1,10,50), --seconds N a step (default 8), --corpus NAME (default
 * desktop), --fps N (default 5), --mode None|X509Vnc|… (default X509None), --encoding Tight|ZRLE (default Tight), --quick,
 * --svg.
 */
import { parseArgs } from 'node:util';
import { Encoding } from '../src/rfb/constants.ts';
import { makeCredentials } from './support/credentials.ts';
import { openCorpora } from './support/corpora.ts';
import { playingOptions } from './support/options.ts';
import { cpuSeconds, residentKilobytes } from './support/process.ts';
import { startPlaying } from './support/start-playing.ts';
import { lineChart, saveImage } from './support/svg.ts';
import { fixed, median, printTable } from './support/table.ts';
import { watch, type Watcher } from './support/watcher.ts';

const { values: flags } = parseArgs({
  options: { ...playingOptions, viewers: { type: 'string' } },
});
const steps = (flags.viewers ?? (flags.quick ? '1,10' : '1,10,50')).split(',').map(Number);
const seconds = Number(flags.seconds ?? (flags.quick ? 3 : 8));
const framesPerSecond = Number(flags.fps);
const encodings = [
  Encoding[flags.encoding as 'Tight'],
  Encoding.LastRect,
  Encoding.CompressionLevel0 + 2,
];

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Row {
  readonly viewers: number;
  /** Of a viewer, the median of all. */
  readonly updatesPerSecond: number;
  readonly leastUpdatesPerSecond: number;
  /** Processor time of the server in a second, seconds. */
  readonly cpu: number;
  /** The same for each viewer, above that with nobody. */
  readonly cpuPerViewer: number;
  /** The same for those only that came since the step before. */
  readonly cpuPerFurther: number;
  /** And for each update that was sent, milliseconds. */
  readonly cpuMsPerUpdate: number;
  readonly kilobytesPerUpdate: number;
  /** Resident, kilobytes, above that with nobody. */
  readonly memoryPerViewer: number;
  /** The same for those only that came since the step before. */
  readonly memoryPerFurther: number;
  readonly memory: number;
}

const credentials = makeCredentials('P-256');
const corpora = await openCorpora([flags.corpus], 12);
const server = await startPlaying(corpora.list[0]!, framesPerSecond, flags.mode, credentials);
const watchers: Watcher[] = [];
const rows: Row[] = [];

const counts = (): Array<readonly [updates: number, bytes: number]> =>
  watchers.map((each) => [each.updates, each.bytes]);

async function step(viewers: number, idle: { cpu: number; memory: number }): Promise<Row> {
  while (watchers.length < viewers)
    watchers.push(await watch({ ...server.loginOptions, encodings }));
  // Their whole first pictures are not what is asked about.
  await sleep(1500);
  await server.settle();
  const before = counts();
  const begin = performance.now();
  const cpu = cpuSeconds(server.pid);
  await sleep(seconds * 1000);
  const spent = (cpuSeconds(server.pid) - cpu) / ((performance.now() - begin) / 1000);
  const took = (performance.now() - begin) / 1000;
  const after = counts();
  await server.settle();
  const memory = residentKilobytes(server.pid);
  const last = rows.at(-1);
  const rates = after.map(([updates], i) => (updates - before[i]![0]) / took);
  const updates = after.reduce((sum, [count], i) => sum + count - before[i]![0], 0);
  const bytes = after.reduce((sum, [, count], i) => sum + count - before[i]![1], 0);
  return {
    viewers,
    updatesPerSecond: median(rates),
    leastUpdatesPerSecond: Math.min(...rates),
    cpu: spent,
    cpuPerViewer: (spent - idle.cpu) / viewers,
    cpuPerFurther: (spent - (last?.cpu ?? idle.cpu)) / (viewers - (last?.viewers ?? 0)),
    cpuMsPerUpdate: ((spent - idle.cpu) * took * 1000) / updates,
    kilobytesPerUpdate: bytes / updates / 1000,
    memoryPerViewer: (memory - idle.memory) / viewers,
    memoryPerFurther: (memory - (last?.memory ?? idle.memory)) / (viewers - (last?.viewers ?? 0)),
    memory,
  };
}

try {
  await sleep(500);
  const begin = performance.now();
  const cpu = cpuSeconds(server.pid);
  await sleep(Math.min(3, seconds) * 1000);
  const idle = {
    cpu: (cpuSeconds(server.pid) - cpu) / ((performance.now() - begin) / 1000),
    memory: 0,
  };
  await server.settle();
  idle.memory = residentKilobytes(server.pid);
  for (const viewers of steps) {
    process.stderr.write(`\r${viewers} viewers        `);
    rows.push(await step(viewers, idle));
  }
  process.stderr.write('\r                    \r');
} finally {
  await Promise.all(watchers.map((each) => each.stop().catch(() => undefined)));
  await server.stop();
  corpora.remove();
  credentials.remove();
}

if (flags.json) {
  console.log(JSON.stringify({ corpus: flags.corpus, framesPerSecond, mode: flags.mode, rows }));
} else {
  console.log(
    `\nViewers of ${flags.corpus} at ${framesPerSecond} frames a second, ${flags.mode}, ${flags.encoding}\n`,
  );
  printTable(
    [
      [
        'viewers',
        'updates/s each',
        'least',
        'server CPU',
        'CPU/viewer',
        'each further',
        'CPU ms/update',
        'kB/update',
        'memory/viewer',
        'each further',
      ],
      ...rows.map((row) => [
        row.viewers,
        fixed(row.updatesPerSecond, 1),
        fixed(row.leastUpdatesPerSecond, 1),
        `${fixed(row.cpu * 100, 0)} %`,
        `${fixed(row.cpuPerViewer * 100, 1)} %`,
        `${fixed(row.cpuPerFurther * 100, 2)} %`,
        fixed(row.cpuMsPerUpdate, 2),
        fixed(row.kilobytesPerUpdate, 0),
        `${fixed(row.memoryPerViewer / 1000, 2)} MB`,
        `${fixed(row.memoryPerFurther / 1000, 2)} MB`,
      ]),
    ],
    flags.markdown,
  );
}
if (flags.svg) {
  const curve = (name: string, value: (row: Row) => number) => ({
    name,
    points: rows.map((row) => [row.viewers, value(row)] as const),
  });
  saveImage(
    'viewers-cpu',
    lineChart({
      title: `Processor time of the server, ${flags.corpus} at ${framesPerSecond} frames a second`,
      x: 'viewers',
      y: '% of a core',
      series: [curve('all', (row) => row.cpu * 100)],
    }),
  );
}
process.exit(0);
