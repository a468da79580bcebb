/** What the subcommands of `sallyport cert` are told, and what they have in common. Used by the files that run them. */
import { isIP } from 'node:net';
import type { RevocationReason } from '../node/certificate-authority.ts';
import type { KeyType } from '../node/signing-keys.ts';
import { defaultDirectory } from './credentials.ts';
import { CommandFailure, ExitCode, usage } from './failure.ts';
import { shellQuote } from './terminal-text.ts';

interface InDirectory {
  readonly dir?: string;
}

export interface Names {
  readonly host: readonly string[];
  readonly ip: readonly string[];
}

interface Signing extends InDirectory {
  readonly caKey?: string;
}

export interface InitOptions extends InDirectory, Names {
  readonly client: string;
  readonly keyType: KeyType;
  readonly days?: number;
  readonly caDays?: number;
  readonly subject: string;
}

export interface IssueOptions extends Signing, Names {
  readonly out?: string;
  readonly keyType: KeyType;
  readonly days?: number;
}

export interface RenewOptions extends Signing, Names {
  readonly newKey?: true;
  readonly keyType: KeyType;
  readonly days?: number;
}

export interface RevokeOptions extends Signing {
  readonly reason?: RevocationReason;
}

export interface ListOptions extends InDirectory {
  readonly json?: true;
}

export interface CheckOptions extends Names {
  readonly ca?: string;
  readonly json?: true;
}

export interface ExportOptions extends InDirectory {
  readonly p12: string;
  readonly passwordFile?: string;
}

export const directoryOf = ({ dir }: InDirectory): string => dir ?? defaultDirectory(process.env);

/** For commands that are shown: nothing where the directory is the one that is used anyway. */
export const dirOption = ({ dir }: InDirectory, option: '--dir' | '--tls-dir'): string =>
  dir === undefined ? '' : ` ${option} ${shellQuote(dir)}`;

/** Names and addresses of a server. Throws CommandFailure for an --ip that is none. */
export function hostsOf({ host, ip }: Names): string[] {
  for (const address of ip)
    if (isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0)
      throw usage(`--ip: "${address}" is not an IP address; --host takes names`);
  return [...host, ...ip];
}

/** Runs a command; a TypeError is about what was typed. */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TypeError
      ? new CommandFailure(ExitCode.Usage, error.message, error)
      : error;
  }
}
