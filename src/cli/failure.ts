/** How a command fails: one sentence on stderr, and an exit code that a script can act upon. */
import { ErrorCode, messageOf, VncError } from '../core/errors.ts';

export const ExitCode = {
  Ok: 0,
  /** Something broke while it ran. */
  Runtime: 1,
  /** Options that are wrong, contradict each other, or would be unsafe. */
  Usage: 2,
  /** Certificates, keys, passwords or users that cannot be used. */
  Credentials: 3,
  /** An address that cannot be listened on. */
  Listen: 4,
  /** The display that was to be served could not be reached. */
  Display: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

export const usage = (message: string): CommandFailure =>
  new CommandFailure(ExitCode.Usage, message);

/** Runs one step; whatever it throws becomes a failure with this code, unless its own code says better. */
export async function step<T>(exitCode: ExitCode, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error, exitCode);
  }
}

/** A failure as it is told: VncErrors and faults of the system are known by their codes. */
export function toFailure(error: unknown, otherwise: ExitCode): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const message = messageOf(error);
  return new CommandFailure(exitCodeOf(error) ?? otherwise, message, error);
}

function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof VncError) {
    if (error.code === ErrorCode.tlsConfiguration) return ExitCode.Credentials;
    if (error.code === ErrorCode.policy) return ExitCode.Usage;
    return undefined;
  }
  // listen() speaks in sentences, with the system's fault behind them.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const syscall = cause instanceof Error && 'syscall' in cause ? cause.syscall : undefined;
  // Hosts are looked up for listening only: whoever dials speaks in VncErrors.
  return syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo'
    ? ExitCode.Listen
    : undefined;
}
