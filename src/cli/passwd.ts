/** `sallyport passwd`: a line for a users or access file, from a password that stands on no command line. */
import { Command } from 'commander';
import { hashPassword } from '../node/users-file.ts';
import { CommandFailure, ExitCode } from './failure.ts';
import { readHidden, readPiped } from './hidden-input.ts';

export const passwdCommand = (): Command =>
  new Command('passwd')
    .description('make a line for a users file or an access file; asks for the password')
    .argument('[NAME]', 'user name; without it only the hash is printed')
    .option('--access', 'a line for an access file: `name: hash`')
    .addHelpText(
      'after',
      '\nThe password is read from the terminal unseen, or from a pipe: its first line.',
    )
    .action((name: string | undefined, { access }: { access?: true }) =>
      passwd(name, access === true),
    );

async function passwd(name: string | undefined, forAccess: boolean): Promise<void> {
  const fault = name === undefined ? undefined : nameFault(name);
  if (fault !== undefined) throw new CommandFailure(ExitCode.Usage, fault);
  const hash = await hashPassword(await askPassword());
  process.stdout.write(`${lineOf(name, hash, forAccess)}\n`);
}

async function askPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice() : await readPiped(process.stdin);
  if (password === '') throw new CommandFailure(ExitCode.Usage, 'the password is empty');
  // Viewers cannot send it (VeNCrypt Plain), and C programs would take what stands before for the whole.
  if (password.includes('\0')) throw new CommandFailure(ExitCode.Usage, 'the password has a NUL');
  return password;
}

async function askTwice(): Promise<string> {
  const first = await readHidden('Password: ');
  if ((await readHidden('Again: ')) !== first)
    throw new CommandFailure(ExitCode.Usage, 'the two are not the same');
  return first;
}

function nameFault(name: string): string | undefined {
  if (name.trim() !== name || name === '')
    return 'a user name neither is empty nor has spaces around it';
  if (/[\p{Cc}:]/u.test(name)) return 'a user name has neither colons nor control characters';
  return name.startsWith('#')
    ? 'a user name does not begin with #: it would be a comment'
    : undefined;
}

function lineOf(name: string | undefined, hash: string, forAccess: boolean): string {
  if (name === undefined) return hash;
  if (!forAccess) return `${name}:${hash}`;
  // A word of letters is a string in YAML, unless it is one of these, or looks like a number.
  const isPlain =
    /^[A-Za-z_][\w.-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return `${isPlain ? name : JSON.stringify(name)}: ${hash}`;
}
