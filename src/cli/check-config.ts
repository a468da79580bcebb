/** `sallyport check-config`: everything that is wrong with an access file, at once, before a server runs into it. */
import { Command } from 'commander';
import type { Policy } from '../access/compile-policy.ts';
import { readAccessFile } from '../node/access-policy.ts';
import { readableByOthers, readableByOthersWarning } from '../node/file-access.ts';
import { CommandFailure, ExitCode, step } from './failure.ts';
import { printable } from './terminal-text.ts';

export const checkConfigCommand = (): Command =>
  new Command('check-config')
    .description('check an access file, and say all that is wrong with it')
    .argument('<FILE>', 'access file, YAML or JSON')
    .action((file: string) => checkConfig(file));

async function checkConfig(file: string): Promise<void> {
  const { policy, problems } = await step(ExitCode.Credentials, () => readAccessFile(file));
  for (const { line, column, message } of problems)
    process.stderr.write(`${file}:${line}:${column}: ${printable(message)}\n`);
  if (policy === undefined) {
    const faults = count(problems.length, 'problem');
    throw new CommandFailure(ExitCode.Credentials, `${file} has ${faults}`);
  }
  if (await readableByOthers(file))
    process.stderr.write(`sallyport: ${readableByOthersWarning(file)}\n`);
  process.stdout.write(`${file} is good: ${summary(policy)}\n`);
}

function summary({ users, passwords, certificates, throttle, proxies }: Policy): string {
  const needs = { unused: '', allow: 'request or require', deny: 'require' }[certificates];
  return [
    count(users.length, 'user'),
    count(passwords.length, 'password'),
    `throttle ${throttle === undefined ? 'off' : 'on'}`,
    ...(proxies.length === 0 ? [] : [`proxies in ${count(proxies.length, 'network')}`]),
    ...(needs === '' ? [] : [`its rules on certificates need --verify-client ${needs}`]),
  ].join(', ');
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`;
