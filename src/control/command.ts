/** A command of the monitor: its arguments are read whole before anything is done. */
import { Members, type JsonObject } from './members.ts';

/** Resolves with what `return` holds; rejects with QmpError, or with an Error whose message becomes a GenericError. */
export type Command = (args: JsonObject) => Promise<unknown>;

export type CommandTable = Readonly<Record<string, Command>>;

export function command<T>(read: (members: Members) => T, run: (given: T) => unknown): Command {
  return async (args) => {
    const members = new Members(args);
    const given = read(members);
    members.end();
    return (await run(given)) ?? {};
  };
}
