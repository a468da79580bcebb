/**
 * How fast and how small are our encoders beside libvncserver's, and what does TigerVNC's recorded ratio make of that?
 *
 * Both encode the same frames of bench/corpus in process, for a viewer of depth 24 with the same wishes: `full` sends each
 * frame whole, `damage` the tiles of 64x64 that changed since the one before. libvncserver takes them as they are; ours looks
 * for what really changed in them first, which is the column `find`, not part of its speed. They take turns, each time in a new
 * process; processor time is all of the process's threads', the median of the second half of the passes, then of the rounds:
 * those are warm, which is to say that V8 has optimised what it will; `cold` is the first pass. Every stream is then decoded
 * by libvncclient and by our own decoder and compared with the frames, pixel by pixel. `pool` compares wall time, as it uses
 * more than one core; `moves` lets ours use CopyRect, which libvncserver uses only where a program says what it moved: finding
 * is then part of the speed.
 * Options: --json (a PSNR of null: exact), --markdown, --quick (half a minute), --rounds N (default 5), --passes N at least
 * (default 4), --frames N of a corpus (default 12), --corpus LIST, --mode full,damage, --only LIST of settings such as
 * "Tight L2,ZRLE L2", --svg: writes docs/images, --gate: ends with 1 unless every gate is met, as it does in any case when a
 * stream is wrong.
 */
import { parseArgs } from 'node:util';
import {
  heldOutCorpora,
  openCorpora,
  passesOf,
  type Corpus,
  type Mode,
} from './support/corpora.ts';
import { drawEncoders } from './support/encode-charts.ts';
import { gatesOf, type Gate, type Ratios } from './support/encode-gates.ts';
import { compilePrograms, measureEncoders, type Job, type Measured } from './support/encode-run.ts';
import { codecOptions, codecRun } from './support/options.ts';
import { havePool, type EncoderSettings } from './support/our-encoder.ts';
import { tigerVnc } from './support/recorded.ts';
import { fixed, printTable } from './support/table.ts';

interface Setting {
  readonly name: string;
  readonly encoding: string;
  readonly level?: number;
  readonly quality?: number;
  readonly pool?: true;
  readonly moves?: true;
}

const settings: readonly Setting[] = [
  { name: 'Tight L1', encoding: 'Tight', level: 1 },
  { name: 'Tight L2', encoding: 'Tight', level: 2 },
  { name: 'Tight L2 pool', encoding: 'Tight', level: 2, pool: true },
  { name: 'Tight L2 moves', encoding: 'Tight', level: 2, moves: true },
  { name: 'Tight L6', encoding: 'Tight', level: 6 },
  { name: 'Tight q8', encoding: 'Tight', quality: 8 },
  { name: 'Tight q8 pool', encoding: 'Tight', quality: 8, pool: true },
  { name: 'Tight q5', encoding: 'Tight', quality: 5 },
  { name: 'ZRLE L1', encoding: 'ZRLE', level: 1 },
  { name: 'ZRLE L2', encoding: 'ZRLE', level: 2 },
  { name: 'ZRLE L6', encoding: 'ZRLE', level: 6 },
  { name: 'Zlib L2', encoding: 'Zlib', level: 2 },
  { name: 'Hextile', encoding: 'Hextile' },
];

const { values: flags } = parseArgs({
  options: {
    ...codecOptions,
    gate: { type: 'boolean', default: false },
    mode: { type: 'string' },
    only: { type: 'string' },
  },
});
const { quick } = flags;
const { rounds, passes, frames, corpora: corpusNames } = codecRun(flags, 2);
const modes = (flags.mode ?? (quick ? 'damage' : 'full,damage')).split(',') as Mode[];
const wanted = (flags.only ?? (quick ? 'Tight L2,ZRLE L2,Tight q8' : undefined))?.split(',');

/** What stands in the table beside the ratios. */
interface Row extends Ratios {
  readonly measured: Measured;
  readonly heldOut: boolean;
  readonly tigerBytes: number | undefined;
  readonly gates: readonly Gate[];
}

function rowOf(corpus: Corpus, mode: Mode, setting: Setting, measured: Measured): Row {
  const { ours, libvncserver } = measured.sides;
  const speed = setting.pool
    ? libvncserver.wall / ours.wall
    : libvncserver.cpu / (ours.cpu + (setting.moves ? ours.findCpu : 0));
  const bytes = ours.bytes / libvncserver.bytes;
  const recorded = tigerVnc(corpus.name, mode, setting.name.replace(/ (pool|moves)$/, ''));
  const lossless = ours.psnr === Number.POSITIVE_INFINITY;
  const ratios: Ratios = {
    corpus: corpus.name,
    mode,
    setting: setting.name,
    speed,
    bytes,
    psnr: lossless ? 0 : ours.psnr - libvncserver.psnr,
    tigerSpeed: recorded && speed / recorded.speed,
  };
  return {
    ...ratios,
    measured,
    heldOut: heldOutCorpora.includes(corpus.name),
    tigerBytes: recorded && bytes / recorded.bytes,
    gates: gatesOf(ratios),
  };
}

