/** x11vnc, which shows a private X server to viewers: the last of the LibVNCServer family that people still run. */
import { spawn } from 'node:child_process';
import { endProcess } from './child.ts';

export interface X11vnc {
  readonly port: number;
  readonly close: () => Promise<void>;
}

let started = 0;

/** Resolves once it listens. OpenSSL 3 forbids the anonymous suites of its TLS types unless `environment` lowers its level. */
export async function startX11vnc(
  environment: NodeJS.ProcessEnv,
  args: readonly string[] = ['-nopw'],
): Promise<X11vnc> {
  const child = spawn(
    'x11vnc',
    [
      // A free port from somewhere on, so that tests at the same time do not begin with the same one.
      ...`-autoport ${20_000 + (process.pid % 1000) * 20 + started++} -localhost -no6 -noipv6 -nolookup -forever -shared`.split(
        ' ',
      ),
      ...'-nocursor -noxdamage -wait 10 -defer 10 -noxrecord -nodragging'.split(' '),
      ...args,
    ],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`x11vnc ended with ${code}: ${output}`)));
    child.once('error', reject);
    child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const number = /PORT=(\d+)/.exec(stdout)?.[1];
      if (number !== undefined) resolve(Number(number));
    });
  });
  return { port, close: () => endProcess(child, 300) };
}
