/** `sallyport cert check`: what is wrong with a directory, or with a server that runs, and what to do. */
import { existsSync } from 'node:fs';
import { parseAddress } from '../node/address.ts';
import type { Problem } from '../node/chain-audit.ts';
import { auditDirectory } from '../node/directory-audit.ts';
import { auditServer, type ServerAudit } from '../node/server-audit.ts';
import { asked, dirOption, directoryOf, hostsOf, type CheckOptions } from './cert-options.ts';
import { columns, print, printJson, shownPath } from './cert-text.ts';
import { ExitCode, step, usage } from './failure.ts';
import { printable } from './terminal-text.ts';

/** Ends with 0 when nothing is wrong, else with 3; warnings and notes are not wrong. */
export async function runCheck(target: string | undefined, options: CheckOptions): Promise<void> {
  const isServer = target !== undefined && /^(vnc:\/\/|unix:)/.test(target);
  const place = target === undefined ? {} : { dir: target };
  const audit = isServer ? await checkServer(target, options) : await checkFiles(place, options);
  const ok = !audit.problems.some(({ level }) => level === 'error');
  if (!ok) process.exitCode = ExitCode.Credentials;
  if (options.json === true) {
    printJson({ target: target ?? directoryOf(place), ok, ...audit });
    return;
  }
  const name = isServer ? target : shownPath(directoryOf(place));
  print([
    ...seenLines(audit),
    ...audit.problems.flatMap(problemLines),
    printable(ok ? `${name}: good` : `${name}: ${count(audit.problems)}`),
  ]);
}

async function checkFiles(
  place: { readonly dir?: string },
  options: CheckOptions,
): Promise<ServerAudit> {
  if (options.ca !== undefined) throw usage('--ca is for a URL: a directory has ca-cert.pem');
  if (/:\d+$/.test(place.dir ?? '') && !existsSync(place.dir ?? ''))
    throw usage(`${place.dir} is no directory; a server is written vnc://HOST:PORT`);
  const problems = await auditDirectory(directoryOf(place), {
    hosts: hostsOf(options),
    dirOption: dirOption(place, '--dir'),
  });
  return { problems };
}

function checkServer(target: string, options: CheckOptions): Promise<ServerAudit> {
  const hosts = hostsOf(options);
  const caFile = options.ca === undefined ? {} : { caFile: options.ca };
  return asked(async () => {
    const address = parseAddress(target, 'connect');
    return step(ExitCode.Display, () => auditServer(address, { source: target, hosts, ...caFile }));
  });
}

function seenLines({ certificate, protocol, cipher }: ServerAudit): string[] {
  if (certificate === undefined) return [];
  return columns([
    ['subject', certificate.subject],
    ['SHA-256', certificate.fingerprint],
    ['TLS', `${protocol ?? ''}, ${cipher ?? ''}`],
  ]);
}

const problemLines = ({ level, message, fix }: Problem): string[] => [
  `${level === 'error' ? 'problem' : level}: ${printable(message)}`,
  ...(fix === undefined ? [] : [`  what to do: ${printable(fix)}`]),
];

function count(problems: readonly Problem[]): string {
  const errors = problems.filter(({ level }) => level === 'error').length;
  return errors === 1 ? '1 problem' : `${errors} problems`;
}
