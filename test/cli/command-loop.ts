/** A child process that runs `sallyport` commands one after the other: starting Node for each would take most of the time. */
import { main } from '../../src/cli/main.ts';

export interface CommandRequest {
  readonly cwd: string;
  readonly args: readonly string[];
}

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runCommand({ cwd, args }: CommandRequest): Promise<CommandEnd> {
  process.chdir(cwd);
  process.env['XDG_DATA_HOME'] = `${cwd}/data`;
  process.exitCode = 0;
  const written = { stdout: '', stderr: '' };
  const [stdout, stderr] = [process.stdout, process.stderr];
  const writers = { stdout: stdout.write.bind(stdout), stderr: stderr.write.bind(stderr) };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (chunk: string | Uint8Array): boolean => {
      written[name] += String(chunk);
      return true;
    };
  try {
    await main(args);
  } finally {
    stdout.write = writers.stdout;
    stderr.write = writers.stderr;
  }
  return { code: Number(process.exitCode), ...written };
}

// Each run of main() listens for errors of its outputs.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);

process.on('message', (request: CommandRequest) => {
  void runCommand(request).then((end) => process.send?.(end));
});