const rows: Row[] = [];
/** What cannot be measured: the server has no pool. */
const left = new Set<string>();
const corpora = await openCorpora(corpusNames, frames);
try {
  const programs = compilePrograms(corpora.folder);
  for (const corpus of corpora.list) {
    for (const mode of modes) {
      for (const setting of settings) {
        if (wanted !== undefined && !wanted.includes(setting.name)) continue;
        if (setting.pool && !havePool) {
          left.add(setting.name);
          continue;
        }
        process.stderr.write(`\r${corpus.name} ${mode} ${setting.name}                `);
        const { encoding, level, quality, pool = false, moves = false } = setting;
        const theirs: EncoderSettings = { encoding, level, quality, copyRect: false, pool: false };
        const job: Job = {
          corpus,
          mode,
          theirs,
          rounds,
          passes: passesOf(corpus.plans[mode], passes),
          warmSeconds: quick ? 0.6 : 1.2,
          ours: { ...theirs, copyRect: moves, pool },
        };
        rows.push(rowOf(corpus, mode, setting, measureEncoders(job, programs)));
      }
    }
  }
  process.stderr.write('\r                                        \r');
} finally {
  corpora.remove();
}

const faults = rows.flatMap(({ corpus, mode, setting, measured }) =>
  Object.entries(measured.sides).flatMap(([name, side]) =>
    side.faults.map((fault) => `${corpus} ${mode} ${setting}, ${name}: ${fault}`),
  ),
);

const bytesText = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
const decibels = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? 'exact' : `${value.toFixed(1)} dB`;
const times = (value: number | undefined): string =>
  value === undefined ? '-' : `${value.toFixed(2)}x`;

function print(): void {
  console.log(
    `\nEncoders, ${rounds} rounds of ${passes} passes by turns, medians; processor time; single thread but for pool\n`,
  );
  printTable(
    [
      [
        'corpus',
        'what',
        'setting',
        'libvncserver',
        'MPix/s',
        'ours',
        'MPix/s',
        'cold',
        'find ms/frame',
        'speed',
        'bytes',
        'speed to TigerVNC',
        'bytes',
        'pixels: theirs',
        'ours',
        'gates',
      ],
      ...rows.map((row) => {
        const { libvncserver, ours } = row.measured.sides;
        const mpix = row.measured.pixels / 1e6;
        const pool = row.setting.endsWith('pool');
        return [
          row.heldOut ? `${row.corpus} (held out)` : row.corpus,
          row.mode,
          row.setting,
          bytesText(libvncserver.bytes),
          fixed(mpix / libvncserver.cpu, 0),
          bytesText(ours.bytes),
          fixed(mpix / (pool ? ours.wall : ours.cpu), 0),
          fixed(mpix / ours.coldCpu, 0),
          fixed((1e3 * ours.findCpu) / row.measured.updates, 1),
          times(row.speed),
          times(row.bytes),
          times(row.tigerSpeed),
          times(row.tigerBytes),
          decibels(libvncserver.psnr),
          decibels(ours.psnr),
          row.gates.length === 0 ? '' : row.gates.every((gate) => gate.met) ? 'met' : 'NOT MET',
        ];
      }),
    ],
    flags.markdown,
  );
  const gated = rows.filter((row) => row.gates.length > 0);
  if (gated.length > 0) console.log('\nGates:');
  for (const { corpus, mode, setting, gates } of gated)
    for (const { text, met } of gates)
      console.log(`  ${met ? 'met    ' : 'NOT MET'}  ${corpus} ${mode} ${setting}: ${text}`);
  for (const setting of left) console.log(`  not measured: ${setting}: the server has no pool`);
  console.log(
    faults.length === 0
      ? '\nEvery stream was decoded by libvncclient and by our decoder, and is what it should be.'
      : `\nWRONG STREAMS, whose figures do not count:\n  ${faults.join('\n  ')}`,
  );
}

if (flags.json)
  console.log(JSON.stringify({ rounds, passes, frames, rows, left: [...left], faults }));
else print();
if (flags.svg) drawEncoders(rows);
const gatesMet = rows.every((row) => row.gates.every((gate) => gate.met));
process.exit(faults.length === 0 && (gatesMet || !flags.gate) ? 0 : 1);
