/** The options of `serve` that make it a good service: their meaning and their checks. Reads no file. */
import { CommandFailure, ExitCode } from './failure.ts';

export interface ServiceSettings {
  /** `-` is stdout. */
  readonly audit?: string;
  /** How long viewers may stay after SIGTERM. */
  readonly drainMs: number;
  readonly pidFile?: string;
  /** `--listen fd`: without sockets from systemd it does not start. */
  readonly needsInherited: boolean;
}

const MAX_SECONDS = 7 * 24 * 3600;

/** Throws RangeError. */
export function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= MAX_SECONDS))
    throw new RangeError(`${JSON.stringify(text)} is not a number of seconds, 0 to ${MAX_SECONDS}`);
  return seconds;
}

/** Throws CommandFailure for what makes no sense together. */
export function serviceSettings(raw: {
  readonly audit?: string;
  readonly drain: number;
  readonly pidFile?: string;
  readonly listen: readonly unknown[];
  readonly json?: true;
}): ServiceSettings {
  const { audit, drain, pidFile, listen, json } = raw;
  if (audit === '-' && json === true)
    throw new CommandFailure(
      ExitCode.Usage,
      '--audit - and --json both write to stdout; give the audit trail a file',
    );
  return {
    ...(audit === undefined ? {} : { audit }),
    drainMs: drain * 1000,
    ...(pidFile === undefined ? {} : { pidFile }),
    needsInherited: listen.includes('fd'),
  };
}
