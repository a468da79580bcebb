/** The Logger port over pino: lines for people on stderr, JSON lines with --json. Only cli/ writes to a console. */
import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { LogFields, Logger } from '../core/logger.ts';
import { printable } from './terminal-text.ts';

export interface LogOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly colour: boolean;
}

const STDOUT = 1;
const STDERR = 2;

export interface Logs {
  /** One line about something that happened. */
  readonly log: Logger;
  /** For the rooms below, which tell the same events once more: warnings only, unless verbose. */
  readonly inner: Logger;
  /** With --json: one object a line on stdout. Otherwise nothing. */
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void;
}

export function createLogs(options: LogOptions): Logs {
  const level = options.verbose ? 'debug' : 'info';
  const base = options.json ? jsonLog(level, STDERR) : prettyLog(level, options.colour);
  const inner = options.verbose ? base : base.child({}, { level: 'warn' });
  return {
    log: port(base, options.json),
    inner: port(inner, options.json),
    event: options.json ? jsonEvents() : () => undefined,
  };
}

const jsonLog = (level: string, fd: number): Pino =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: levelName },
    },
    destination(fd),
  );

function destination(fd: number): DestinationStream {
  const stream = pino.destination({ dest: fd, sync: true });
  // A pipe that nobody reads any more loses lines, and nothing else.
  stream.on('error', () => undefined);
  return stream;
}

const levelName = (label: string): { level: string } => ({ level: label });

/** One object a line, its name first: a format of ours, so that no setting of a logger can bend it. */
function jsonEvents(): Logs['event'] {
  const stdout = destination(STDOUT);
  return (event, fields) => {
    const time = new Date().toISOString();
    stdout.write(`${JSON.stringify({ event, time, ...fields })}\n`);
  };
}

const prettyLog = (level: string, colour: boolean): Pino =>
  pino(
    { level, base: null },
    PinoPretty({
      destination: STDERR,
      sync: true,
      colorize: colour,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'pid,hostname',
      hideObject: true,
    }),
  );

function port(target: Pino, json: boolean): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void => {
      if (json) target[level]({ ...fields }, event);
      else target[level](printable(withFields(event, fields)));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** `event  name=value name="two words"`. */
function withFields(event: string, fields: LogFields): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = String(value);
      return `${name}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`;
    });
  return [event, ...parts].join(' ');
}
