/**
 * Servers that this user has met, one a line: the address, the weakest type that may be used with it, and the SHA-256 of its
 * certificate or `-`. `vm1:1 X509Vnc 9f86…`. Lines are only ever added here; a person takes one away. Used by connect().
 */
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ErrorCode, SecurityError } from '../core/errors.ts';
import { securityNames } from '../security/policy.ts';
import { formatAddress, type Address } from './address.ts';
import { configFile } from './config-file.ts';
import { errorCode } from './error-code.ts';
import { readFault, writeFault } from './file-access.ts';

/** Where known servers are kept, and whether new ones may be. */
export interface KnownServersOptions {
  /** Default: `~/.config/sallyport/known_servers`, or `$XDG_CONFIG_HOME/sallyport/known_servers`. */
  readonly file?: string;
  /**
   * A server that is not known yet is believed and remembered: its certificate, unless `tls` says how to verify it, and the
   * type that was used. Default false: nothing is written.
   */
  readonly trustFirst?: boolean;
}

export interface KnownServer {
  /** Name of a type, such as `X509Vnc`: nothing weaker may be used. */
  readonly weakest: string;
  /** In hexadecimal. */
  readonly fingerprint256?: string;
}

export const knownServersFile = ({ file }: KnownServersOptions): string =>
  file ?? configFile('known_servers', process.env);

/** Undefined for a server that is not known. Rejects with SecurityError (ERR_VNC_TLS_CONFIGURATION) that names the file. */
export async function findServer(file: string, address: Address): Promise<KnownServer | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const name = nameOf(address);
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [server, weakest = '', print = '', ...rest] = line.trim().split(/ +/);
    const isLine =
      securityNames.includes(weakest) && /^(-|[0-9a-f]{64})$/.test(print) && rest.length === 0;
    // One that cannot be read may be the one that is looked for.
    if (!isLine)
      throw fault(`${file}, line ${i + 1}: not an address, a security type, and a SHA-256 or -`);
    if (server === name) return { weakest, ...(print === '-' ? {} : { fingerprint256: print }) };
  }
  return undefined;
}

/** Adds a line. Rejects as findServer does. */
export async function rememberServer(
  file: string,
  address: Address,
  { weakest, fingerprint256 = '-' }: KnownServer,
): Promise<void> {
  const line = `${nameOf(address)} ${weakest} ${fingerprint256}\n`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // In one write at the end, so that two programs can do it at once.
    await appendFile(file, line, { mode: 0o600, flush: true });
  } catch (cause) {
    throw fault(`${file} ${writeFault(cause)}`, cause);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(cause))) return undefined;
    throw fault(`${file} ${readFault(cause, 'known servers')}`, cause);
  }
  // Whoever writes here decides what is trusted.
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o022) !== 0)
    throw fault(`${file} can be written by other users: chmod 600 ${file}`);
  return text;
}

/** Without spaces, which the path of a unix socket may have. */
const nameOf = (address: Address): string =>
  formatAddress(address).replaceAll(/[%\s]/g, (character) => encodeURIComponent(character));

function fault(message: string, cause?: unknown): SecurityError {
  return new SecurityError(message, {
    code: ErrorCode.tlsConfiguration,
    phase: 'connect',
    cure: 'correct this file of known servers, or name another one',
    ...(cause === undefined ? {} : { cause }),
  });
}
