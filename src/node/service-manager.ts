/**
 * Tells systemd what we are doing (sd_notify(3), Type=notify). Its socket takes datagrams, which Node cannot send, so the
 * command `systemd-notify` does; the unit needs NotifyAccess=all for that. Used by the command line.
 */
import { spawn } from 'node:child_process';

export interface ServiceManager {
  /** `READY=1`, `STATUS=…`; in the order of the calls. Resolves when told, or when that failed. Never rejects. */
  readonly notify: (...assignments: readonly string[]) => Promise<void>;
}

export interface ServiceManagerOptions {
  readonly environment: Record<string, string | undefined>;
  /** It could not be told. Called once. */
  readonly failed?: (reason: string) => void;
}

const TIMEOUT_MS = 5000;

/** Silent without NOTIFY_SOCKET. Removes it from the environment: programs we start have nothing to say there. */
export function serviceManager({ environment, failed }: ServiceManagerOptions): ServiceManager {
  const socket = environment['NOTIFY_SOCKET'];
  delete environment['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return { notify: () => Promise.resolve() };
  const env = { PATH: environment['PATH'], NOTIFY_SOCKET: socket };
  let last = Promise.resolve();
  let isTold = false;
  const tell = async (assignments: readonly string[]): Promise<void> => {
    const fault = await run(assignments, env);
    if (fault === undefined || isTold) return;
    isTold = true;
    failed?.(`systemd could not be told ${assignments.join(' ')}: ${fault}`);
  };
  return { notify: (...assignments) => (last = last.then(() => tell(assignments))) };
}

/** The clock that `RELOADING=1` must bring along (Type=notify-reload). */
export const monotonicUsec = (): string =>
  `MONOTONIC_USEC=${(process.hrtime.bigint() / 1000n).toString()}`;

/** Resolves with what went wrong. */
function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { env, stdio: 'ignore', timeout: TIMEOUT_MS } as const;
    const child = spawn('systemd-notify', [...args], options);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) =>
      resolve(code === 0 ? undefined : `systemd-notify ended with ${code ?? 'a signal'}`),
    );
  });
}
