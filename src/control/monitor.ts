/**
 * The monitor of one server: its commands, its events, and what is passed on to a guest's own monitor. Transports open a
 * session for each client. Used by the command line.
 */
import { silentLogger, type Logger } from '../core/logger.ts';
import type { Display } from '../server/display.ts';
import { command, type CommandTable } from './command.ts';
import { followConnections } from './connections.ts';
import { inputCommands } from './input-commands.ts';
import type { JsonObject } from './members.ts';
import { QmpError } from './qmp-error.ts';
import type { QmpClient } from './qmp-client.ts';
import { openQmpSession, type QmpEvent, type QmpSession, type QmpVersion } from './qmp-session.ts';
import { sessionCommands } from './session-commands.ts';
import { vncCommands, type MonitoredServer } from './vnc-commands.ts';

export interface MonitorOptions {
  readonly serving: MonitoredServer;
  readonly display: Display;
  /** `0.1.0`. */
  readonly version: string;
  /** Ends the program. Called after the answer to `quit` was sent. */
  readonly quit: () => void;
  /** The monitor of the guest that is served; it is asked for whatever is not ours. */
  readonly guest?: QmpClient;
  readonly logger?: Logger;
}

export interface Monitor {
  /** A client's session; `send` gets lines without their ends. */
  readonly open: (send: (line: string) => void) => MonitorSession;
  readonly close: () => void;
}

export interface MonitorSession extends Pick<QmpSession, 'feed'> {
  readonly close: () => void;
}

/** Of a guest: its VNC server has one client, us, which is nobody's concern; and it stops when we do. */
const HIDDEN_EVENTS = /^(?:VNC_|SHUTDOWN$)/;

export function createMonitor(options: MonitorOptions): Monitor {
  const { serving, display, guest, quit, logger = silentLogger } = options;
  const sessions = new Set<QmpSession>();
  const version = versionOf(options.version, guest?.version);

  const tell = (event: QmpEvent): void => {
    for (const session of Array.from(sessions)) session.event(event);
  };
  const emit = (event: string, data: JsonObject): void => tell({ timestamp: now(), event, data });
  const connections = followConnections(serving, emit);
  const offGuest = guest?.onEvent((event) => {
    if (!HIDDEN_EVENTS.test(event.event)) tell(event);
  });

  const commands: CommandTable = {
    ...vncCommands(serving, connections),
    ...sessionCommands(serving, connections),
    // A guest's own monitor knows its devices better.
    ...(guest === undefined ? { ...inputCommands(display), ...statusCommands(version) } : {}),
    quit: command(noArguments, () => {
      // Before the answer, as QEMU tells it.
      emit('SHUTDOWN', { guest: false, reason: 'host-qmp-quit' });
      // The answer still goes out.
      setImmediate(quit);
    }),
    'query-commands': command(noArguments, async () => {
      const names = new Set([...Object.keys(commands), 'qmp_capabilities']);
      if (guest !== undefined) for (const name of await guestCommands(guest)) names.add(name);
      return Array.from(names, (name) => ({ name }));
    }),
  };

  const execute = async (name: string, args: JsonObject): Promise<unknown> => {
    const run = Object.hasOwn(commands, name) ? commands[name] : undefined;
    // Arguments may be passwords: they are never logged.
    logger.debug('monitor command', { command: name, forwarded: run === undefined });
    if (run !== undefined) return run(args);
    if (guest !== undefined) return guest.execute(name, args);
    throw new QmpError(`The command ${name} has not been found`, 'CommandNotFound');
  };

  return {
    open: (send) => {
      const session = openQmpSession({ version, execute }, send);
      sessions.add(session);
      return {
        feed: session.feed,
        close: () => void sessions.delete(session),
      };
    },
    close: () => {
      sessions.clear();
      connections.close();
      offGuest?.();
    },
  };
}

const noArguments = (): undefined => undefined;

/** A display without a machine runs as long as it is served. */
const statusCommands = (version: QmpVersion): CommandTable => ({
  'query-version': command(noArguments, () => version),
  'query-status': command(noArguments, () => ({
    status: 'running',
    singlestep: false,
    running: true,
  })),
});

async function guestCommands(guest: QmpClient): Promise<readonly string[]> {
  const list = (await guest.execute('query-commands')) as readonly { readonly name: string }[];
  return list.map(({ name }) => name);
}

function versionOf(own: string, guest: QmpVersion | undefined): QmpVersion {
  if (guest !== undefined) return { ...guest, package: `${guest.package} (sallyport ${own})` };
  const [major = 0, minor = 0, micro = 0] = own.split(/[.-]/).map(Number);
  return { qemu: { micro, minor, major }, package: `sallyport ${own}` };
}

function now(): QmpEvent['timestamp'] {
  const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  return { seconds: Math.floor(micros / 1_000_000), microseconds: micros % 1_000_000 };
}
