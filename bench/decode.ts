/**
 * How fast are our decoders beside libvncclient's and noVNC's, on the same recorded streams?
 *
 * For each corpus the damage is encoded once by libvncserver and once by us; each stream is then decoded by libvncclient, by
 * noVNC's decoders in Node, drawing into memory, and by ours, in turns, each time in a new process. Processor time of the
 * second half of the passes, medians. The first pass of each process compares with the frames after every update. noVNC has no
 * ZRLE here, and its JPEG is the browser's.
 * Options: --json (a PSNR of null: exact), --markdown, --quick, --rounds N (default 5), --passes N at least (default 4), --frames N
 * (default 12), --corpus LIST, --mode full|damage (default damage), --svg.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCorpora, passesOf, type Corpus, type Mode } from './support/corpora.ts';
import type { DecodeJob } from './support/decode-child.ts';
import {
  childOf,
  compilePrograms,
  run,
  runLibvncserver,
  runOurs,
  type Passes,
} from './support/encode-run.ts';
import { noVncEncodings } from './support/novnc-decoder.ts';
import { codecOptions, codecRun } from './support/options.ts';
import type { EncoderSettings } from './support/our-encoder.ts';
import { psnr, type Difference } from './support/statistics.ts';
import { barChart, saveImage } from './support/svg.ts';
import { fixed, median, printTable } from './support/table.ts';

const DECODERS = ['libvncclient', 'novnc', 'ours'] as const;
type DecoderName = (typeof DECODERS)[number];
const SOURCES = ['libvncserver', 'ours'] as const;

const plain = { level: undefined, quality: undefined, copyRect: false, pool: false };
const settings: Readonly<Record<string, EncoderSettings>> = {
  'Tight L2': { ...plain, encoding: 'Tight', level: 2 },
  'ZRLE L2': { ...plain, encoding: 'ZRLE', level: 2 },
  Hextile: { ...plain, encoding: 'Hextile' },
  'Tight q8': { ...plain, encoding: 'Tight', quality: 8 },
};

const { values: flags } = parseArgs({
  options: {
    ...codecOptions,
    mode: { type: 'string', default: 'damage' },
  },
});
const { rounds, passes, frames, corpora: corpusNames } = codecRun(flags, 1);
const mode = flags.mode as Mode;

type Result = Passes & Difference;

interface Row {
  readonly corpus: string;
  readonly source: (typeof SOURCES)[number];
  readonly setting: string;
  readonly pixels: number;
  /** Median processor time, seconds. */
  readonly cpu: Readonly<Partial<Record<DecoderName, number>>>;
  /** What was seen, decibels; Infinity: exactly what was sent. */
  readonly psnr: Readonly<Partial<Record<DecoderName, number>>>;
  readonly faults: readonly string[];
}

const corpora = await openCorpora(corpusNames, frames);
const programs = compilePrograms(corpora.folder);

function decodeOnce(decoder: DecoderName, stream: string, corpus: Corpus): Result {
  const { width, height, frames: raw } = corpus;
  const { file } = corpus.plans[mode];
  if (decoder === 'libvncclient')
    return run(programs.libvncclient, [
      ...[stream, width, height, passesOf(corpus.plans[mode], passes)].map(String),
      raw,
      file,
    ]);
  const job: DecodeJob = {
    decoder,
    stream,
    width,
    height,
    passes: passesOf(corpus.plans[mode], passes),
    frames: raw,
    plan: file,
  };
  return run(process.execPath, [childOf('decode-child'), JSON.stringify(job)]);
}

