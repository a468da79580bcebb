/** Where a viewer's user name and password come from: a file, the environment, a keyring, a person. Never the command line. */
import { createInterface } from 'node:readline/promises';
import { Option, type Command } from 'commander';
import { Secret } from '../core/secret.ts';
import type { Address } from '../node/address.ts';
import { readSecretFile } from '../node/password-file.ts';
import type { VncUri } from '../node/vnc-uri.ts';
import type { ClientCredentials, ClientSecurityContext } from '../security/security-type.ts';
import { CommandFailure, ExitCode, step, usage } from './failure.ts';
import { readHidden } from './hidden-input.ts';
import { keyringFile, lookUp, type KeyringEntry } from './keyring.ts';

/** Commander's own shape. */
export interface CredentialOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly keyring?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const ABOUT_PASSWORDS = `
The password is the first of: --password-file; the environment's VNC_PASSWORD, SALLYPORT_PASSWORD, VNC_PASSWORD_FILE or
SALLYPORT_PASSWORD_FILE; VncPassword in URL; the keyring (--keyring, SALLYPORT_KEYRING, ~/.config/sallyport/keyring) with lines like
  machine host:1 login NAME password 'SECRET'
and what is typed at the terminal. The user name likewise: --user, URL, VNC_USERNAME, SALLYPORT_USERNAME, keyring, terminal.`;

export function credentialOptions(command: Command): Command {
  return (
    command
      .option('-u, --user <NAME>', 'user name (or VNC_USERNAME)')
      .option('--password-file <FILE>', 'password (or VNC_PASSWORD)')
      .option('--keyring <FILE>', 'user names and passwords of servers')
      // Known, so that whoever is used to it from elsewhere is told what to do instead.
      .addOption(new Option('-p, --password [PASSWORD]').hideHelp())
      .on('option:password', () => {
        throw usage(
          '--password would show it to every user of this machine: use --password-file, VNC_PASSWORD, or type it when asked',
        );
      })
  );
}

/** Files are read at once, so that a fault in them is told before anybody is called; a person is asked when it is needed. */
export async function clientCredentials(
  address: Address,
  options: CredentialOptions,
  uri: Pick<VncUri, 'username' | 'password'> = {},
  environment: Environment = process.env,
): Promise<ClientSecurityContext['credentials']> {
  const fromFile = (await passwordFromFile(options, environment)) ?? uri.password;
  const { user = uri.username } = options;
  const known = user ?? environment['VNC_USERNAME'] ?? environment['SALLYPORT_USERNAME'];
  const complete = known !== undefined && fromFile !== undefined;
  const entry = complete ? {} : await keyringEntry(address, options, environment);
  // A keyring's password is its user's, and nobody else's.
  const isOther = known !== undefined && entry.username !== undefined && entry.username !== known;
  const username = known ?? entry.username;
  const password = fromFile ?? (isOther ? undefined : entry.password);
  return async (needs) => ({
    ...(needs.username ? await usernameOf(username) : {}),
    ...(needs.password ? await passwordOf(password) : {}),
  });
}

async function passwordFromFile(
  options: CredentialOptions,
  environment: Environment,
): Promise<Secret | undefined> {
  const named = environment['VNC_PASSWORD'] ?? environment['SALLYPORT_PASSWORD'];
  if (options.passwordFile === undefined && named !== undefined) return new Secret(named);
  const file =
    options.passwordFile ??
    environment['VNC_PASSWORD_FILE'] ??
    environment['SALLYPORT_PASSWORD_FILE'];
  if (file === undefined) return undefined;
  const { secret, warnings } = await step(ExitCode.Credentials, () => readSecretFile(file));
  for (const warning of warnings) process.stderr.write(`sallyport: ${warning}\n`);
  return secret;
}

function keyringEntry(
  address: Address,
  options: CredentialOptions,
  environment: Environment,
): Promise<KeyringEntry> {
  const named = options.keyring ?? environment['SALLYPORT_KEYRING'];
  const file = named ?? keyringFile(environment);
  return step(ExitCode.Credentials, () => lookUp(file, address, { optional: named === undefined }));
}

async function usernameOf(known: string | undefined): Promise<ClientCredentials> {
  if (known !== undefined) return { username: known };
  if (process.stdin.isTTY) return { username: await ask('User name: ') };
  throw new CommandFailure(
    ExitCode.Credentials,
    'the server asks for a user name: --user, or VNC_USERNAME',
  );
}

/** The question goes to stderr, so that stdout is only the answer. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

async function passwordOf(known: Secret | undefined): Promise<ClientCredentials> {
  if (known !== undefined) return { password: known };
  if (process.stdin.isTTY) return { password: new Secret(await readHidden('Password: ')) };
  throw new CommandFailure(
    ExitCode.Credentials,
    'the server asks for a password: --password-file, VNC_PASSWORD, or a terminal to ask at',
  );
}
