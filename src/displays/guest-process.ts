/** A child process that must not outlive us: its last words, its end, and how to bring that about. Used by displays/qemu. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withDeadline } from '../core/deadline.ts';
import { ClosedError } from '../core/errors.ts';
import { printable } from '../wire/text.ts';

/** How it ended: one of the two is set. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface GuestProcess {
  readonly pid: number;
  /** Settles once, when it ended, however. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** `qemu-system-x86_64 ended with exit code 1: could not open 'disk'`; undefined while it runs. */
  readonly describeExit: () => string | undefined;
  /** SIGTERM, and SIGKILL when that did not help in three seconds. Resolves when it ended. Idempotent. */
  readonly end: () => Promise<void>;
}

const STDERR_KEPT = 4096;
const TERM_MS = 3000;
/** What a process wrote last may still be in the pipe when its end is known. */
const LAST_WORDS_MS = 200;

/**
 * Starts it so that the kernel kills it when this process dies, however it dies: `setpriv --pdeathsig` (util-linux) sets
 * that between fork and exec. Where there is no setpriv it is only killed on an orderly exit of Node. The kernel watches the
 * thread that spawned: call this from the main thread. Rejects with ClosedError when it cannot be started.
 */
export async function startGuestProcess(
  command: string,
  args: readonly string[],
): Promise<GuestProcess> {
  const program = executable(command);
  if (program === undefined)
    throw new ClosedError(`cannot start ${command}: no such program`, { phase: 'connect' });
  const setpriv = process.platform === 'linux' ? executable('setpriv') : undefined;
  const child =
    setpriv === undefined
      ? spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
      : spawn(setpriv, ['--pdeathsig', 'KILL', '--', program, ...args], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
  const kill = (): boolean => child.kill('SIGKILL');
  if (setpriv === undefined) process.once('exit', kill);

  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  let exit: ProcessExit | undefined;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', kill);
      void withDeadline(closed, LAST_WORDS_MS, 'the last words', () => child.stderr.destroy())
        .catch(() => undefined)
        .then(() => {
          exit = { code, signal };
          resolve(exit);
        });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      process.off('exit', kill);
      reject(new ClosedError(`cannot start ${command}: ${error.message}`, { phase: 'connect' }));
    });
  });

  return {
    pid: child.pid ?? 0,
    exited,
    describeExit: () => (exit === undefined ? undefined : sentence(command, exit, stderr)),
    end: async () => {
      if (exit !== undefined) return;
      child.kill('SIGTERM');
      await withDeadline(exited, TERM_MS, `the end of ${command}`, kill).catch(() => undefined);
      await exited;
    },
  };
}

function sentence(command: string, { code, signal }: ProcessExit, stderr: string): string {
  const how = signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`;
  const words = stderr.trim().split('\n').slice(-3).join('; ');
  return `${command} ended with ${how}${words === '' ? '' : `: ${printable(words)}`}`;
}

/** Its path, when it is there and may be run; looked up in PATH like a shell does. */
function executable(command: string): string | undefined {
  const candidates = command.includes('/')
    ? [command]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