function measure(corpus: Corpus, source: Row['source'], setting: string): Row {
  const plan = corpus.plans[mode];
  const wish = settings[setting]!;
  const stream = join(corpora.folder, 'recorded.stream');
  if (source === 'ours') runOurs({ corpus, ours: wish, passes: 1 }, plan, stream);
  else runLibvncserver({ corpus, theirs: wish, passes: 1 }, plan, programs, stream);
  const decoders = DECODERS.filter(
    (each) =>
      each !== 'novnc' || (noVncEncodings.includes(wish.encoding) && wish.quality === undefined),
  );
  const results = new Map<DecoderName, Result[]>(decoders.map((each) => [each, []]));
  const faults: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const decoder of decoders) {
      const list = results.get(decoder);
      if (list === undefined) continue;
      try {
        list.push(decodeOnce(decoder, stream, corpus));
      } catch (error) {
        const { stderr = '' } = error as { readonly stderr?: string };
        const words = /Error: .*/.exec(stderr)?.[0] ?? stderr.trim().split('\n').at(-1);
        faults.push(`${decoder}: ${words ?? String(error)}`);
        results.delete(decoder);
      }
    }
  }
  const cpu: Partial<Record<DecoderName, number>> = {};
  const seen: Partial<Record<DecoderName, number>> = {};
  for (const [decoder, list] of results) {
    cpu[decoder] = median(list.map((each) => median(each.cpu.slice(each.cpu.length >> 1))));
    seen[decoder] = psnr(list[0]!);
    if (wish.quality === undefined && list.some((each) => each.differing > 0))
      faults.push(`${decoder} sees ${list[0]!.differing} wrong pixels`);
  }
  return { corpus: corpus.name, source, setting, pixels: plan.pixels, cpu, psnr: seen, faults };
}

const rows: Row[] = [];
try {
  for (const corpus of corpora.list) {
    for (const setting of Object.keys(settings)) {
      for (const source of SOURCES) {
        process.stderr.write(`\r${corpus.name} ${setting} of ${source}             `);
        rows.push(measure(corpus, source, setting));
      }
    }
  }
  process.stderr.write('\r                                       \r');
} finally {
  corpora.remove();
}

const speed = (row: Row, decoder: DecoderName): number =>
  row.pixels / 1e6 / (row.cpu[decoder] ?? NaN);
const times = (row: Row, other: DecoderName): string =>
  row.cpu[other] === undefined || row.cpu.ours === undefined
    ? '-'
    : `${(row.cpu[other] / row.cpu.ours).toFixed(2)}x`;
const seenText = (value: number | undefined): string =>
  value === undefined ? '-' : value === Infinity ? 'exact' : `${value.toFixed(1)} dB`;

const faults = rows.flatMap((row) =>
  row.faults.map((fault) => `${row.corpus}, ${row.setting} of ${row.source}: ${fault}`),
);
if (flags.json) {
  console.log(JSON.stringify({ rounds, passes, frames, mode, rows, faults }));
} else {
  console.log(
    `\nDecoders, ${mode}, ${rounds} rounds of ${passes} passes by turns, medians; MPix/s of processor time\n`,
  );
  printTable(
    [
      [
        'corpus',
        'stream',
        'of',
        'libvncclient',
        'noVNC',
        'ours',
        'to libvncclient',
        'to noVNC',
        'pixels: libvncclient',
        'noVNC',
        'ours',
      ],
      ...rows.map((row) => [
        row.corpus,
        row.setting,
        row.source,
        ...DECODERS.map((decoder) => fixed(speed(row, decoder), 0)),
        times(row, 'libvncclient'),
        times(row, 'novnc'),
        ...DECODERS.map((decoder) => seenText(row.psnr[decoder])),
      ]),
    ],
    flags.markdown,
  );
  console.log(
    faults.length === 0
      ? '\nEvery picture is what was sent.'
      : `\nNot what was sent, or not decoded:\n  ${faults.join('\n  ')}`,
  );
}
if (flags.svg) {
  const shown = rows.filter((row) => row.source === 'libvncserver');
  for (const setting of ['Tight L2', 'Hextile'])
    saveImage(
      `decode-${setting.split(' ')[0]!.toLowerCase()}`,
      barChart({
        title: `Decoding ${setting}: MPix for a second of processor time`,
        y: 'MPix/s',
        series: DECODERS,
        groups: shown
          .filter((row) => row.setting === setting)
          .map((row) => ({
            name: row.corpus,
            values: DECODERS.map((decoder) => speed(row, decoder)),
          })),
      }),
    );
}
process.exit(faults.length === 0 ? 0 : 1);
