/** Starts a server that plays a corpus, and says how viewers log in to it. Used by the benchmarks with many viewers. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCredentials } from './credentials.ts';
import type { Corpus } from './corpora.ts';
import { childOf } from './encode-run.ts';
import { connectorFor, type LoginOptions } from './login.ts';
import type { PlayingServer } from './playing-server.ts';
import { launch, stop, type Server } from './process.ts';

export interface Playing extends Server {
  readonly loginOptions: LoginOptions;
  /** Collects garbage there, waits for it, and returns nothing. */
  readonly settle: () => Promise<void>;
}

export async function startPlaying(
  corpus: Corpus,
  framesPerSecond: number,
  security: string,
  credentials: BenchCredentials,
): Promise<Playing> {
  const options: PlayingServer = {
    frames: corpus.frames,
    plan: corpus.plans.damage.file,
    width: corpus.width,
    height: corpus.height,
    framesPerSecond,
    security,
    dir: credentials.dir,
    password: credentials.password,
  };
  const child = launch(
    process.execPath,
    ['--expose-gc', childOf('playing-server'), JSON.stringify(options)],
    ['pipe', 'pipe', 'inherit'],
  );
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  return {
    name: 'sallyport',
    pid: child.pid!,
    port,
    stop: () => stop(child),
    loginOptions: {
      port,
      mode: security,
      username: '',
      password: credentials.password,
      tls: connectorFor(readFileSync(join(credentials.dir, 'ca-cert.pem'), 'utf8')),
    },
    settle: async () => {
      process.kill(child.pid!, 'SIGUSR2');
      await new Promise((resolve) => setTimeout(resolve, 500));
    },
  };
}
