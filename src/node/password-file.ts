/**
 * Passwords from files, so that none stands on a command line, where every user sees it. Used by servers (VNC passwords)
 * and viewers (any password).
 */
import { readFile } from 'node:fs/promises';
import { passwordBytes } from '../access/passwords.ts';
import { messageOf } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { readFault, readableByOthers, readableByOthersWarning } from './file-access.ts';

export interface SecretFile {
  readonly secret: Secret;
  readonly warnings: readonly string[];
}

/** What stands in a file of VNC passwords. */
export interface PasswordFile {
  /** First line. */
  readonly full: Secret;
  /** Second line, if there is one: looks on only. */
  readonly view?: Secret;
  readonly warnings: readonly string[];
}

/**
 * VNC passwords, 1 to 8 bytes each: the first line gives full access, a second one lets look on. The line's end is not part
 * of the password (QEMU takes it for one). Throws TypeError that names the file, and never what stands in it.
 */
export async function readPasswordFile(file: string): Promise<PasswordFile> {
  const bytes = await read(file, 'a VNC password on its first line');
  if (isObfuscated(bytes))
    throw new TypeError(
      `${file} looks like a file of vncpasswd (${bytes.length} bytes that are no text); write the password itself on its first line`,
    );
  const [full, view, ...more] = linesOf(bytes, file);
  if (full === undefined || more.length > 0)
    throw new TypeError(
      `${file} must have one line, the password, or two, the second for those who only look on`,
    );
  for (const [number, password] of [full, ...(view === undefined ? [] : [view])].entries()) {
    try {
      passwordBytes(password);
    } catch (cause) {
      const why = messageOf(cause);
      throw new TypeError(`${file}, line ${number + 1}: ${why}`, { cause });
    }
  }
  return {
    full: new Secret(full),
    ...(view === undefined ? {} : { view: new Secret(view) }),
    warnings: await warningsOf(file),
  };
}

/** One password of any length, such as that of a user or of a private key. Throws TypeError that names the file. */
export async function readSecretFile(file: string): Promise<SecretFile> {
  const [secret, ...more] = linesOf(await read(file, 'a password on its first line'), file);
  if (secret === undefined || secret === '' || more.length > 0)
    throw new TypeError(`${file} must have one line, the password`);
  return { secret: new Secret(secret), warnings: await warningsOf(file) };
}

async function read(file: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new TypeError(`${file} ${readFault(cause, what)}`, { cause });
  }
}

/** Lines without their ends; none for an empty file. */
function linesOf(bytes: Uint8Array, file: string): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(`${file} is not UTF-8 text`, { cause });
  }
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** TigerVNC's own file: one or two passwords of 8 bytes under a DES key that everybody knows. */
function isObfuscated(bytes: Uint8Array): boolean {
  if (bytes.length !== 8 && bytes.length !== 16) return false;
  const control = bytes.some(
    (byte) => (byte < 0x20 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f,
  );
  if (control) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return false;
  } catch {
    return true;
  }
}

const warningsOf = async (file: string): Promise<string[]> =>
  (await readableByOthers(file)) ? [readableByOthersWarning(file)] : [];
