/** `sallyport cert init`, `issue`, `renew` and `revoke`: run, and say what to do next. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { initStore, issueFrom, renewIn } from '../node/certificate-store.ts';
import { revokeIn } from '../node/revocation-store.ts';
import {
  asked,
  dirOption,
  directoryOf,
  hostsOf,
  type InitOptions,
  type IssueOptions,
  type Names,
  type RenewOptions,
  type RevokeOptions,
} from './cert-options.ts';
import { usage } from './failure.ts';
import {
  allowOption,
  clientLines,
  columns,
  day,
  pairLines,
  print,
  shownPath,
  trustLines,
} from './cert-text.ts';

export async function runInit(options: InitOptions): Promise<void> {
  const dir = directoryOf(options);
  const named = hostsOf(options);
  const { client: name, keyType, days, caDays, subject } = options;
  const { server, client } = await asked(() =>
    initStore(dir, {
      hosts: [...(named.length === 0 ? [hostname()] : named), 'localhost', '127.0.0.1', '::1'],
      client: name,
      keyType,
      subject,
      ...(days === undefined ? {} : { days }),
      ...(caDays === undefined ? {} : { authorityDays: caDays }),
    }),
  );
  const serve = `sallyport serve${dirOption(options, '--tls-dir')}`;
  print([
    `An authority, and a pair for a server and for a client, in ${shownPath(dir)}`,
    '',
    'Server',
    ...pairLines(server),
    '',
    'Client',
    ...pairLines(client),
    '',
    'Serve with them',
    `  ${serve}`,
    `  ${serve} --verify-client require --security X509None ${allowOption(client.entry)}`,
    '',
    ...trustLines(server.caFile),
    '',
    `Keep ${shownPath(join(dir, 'ca-key.pem'))} to yourself, best off this machine: it makes new certificates.`,
  ]);
}

export async function runIssue(
  kind: 'server' | 'client',
  name: string,
  options: IssueOptions,
): Promise<void> {
  const hosts = serverHosts(kind, options);
  const { out, days, keyType, caKey } = options;
  const issued = await asked(() =>
    issueFrom(directoryOf(options), {
      kind,
      name,
      hosts,
      keyType,
      ...(out === undefined ? {} : { out }),
      ...(days === undefined ? {} : { days }),
      ...(caKey === undefined ? {} : { authorityKeyFile: caKey }),
    }),
  );
  const place = shownPath(join(issued.certFile, '..'));
  const next =
    kind === 'server'
      ? [
          'Copy the directory to that host, and serve with it',
          '  sallyport serve --tls-dir DIRECTORY',
          '',
          ...trustLines(issued.caFile),
        ]
      : [
          ...clientLines(),
          '',
          'Let this name in, where names are looked at',
          `  sallyport serve${dirOption(options, '--tls-dir')} --verify-client require --security X509None ${allowOption(issued.entry)}`,
        ];
  print([
    `A pair for the ${kind} ${issued.entry.name}, in ${place}`,
    ...pairLines(issued),
    '',
    ...next,
  ]);
}

export async function runRenew(
  kind: 'server' | 'client',
  name: string | undefined,
  options: RenewOptions,
): Promise<void> {
  const hosts = serverHosts(kind, options);
  const { days, keyType, caKey, newKey } = options;
  const renewed = await asked(() =>
    renewIn(directoryOf(options), {
      kind,
      hosts,
      keyType,
      newKey: newKey === true,
      ...(name === undefined ? {} : { name }),
      ...(days === undefined ? {} : { days }),
      ...(caKey === undefined ? {} : { authorityKeyFile: caKey }),
    }),
  );
  print([
    `Renewed the ${kind} ${renewed.entry.name}; its key ${newKey === true ? 'is new' : 'stayed the same'}`,
    ...pairLines(renewed),
    '',
    `The old certificate (${renewed.old.serialNumber}) is good until ${day(renewed.old.notAfter)}; if it should not be:`,
    `  sallyport cert revoke${dirOption(options, '--dir')} --reason superseded ${renewed.old.serialNumber}`,
  ]);
}

export async function runRevoke(ids: readonly string[], options: RevokeOptions): Promise<void> {
  const { reason, caKey } = options;
  const { revoked, already, crlFile, crlNumber } = await asked(() =>
    revokeIn(directoryOf(options), ids, {
      ...(reason === undefined ? {} : { reason }),
      ...(caKey === undefined ? {} : { authorityKeyFile: caKey }),
    }),
  );
  print([
    ...columns([
      ...revoked.map((entry) => ['revoked', entry.kind, entry.name, entry.serialNumber]),
      ...already.map((entry) => [
        'was revoked already',
        entry.kind,
        entry.name,
        entry.serialNumber,
      ]),
    ]),
    `List number ${crlNumber} is in ${shownPath(crlFile)}.`,
    'Servers on other hosts need a copy of it; they read it when they start or reload their certificates.',
  ]);
}

function serverHosts(kind: 'server' | 'client', names: Names): string[] {
  const hosts = hostsOf(names);
  if (kind === 'client' && hosts.length > 0)
    throw usage('--host and --ip are for servers: a client is known by its name');
  return hosts;
}
