/** Logging port. Silent by default; nothing below `cli/` writes to a console. */

/** Flat, printable fields. Never keys, clipboard text, passwords or raw bytes. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a program is told what happens: an event's name, and its fields. */
export interface Logger {
  /** Of each connection. */
  readonly debug: (event: string, fields?: LogFields) => void;
  /** Rare, of the whole life. */
  readonly info: (event: string, fields?: LogFields) => void;
  /** Something is not as it should be, and goes on. */
  readonly warn: (event: string, fields?: LogFields) => void;
  /** A bug of ours, or what cannot go on. */
  readonly error: (event: string, fields?: LogFields) => void;
}

const nothing = (): void => undefined;

/** Says nothing: the default. */
export const silentLogger: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
});
