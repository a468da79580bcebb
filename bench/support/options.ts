/** Options that benchmarks have in common. What they mean, each says in its header comment, which `--help` prints. */
import { heldOutCorpora, tunedCorpora } from './corpora.ts';

/** How the figures are shown, and whether half a minute has to be enough for them. */
const shown = {
  json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  svg: { type: 'boolean', default: false },
} as const;

/** Of those that compare codecs on recorded desktops. */
export const codecOptions = {
  ...shown,
  rounds: { type: 'string' },
  passes: { type: 'string' },
  frames: { type: 'string' },
  corpus: { type: 'string' },
} as const;

/** Of those in which a server plays a recorded desktop to viewers. */
export const playingOptions = {
  ...shown,
  seconds: { type: 'string' },
  corpus: { type: 'string', default: 'desktop' },
  fps: { type: 'string', default: '5' },
  mode: { type: 'string', default: 'X509None' },
  encoding: { type: 'string', default: 'Tight' },
} as const;

export interface CodecFlags {
  readonly quick: boolean;
  readonly rounds?: string | undefined;
  readonly passes?: string | undefined;
  readonly frames?: string | undefined;
  readonly corpus?: string | undefined;
}

export interface CodecRun {
  readonly rounds: number;
  /** At least. */
  readonly passes: number;
  /** Of a corpus, at most. */
  readonly frames: number;
  readonly corpora: readonly string[];
}

/** What was asked for, and else all that there is; where it is to be quick, a little of the tuned corpora. */
export function codecRun(flags: CodecFlags, quickRounds: number): CodecRun {
  const { quick } = flags;
  const corpora = quick ? tunedCorpora : [...tunedCorpora, ...heldOutCorpora];
  return {
    rounds: Number(flags.rounds ?? (quick ? quickRounds : 5)),
    passes: Number(flags.passes ?? (quick ? 2 : 4)),
    frames: Number(flags.frames ?? (quick ? 3 : 12)),
    corpora: flags.corpus?.split(',') ?? corpora,
  };
}
