/** `sallyport cert`: its subcommands, their options and words. Reads no file. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { revocationReasons } from '../node/certificate-authority.ts';
import type { KeyType } from '../node/signing-keys.ts';
import { runCheck } from './cert-check.ts';
import { runInit, runIssue, runRenew, runRevoke } from './cert-change.ts';
import { runExport } from './cert-export.ts';
import { runList, runShow } from './cert-look.ts';
import type {
  CheckOptions,
  ExportOptions,
  InitOptions,
  IssueOptions,
  ListOptions,
  RenewOptions,
  RevokeOptions,
} from './cert-options.ts';

const EXAMPLES = `
Examples
  $ sallyport cert init --host console.lab --ip 10.0.0.5 --client alice
  $ sallyport cert issue client bob
  $ sallyport cert check vnc://console.lab:5901 --ca ca-cert.pem`;

export function certCommand(): Command {
  return new Command('cert')
    .description('make, renew, revoke and check certificates')
    .addCommand(initCommand())
    .addCommand(issueCommand())
    .addCommand(renewCommand())
    .addCommand(revokeCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(checkCommand())
    .addCommand(exportCommand())
    .addHelpText('after', EXAMPLES);
}

const initCommand = (): Command =>
  subcommand('init', 'make an authority, a server certificate and a first client certificate')
    .addOption(dir())
    .addOption(
      host('host name that viewers connect to; more than once if wanted', "this machine's"),
    )
    .addOption(ip())
    .option('--client <NAME>', 'the first client: alice, or O=Lab,CN=alice', 'client')
    .addOption(keyType())
    .addOption(days('days until the server and client certificates expire (825)'))
    .addOption(
      new Option('--ca-days <DAYS>', 'the same for the authority (3650)').argParser(toDays),
    )
    .option('--subject <NAME>', 'name of the authority', 'O=Sallyport,CN=Sallyport CA')
    .action((options: InitOptions) => runInit(options));

const issueCommand = (): Command =>
  subcommand('issue', 'make a certificate and key for another server or client')
    .addArgument(kind('<KIND>'))
    .argument('<NAME>', 'host name of the server; alice, or O=Lab,CN=alice')
    .addOption(dir())
    .addOption(host('further host name of the server'))
    .addOption(ip())
    .option('--out <DIR>', 'where its files go (clients/NAME or servers/NAME in the directory)')
    .addOption(keyType())
    .addOption(days('days until it expires (825)'))
    .addOption(caKey())
    .action((which: 'server' | 'client', name: string, options: IssueOptions) =>
      runIssue(which, name, options),
    );

const renewCommand = (): Command =>
  subcommand('renew', 'the same names with new dates; the key stays unless --new-key says so')
    .addArgument(kind('[KIND]').default('server'))
    .argument('[NAME]', 'its name; without one the pair in the directory itself')
    .addOption(dir())
    .addOption(host('host name that a server gets beside those it has'))
    .addOption(ip())
    .option('--new-key', 'make another key, too')
    .addOption(keyType())
    .addOption(days('days until it expires (825)'))
    .addOption(caKey())
    .action((which: 'server' | 'client', name: string | undefined, options: RenewOptions) =>
      runRenew(which, name, options),
    );

const revokeCommand = (): Command =>
  subcommand('revoke', 'end certificates before their time, and write ca-crl.pem')
    .argument('[NAME...]', 'name, serial number or file; without one the list is written anew')
    .addOption(dir())
    .addOption(new Option('--reason <REASON>', 'why').choices(revocationReasons))
    .addOption(caKey())
    .action((ids: string[], options: RevokeOptions) => runRevoke(ids, options));

const listCommand = (): Command =>
  subcommand('list', 'what was issued, until when, and what was revoked')
    .addOption(dir())
    .addOption(json())
    .action((options: ListOptions) => runList(options));

const showCommand = (): Command =>
  subcommand('show', 'names, dates, fingerprint and key of the certificates in a file')
    .argument('<FILE>', 'PEM file')
    .addOption(json())
    .action((file: string, options: { json?: true }) => runShow(file, options));

const checkCommand = (): Command =>
  subcommand('check', 'every problem of a directory, or of a server that runs, and what to do')
    .argument('[DIR|URL]', 'directory, or vnc://host:port; without one the directory of serve')
    .addOption(host('name that viewers connect to; more than once if wanted'))
    .addOption(ip())
    .option('--ca <FILE>', 'authority that should have signed the server, for a URL')
    .addOption(json())
    .action((target: string | undefined, options: CheckOptions) => runCheck(target, options));

const exportCommand = (): Command =>
  subcommand('export', 'pack certificate, key and authority for a browser (PKCS #12)')
    .argument('<NAME>', 'client or server')
    .requiredOption('--p12 <FILE>', 'file to write')
    .option('--password-file <FILE>', 'file with the password; without one it is made and shown')
    .addOption(dir())
    .action((name: string, options: ExportOptions) => runExport(name, options));

const subcommand = (name: string, description: string): Command =>
  new Command(name).description(description).allowExcessArguments(false);

const dir = (): Option =>
  new Option('-d, --dir <DIR>', 'directory in QEMU\'s layout (that of "sallyport serve")');

const json = (): Option => new Option('--json', 'for programs');

const host = (words: string, none = 'none'): Option =>
  new Option('--host <NAME>', words).argParser(append).default([], none);

const ip = (): Option =>
  new Option('--ip <ADDR>', 'the same for an address').argParser(append).default([], 'none');

const append = (text: string, before: readonly string[]): string[] => [...before, text];

const caKey = (): Option => new Option('--ca-key <FILE>', 'key of the authority (ca-key.pem)');

const kind = (name: string): Argument =>
  new Argument(name, 'server or client').choices(['server', 'client']);

/** As people write them. */
const keyTypes: Readonly<Record<string, KeyType>> = {
  p256: 'P-256',
  p384: 'P-384',
  rsa2048: 'RSA-2048',
  rsa3072: 'RSA-3072',
  ed25519: 'Ed25519',
};

const keyType = (): Option =>
  new Option('--key-type <TYPE>', `kind of key: ${Object.keys(keyTypes).join(', ')}`)
    .argParser(toKeyType)
    .default('P-256', 'p256');

function toKeyType(text: string): KeyType {
  const type = keyTypes[text.toLowerCase()];
  if (type === undefined)
    throw new InvalidArgumentError(`${text} is none of ${Object.keys(keyTypes).join(', ')}`);
  return type;
}

const days = (words: string): Option => new Option('--days <DAYS>', words).argParser(toDays);

const MAX_DAYS = 36_500;

function toDays(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_DAYS)
    throw new InvalidArgumentError(`${text} is not a number of days, 1 to ${MAX_DAYS}`);
  return number;
}
