/**
 * One line of the comparison of encoders: libvncserver and ours take turns, each time in a new process; then both streams
 * are decoded by libvncclient and by our own decoder, and compared with the frames they were made from.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MOST_PASSES, type Corpus, type Mode, type Plan } from './corpora.ts';
import type { DecodeJob } from './decode-child.ts';
import type { EncodeJob } from './encode-child.ts';
import { compile } from './native.ts';
import type { EncoderSettings } from './our-encoder.ts';
import { noDifference, psnr, type Difference } from './statistics.ts';
import { median } from './table.ts';

export type EncoderName = 'libvncserver' | 'ours';

/** What a process of ours or a peer prints. */
export interface Passes {
  readonly cpu: readonly number[];
  readonly wall: readonly number[];
  /** Ours: the processor time of finding what changed, which is not in the others. */
  readonly find?: readonly number[];
}

export interface Side {
  /** Medians over the rounds of the median pass of the second half, seconds. */
  readonly cpu: number;
  readonly wall: number;
  /** Of the first pass of a process: our compiler's work is in it. */
  readonly coldCpu: number;
  /** Finding what changed. 0 of libvncserver, which is told. */
  readonly findCpu: number;
  readonly bytes: number;
  /** Undefined when the decoders agree that no pixel differs. */
  readonly psnr: number;
  /** Why a decoder could not read the stream, or that two saw different pictures. */
  readonly faults: readonly string[];
}

export interface Measured {
  readonly pixels: number;
  readonly updates: number;
  readonly sides: Readonly<Record<EncoderName, Side>>;
}

export interface Programs {
  readonly libvncserver: string;
  readonly libvncclient: string;
  readonly folder: string;
}

export interface Job {
  readonly corpus: Corpus;
  readonly mode: Mode;
  readonly theirs: EncoderSettings;
  readonly ours: EncoderSettings;
  readonly rounds: number;
  readonly passes: number;
  /** As much work as V8 wants to see before it has optimised what it will, by libvncserver's time for it. */
  readonly warmSeconds: number;
}

/** Compiles the peers into a folder, which also takes what the run writes. */
export const compilePrograms = (folder: string): Programs => ({
  libvncserver: compile('libvncserver-encode', folder, 'vncserver'),
  libvncclient: compile('libvncclient-decode', folder, 'vncclient'),
  folder,
});

const here = dirname(fileURLToPath(import.meta.url));
/** The compiled program of one of the processes beside this file. */
export const childOf = (name: string): string => join(here, `${name}.js`);
/** Decoders of JPEG differ: libjpeg-turbo's fast transform, which our decoder is given, costs 1.6 dB at quality 92. */
const LOSSY_AGREEMENT_DB = 3;

export function measureEncoders(wanted: Job, programs: Programs): Measured {
  const plan = wanted.corpus.plans[wanted.mode];
  const { cpu } = runLibvncserver({ ...wanted, passes: 1 }, plan, programs, '');
  const warming = Math.min(MOST_PASSES, Math.ceil(wanted.warmSeconds / Math.max(cpu[0]!, 1e-3)));
  const job = { ...wanted, passes: Math.max(wanted.passes, warming) };
  const runs: Record<EncoderName, Passes[]> = { libvncserver: [], ours: [] };
  const bytes = { libvncserver: 0, ours: 0 };
  const streams = {
    libvncserver: join(programs.folder, 'libvncserver.stream'),
    ours: join(programs.folder, 'ours.stream'),
  };
  for (let round = 0; round < job.rounds; round++) {
    const keep = round === 0;
    runs.libvncserver.push(runLibvncserver(job, plan, programs, keep ? streams.libvncserver : ''));
    runs.ours.push(runOurs(job, plan, keep ? streams.ours : ''));
  }
  for (const name of ['libvncserver', 'ours'] as const) bytes[name] = statSync(streams[name]).size;
  const side = (name: EncoderName, lossy: boolean): Side => ({
    ...summarize(runs[name]),
    bytes: bytes[name],
    ...check(streams[name], lossy, job, plan, programs),
  });
  return {
    pixels: plan.pixels,
    updates: plan.updates.length,
    sides: {
      libvncserver: side('libvncserver', job.theirs.quality !== undefined),
      ours: side('ours', job.ours.quality !== undefined),
    },
  };
}

function summarize(runs: readonly Passes[]): Pick<Side, 'cpu' | 'wall' | 'coldCpu' | 'findCpu'> {
  const warm = (values: readonly number[]): number => median(values.slice(values.length >> 1));
  return {
    cpu: median(runs.map((run) => warm(run.cpu))),
    wall: median(runs.map((run) => warm(run.wall))),
    coldCpu: median(runs.map((run) => run.cpu[0]!)),
    findCpu: median(runs.map((run) => warm(run.find ?? [0]))),
  };
}

export const run = <T>(command: string, args: readonly string[]): T =>
  JSON.parse(
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  ) as T;

/** One process of libvncserver; `stream` empty: nothing is kept. */
export function runLibvncserver(
  job: Pick<Job, 'corpus' | 'theirs' | 'passes'>,
  plan: Plan,
  { libvncserver }: Programs,
  stream: string,
): Passes {
  const { corpus, theirs, passes } = job;
  const { width, height, frames } = corpus;
  const { encoding, level = -1, quality = -1 } = theirs;
  return run(libvncserver, [
    ...[frames, width, height, plan.file].map(String),
    ...[encoding, level, quality, passes].map(String),
    ...(stream === '' ? [] : [stream]),
  ]);
}

/** One process of ours. */
export function runOurs(
  job: Pick<Job, 'corpus' | 'ours' | 'passes'>,
  plan: Plan,
  stream: string,
): Passes {
  const { corpus, ours, passes } = job;
  const { width, height, frames } = corpus;
  const options: EncodeJob = {
    ...ours,
    frames,
    width,
    height,
    passes,
    plan: plan.file,
    ...(stream === '' ? {} : { stream }),
  };
  return run(process.execPath, [childOf('encode-child'), JSON.stringify(options)]);
}

/** Both decoders must read all of the stream, and see the frames: exactly, or as far as JPEG lets them. */
function check(
  stream: string,
  lossy: boolean,
  { corpus, mode }: Job,
  plan: Plan,
  { libvncclient }: Programs,
): Pick<Side, 'psnr' | 'faults'> {
  const { width, height, frames } = corpus;
  const faults: string[] = [];
  const decode = (name: string, work: () => Difference): Difference => {
    try {
      const seen = work();
      if (seen.differing > 0 && !lossy) faults.push(`${name} sees ${seen.differing} wrong pixels`);
      return seen;
    } catch (error) {
      const { stderr = '' } = error as { readonly stderr?: string };
      faults.push(`${name}: ${stderr.trim().split('\n').at(-1) || String(error)}`);
      return noDifference;
    }
  };
  const native = decode('libvncclient', () =>
    run(libvncclient, [stream, String(width), String(height), '1', frames, plan.file]),
  );
  const options: DecodeJob = {
    decoder: 'ours',
    stream,
    width,
    height,
    frames,
    passes: 1,
    plan: plan.file,
  };
  const own = decode('our decoder', () =>
    run(process.execPath, [childOf('decode-child'), JSON.stringify(options)]),
  );
  const values = [psnr(native), psnr(own)] as const;
  if (lossy && Math.abs(values[0] - values[1]) > LOSSY_AGREEMENT_DB)
    faults.push(
      `${mode}: libvncclient sees ${values[0].toFixed(1)} dB, we ${values[1].toFixed(1)}`,
    );
  return { psnr: values[0], faults };
}
