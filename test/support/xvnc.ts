/** TigerVNC's X server, with a terminal on it, on a private unix socket: the live desktop that tests talk to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface Xvnc {
  /** Where it listens. */
  readonly path: string;
  /** For X programs: `:1`. */
  readonly display: string;
  /** Runs an X program on it, until it ends by itself or with close(). */
  readonly run: (command: string, args: readonly string[]) => ChildProcess;
  readonly close: () => Promise<void>;
}

/** `securityArgs` default to no security at all. */
export async function startXvnc(
  size: string,
  securityArgs: readonly string[] = ['-SecurityTypes', 'None'],
): Promise<Xvnc> {
  const folder = await mkdtemp(join(tmpdir(), 'xvnc-'));
  const path = join(folder, 'vnc.sock');
  const server = spawn(
    'Xtigervnc',
    [
      ...`-displayfd 3 -geometry ${size} -depth 24 -retro -rfbport -1 -nolisten tcp`.split(' '),
      '-rfbunixpath',
      path,
      ...securityArgs,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  // It writes the number once it listens.
  const [number] = (await Promise.race([
    once(server.stdio[3] as Readable, 'data'),
    once(server, 'exit').then(() => {
      throw new Error('Xtigervnc did not start');
    }),
  ])) as [Buffer];
  const display = `:${number.toString().trim()}`;
  const programs: ChildProcess[] = [];
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    path,
    display,
    run: (command, args) => {
      const child = spawn(command, args, {
        stdio: 'ignore',
        env: { ...process.env, DISPLAY: display },
      });
      programs.push(child);
      return child;
    },
    close: async () => {
      for (const child of programs) await end(child);
      // Orderly, so that it removes its lock and sockets in /tmp.
      const exited = once(server, 'exit');
      server.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
