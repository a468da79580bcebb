/**
 * A file of passwords, one for each server, in the words of .netrc: `machine host:1 login NAME password SECRET`. Read by
 * every command that is a viewer.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { formatAddress, parseAddress, type Address } from '../node/address.ts';
import { configFile } from '../node/config-file.ts';
import { readableByOthers, readFault, exists } from '../node/file-access.ts';
import { splitWords } from './words.ts';

export interface KeyringEntry {
  readonly username?: string;
  readonly password?: Secret;
}

/** Where it is when nobody says. */
export function keyringFile(environment: Readonly<Record<string, string | undefined>>): string {
  return configFile('keyring', environment);
}

/**
 * What it has for a server; nothing for others, and for a file that is `optional` and not there. Throws TypeError that names
 * the file, and never a secret: also for a file that others can read.
 */
export async function lookUp(
  file: string,
  address: Address,
  { optional }: { readonly optional: boolean },
): Promise<KeyringEntry> {
  if (optional && !(await exists(file))) return {};
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new TypeError(`${file} ${readFault(cause, 'passwords of servers')}`, { cause });
  }
  if (await readableByOthers(file))
    throw new TypeError(`${file} can be read by every user of this machine: chmod 600 ${file}`);
  return entryOf(text, file, formatAddress(address));
}

/** Exported for tests. `default` stands for all that are not named, and comes last. */
export function entryOf(text: string, file: string, server: string): KeyringEntry {
  let words: ReturnType<typeof splitWords>;
  try {
    words = splitWords(text);
  } catch (error) {
    throw new TypeError(`${file}, ${messageOf(error)}`, {
      cause: error,
    });
  }
  let found: KeyringEntry | undefined;
  let isThis = false;
  for (let at = 0; at < words.length; at++) {
    const { text: word, line } = words[at]!;
    if (word === 'default') {
      if (found !== undefined) break;
      [isThis, found] = [true, {}];
      continue;
    }
    const value = words[++at]?.text;
    if (value === undefined)
      throw new TypeError(`${file}, line ${line}: a word is missing at the end`);
    if (word === 'machine') {
      if (found !== undefined) break;
      isThis = nameOf(value, file, line) === server;
      if (isThis) found = {};
    } else if (word === 'login') {
      if (isThis) found = { ...found, username: value };
    } else if (word === 'password') {
      if (isThis) found = { ...found, password: new Secret(value) };
    } else
      throw new TypeError(
        `${file}, line ${line}: machine, default, login or password should stand here`,
      );
  }
  return found ?? {};
}

function nameOf(address: string, file: string, line: number): string {
  try {
    return formatAddress(parseAddress(address, 'connect'));
  } catch (error) {
    throw new TypeError(`${file}, line ${line}: ${messageOf(error)}`, { cause: error });
  }
}
