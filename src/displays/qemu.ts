/**
 * A QEMU guest that we start, with its VNC server on a socket that nobody else can reach, as a Display. Whatever checks
 * viewers is ours; QEMU's own server needs no password. Used by the command line.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectClient, type VncClient } from '../client/client.ts';
import { ClosedError, TimeoutError, type VncError } from '../core/errors.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import { dial } from '../node/dial.ts';
import { SecurityTypeNumber } from '../rfb/constants.ts';
import type { Display } from '../server/display.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { startGuestProcess, type GuestProcess, type ProcessExit } from './guest-process.ts';
import { createUpstreamDisplay } from './upstream.ts';

/** The guest to start. */
export interface QemuOptions {
  /** `qemu-system-x86_64`, or a path. */
  readonly command: string;
  /** QEMU's own arguments. Without `-vnc`: that is added. */
  readonly args: readonly string[];
  /** Default: QEMU's, from its `-name`. */
  readonly name?: string;
  /** Time for QEMU to answer, milliseconds. Default 10000. */
  readonly startMs?: number;
  /** Opens the guest's own monitor too. Default false. */
  readonly monitor?: boolean;
  /** Shutdown and reset, for viewers that may: QEMU's `power-control`, since version 6. It has no reboot. Default false. */
  readonly powerControl?: boolean;
  readonly logger?: Logger;
}

export interface QemuDisplay extends Display {
  /** The guest's monitor, which speaks QMP, not yet greeted; if it was asked for. */
  readonly monitor?: ByteStream;
  readonly process: { readonly pid: number; readonly exited: Promise<ProcessExit> };
}

/** Time between two looks whether QEMU listens yet: it does within some 50 ms. */
const POLL_MS = 15;
/** Its end is known soon after its connection is lost. */
const EXIT_MS = 1000;

/**
 * Starts the guest; closing the display ends it, and its end closes the display, with the exit code as the reason. Throws
 * TypeError on arguments that cannot be combined with this; rejects with a VncError that quotes QEMU when it does not start.
 */
export async function startQemuDisplay(options: QemuOptions): Promise<QemuDisplay> {
  const { command, args, name, startMs = 10_000, logger = silentLogger } = options;
  checkArguments(args);
  // 0700: QEMU makes its socket with the umask's mode, and asks for no password.
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  let guest: GuestProcess | undefined;
  try {
    const path = join(folder, 'vnc.sock');
    const monitorPath = join(folder, 'qmp.sock');
    const monitorArgs = options.monitor === true ? ['-qmp', monitorOption(monitorPath)] : [];
    guest = await startGuestProcess(command, [
      ...args,
      '-vnc',
      vncOption(path, options.powerControl),
      ...monitorArgs,
    ]);
    const client = await connectWhenUp(guest, { command, path, startMs, logger });
    // QEMU opens its monitors before its VNC server.
    const monitor =
      options.monitor === true ? await dial({ kind: 'unix', path: monitorPath }) : undefined;
    const display = await createUpstreamDisplay({
      connect: async () => client,
      reconnect: false,
      explainLoss: explain(guest),
      release: guest.end,
      logger,
      ...(name === undefined ? {} : { name }),
    });
    logger.info('guest started', { command, pid: guest.pid });
    return Object.assign(display, {
      process: { pid: guest.pid, exited: guest.exited },
      ...(monitor === undefined ? {} : { monitor }),
    });
  } catch (error) {
    await guest?.end();
    throw error;
  } finally {
    // The connections are made, so the paths are of no more use: nothing is left, even if we are killed.
    await rm(folder, { recursive: true, force: true });
  }
}

/** force-shared: no client of QEMU's can throw us out. A comma in an option's value is written twice. */
const vncOption = (path: string, powerControl = false): string =>
  `unix:${path.replaceAll(',', ',,')},share=force-shared${powerControl ? ',power-control=on' : ''}`;

const monitorOption = (path: string): string =>
  `unix:${path.replaceAll(',', ',,')},server=on,wait=off`;

function checkArguments(args: readonly string[]): void {
  args.forEach((arg, i) => {
    const option = arg.replace(/^--/, '-');
    if (option === '-vnc' || (option === '-display' && /^vnc\b/.test(args[i + 1] ?? '')))
      throw new TypeError(
        `QEMU argument ${arg} cannot be given: the guest's VNC server is private here, and viewers connect to this program`,
      );
    if (option === '-daemonize')
      throw new TypeError(
        'QEMU argument -daemonize cannot be given: the guest must end with this program',
      );
  });
}

interface Waiting {
  readonly command: string;
  readonly path: string;
  readonly startMs: number;
  readonly logger: Logger;
}

async function connectWhenUp(guest: GuestProcess, waiting: Waiting): Promise<VncClient> {
  const { command, path, startMs, logger } = waiting;
  const deadline = performance.now() + startMs;
  for (;;) {
    const words = guest.describeExit();
    if (words !== undefined) throw new ClosedError(words, { phase: 'connect' });
    try {
      const stream = await dial({ kind: 'unix', path });
      return await connectClient({
        stream,
        accept: { types: [SecurityTypeNumber.None], subtypes: [] },
        credentials: async () => ({}),
        sharedPixels: true,
        logger,
      });
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error;
      if (performance.now() > deadline)
        throw new TimeoutError(`the start of ${command}`, startMs, {
          phase: 'connect',
          cause: error,
        });
    }
    await Promise.race([guest.exited, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
}

/** A lost connection nearly always means that the guest ended, and its exit code says more. */
const explain =
  (guest: GuestProcess) =>
  async (reason: VncError): Promise<VncError> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, EXIT_MS);
    });
    await Promise.race([guest.exited, late]);
    clearTimeout(timer);
    const words = guest.describeExit();
    return words === undefined
      ? reason
      : new ClosedError(words, { phase: 'session', cause: reason });
  };
