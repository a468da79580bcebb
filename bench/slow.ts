/**
 * Does a viewer on a slow line take anything from a fast one beside it, and does the server's memory stay bounded?
 *
 * A server plays a corpus at a fixed rate to a fast viewer, without and with a second one that takes 1 Mbit/s, in turns.
 * Memory is the server process's resident set, looked at ten times a second.
 * Options: --json, --markdown, --rounds N (default 3), --seconds N a phase (default 20: a whole picture takes as long),
 * --corpus NAME (default desktop),
 * --fps N (default 5), --mbit N (default 1), --mode None|… (default X509None), --encoding Tight|ZRLE (default Tight),
 * --quick, --svg.
 */
import { parseArgs } from 'node:util';
import { Encoding } from '../src/rfb/constants.ts';
import { makeCredentials } from './support/credentials.ts';
import { openCorpora } from './support/corpora.ts';
import { playingOptions } from './support/options.ts';
import { residentKilobytes } from './support/process.ts';
import { startPlaying } from './support/start-playing.ts';
import { lineChart, saveImage } from './support/svg.ts';
import { fixed, median, printTable } from './support/table.ts';
import { watch, type Watcher } from './support/watcher.ts';

const { values: flags } = parseArgs({
  options: {
    ...playingOptions,
    rounds: { type: 'string' },
    mbit: { type: 'string', default: '1' },
  },
});
const rounds = Number(flags.rounds ?? (flags.quick ? 2 : 3));
const seconds = Number(flags.seconds ?? (flags.quick ? 4 : 20));
const framesPerSecond = Number(flags.fps);
const encodings = [Encoding[flags.encoding as 'Tight'], Encoding.CompressionLevel0 + 2];

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Phase {
  readonly slow: boolean;
  readonly fastPerSecond: number;
  /** Of the slow viewer. */
  readonly slowPerSecond: number;
  readonly slowKilobits: number;
  readonly highestMemory: number;
}

const credentials = makeCredentials('P-256');
const corpora = await openCorpora([flags.corpus], 12);
const server = await startPlaying(corpora.list[0]!, framesPerSecond, flags.mode, credentials);
const began = performance.now();
const memory: Array<readonly [seconds: number, megabytes: number]> = [];
const sampler = setInterval(
  () => memory.push([(performance.now() - began) / 1000, residentKilobytes(server.pid) / 1000]),
  100,
);
const phases: Phase[] = [];

async function phase(fast: Watcher, withSlow: boolean): Promise<Phase> {
  const bitsPerSecond = Number(flags.mbit) * 1e6;
  const slow = withSlow
    ? await watch({ ...server.loginOptions, encodings, bitsPerSecond })
    : undefined;
  try {
    // Its whole first picture is made meanwhile.
    await sleep(1000);
    const start = { at: performance.now(), fast: fast.updates, mark: memory.length };
    const slowStart = { updates: slow?.updates ?? 0, bytes: slow?.bytes ?? 0 };
    await sleep(seconds * 1000);
    const took = (performance.now() - start.at) / 1000;
    return {
      slow: withSlow,
      fastPerSecond: (fast.updates - start.fast) / took,
      slowPerSecond: ((slow?.updates ?? 0) - slowStart.updates) / took,
      slowKilobits: (((slow?.bytes ?? 0) - slowStart.bytes) * 8) / took / 1000,
      highestMemory: Math.max(...memory.slice(start.mark).map((sample) => sample[1])),
    };
  } finally {
    await slow?.stop();
  }
}

try {
  const fast = await watch({ ...server.loginOptions, encodings });
  await sleep(2000);
  for (let round = 0; round < rounds; round++) {
    for (const withSlow of [false, true]) {
      process.stderr.write(`\rround ${round + 1} of ${rounds}   `);
      phases.push(await phase(fast, withSlow));
    }
  }
  process.stderr.write('\r                    \r');
  await fast.stop();
} finally {
  clearInterval(sampler);
  await server.stop();
  corpora.remove();
  credentials.remove();
}

const of = (slow: boolean, value: (each: Phase) => number): number =>
  median(phases.filter((each) => each.slow === slow).map(value));
const alone = of(false, (each) => each.fastPerSecond);
const beside = of(true, (each) => each.fastPerSecond);
const peak = Math.max(...phases.map((each) => each.highestMemory));

if (flags.json) {
  console.log(JSON.stringify({ corpus: flags.corpus, framesPerSecond, phases, memory }));
} else {
  console.log(
    `\nA fast viewer and one of ${flags.mbit} Mbit/s, ${flags.corpus} at ${framesPerSecond} frames a second, ${flags.mode}, ${flags.encoding}; medians of ${rounds} rounds\n`,
  );
  printTable(
    [
      ['', 'fast updates/s', 'slow updates/s', 'slow kbit/s', 'memory MB'],
      ...[false, true].map((slow) => [
        slow ? 'with the slow one' : 'alone',
        fixed(
          of(slow, (each) => each.fastPerSecond),
          2,
        ),
        slow
          ? fixed(
              of(slow, (each) => each.slowPerSecond),
              2,
            )
          : '-',
        slow
          ? fixed(
              of(slow, (each) => each.slowKilobits),
              0,
            )
          : '-',
        fixed(
          of(slow, (each) => each.highestMemory),
          0,
        ),
      ]),
    ],
    flags.markdown,
  );
  console.log(
    `\n  the fast one keeps ${fixed((100 * beside) / alone, 0)} % of its rate; the server never had more than ${fixed(peak, 0)} MB`,
  );
}
if (flags.svg)
  saveImage(
    'slow-memory',
    lineChart({
      title: `Resident memory, a viewer of ${flags.mbit} Mbit/s comes and goes ${rounds} times`,
      x: 'seconds',
      y: 'MB',
      series: [{ name: 'server', points: memory }],
    }),
  );
process.exit(0);
