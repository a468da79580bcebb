/** The program itself, as a process of a test: its outputs, its events, its end. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

// From out/test/support/ to the package.
export const program: string = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url));

const DEADLINE_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Sallyport {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** With --json: the first event of this name, when it comes. */
  readonly event: (name: string) => Promise<Record<string, unknown>>;
  readonly ended: Promise<Ended>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ended>;
}

/** `inherit`: a socket of ours that becomes its descriptor 3, for it to take as systemd's. */
export function startSallyport(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  inherit?: { readonly fd: number },
): Sallyport {
  const stdio: StdioOptions = [
    'ignore',
    'pipe',
    'pipe',
    ...(inherit === undefined ? [] : [inherit.fd]),
  ];
  const options = {
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', NO_COLOR: '1', ...env },
    stdio,
  };
  // Only the process itself knows its id in time; exec keeps it.
  const child =
    inherit === undefined
      ? spawn(process.execPath, [program, ...args], options)
      : spawn(
          'sh',
          ['-c', 'LISTEN_PID=$$ exec "$0" "$@"', process.execPath, program, ...args],
          options,
        );
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const outputs = ['', ''];
  for (const [i, stream] of [child.stdout, child.stderr].entries())
    stream?.on('data', (chunk: Buffer) => (outputs[i] += chunk.toString()));
  const [stdout, stderr] = [() => outputs[0] ?? '', () => outputs[1] ?? ''];
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: stdout(), stderr: stderr() });
    });
  });
  const find = (name: string): string | undefined =>
    stdout()
      .split('\n')
      .slice(0, -1)
      .find((line) => line.startsWith(`{"event":"${name}"`));
  return {
    child,
    stdout,
    stderr,
    event: async (name) => {
      await until(`event ${name}`, () => {
        if (child.exitCode !== null) throw new Error(`ended: ${stderr()}`);
        return find(name) !== undefined;
      });
      return JSON.parse(find(name) ?? '') as Record<string, unknown>;
    },
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
