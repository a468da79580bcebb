/** What to do about an error, for whoever uses the command line: the library's cure, in our options. Used by main.ts. */
import { cures } from '../core/cures.ts';
import { ErrorCode, VncError } from '../core/errors.ts';
import { CommandFailure } from './failure.ts';

/** Where the library speaks of its options. */
const OPTIONS: ReadonlyArray<readonly [words: string, option: string]> = [
  ['the option `security`', '--security'],
  ['knownServers.trustFirst', '--trust-first'],
  ['tls.ca', '--ca'],
  ['tls.crl', '--crl'],
  ['tls.servername', '--servername'],
  ['tls.fingerprint256', '--fingerprint'],
];

/** Where the message itself names the file or the option, and what is general adds nothing. */
const SAID: ReadonlySet<ErrorCode> = new Set([ErrorCode.tlsConfiguration, ErrorCode.policy]);

/** One sentence without a full stop; undefined for what is no fault of a connection, as its own message says it all. */
export function whatToDo(error: unknown): string | undefined {
  const origin = error instanceof CommandFailure ? error.cause : error;
  if (!(origin instanceof VncError)) return undefined;
  if (SAID.has(origin.code) && origin.cure === cures[origin.code]) return undefined;
  return OPTIONS.reduce((cure, [words, option]) => cure.replaceAll(words, option), origin.cure);
}
