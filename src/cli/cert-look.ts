/** `sallyport cert list`, `show` and `check`: look, and change nothing. */
import { join } from 'node:path';
import { SecurityError } from '../core/errors.ts';
import { parseAddress, type Address } from '../node/address.ts';
import { loadAuthorities } from '../node/authority-files.ts';
import { openCertificate } from '../node/certificate-checks.ts';
import {
  describeCertificate,
  type CertificateDescription,
} from '../node/certificate-description.ts';
import { readIndex, stateOf } from '../node/certificate-index.ts';
import { auditChain, type Problem } from '../node/chain-audit.ts';
import { auditDirectory } from '../node/directory-audit.ts';
import { fetchCertificates } from '../node/fetch-certificates.ts';
import { exists } from '../node/file-access.ts';
import { certificateBlocks, fileFault, readPemFile } from '../node/pem.ts';
import {
  asked,
  dirOption,
  directoryOf,
  hostsOf,
  usage,
  type CheckOptions,
  type ListOptions,
} from './cert-options.ts';
import { columns, coverage, day, print, printJson, shownPath } from './cert-text.ts';
import { ExitCode, step } from './failure.ts';
import { printable, shellQuote } from './terminal-text.ts';

export async function runList(options: ListOptions): Promise<void> {
  const dir = directoryOf(options);
  const now = new Date();
  const caFile = join(dir, 'ca-cert.pem');
  if (!(await exists(caFile)))
    throw fileFault(dir, 'has no authority (ca-cert.pem); "sallyport cert init" makes one');
  const [authority] = await certificatesIn(caFile);
  const { certificates, crlNumber, crlNextUpdate } = await readIndex(dir);
  if (options.json === true) {
    printJson({
      directory: dir,
      authority,
      certificates: certificates.map((entry) => ({ ...entry, state: stateOf(entry, now) })),
      crlNumber,
      crlNextUpdate,
    });
    return;
  }
  const expired = authority !== undefined && Date.parse(authority.notAfter) < now.getTime();
  const { subject = '', serialNumber = '', notAfter = '' } = authority ?? {};
  print(
    columns([
      ['NAME', 'KIND', 'SERIAL NUMBER', 'VALID UNTIL', 'STATE', 'COVERS'],
      [subject, 'authority', serialNumber, day(notAfter), expired ? 'expired' : 'valid', ''],
      ...certificates.map((entry) => [
        entry.name,
        entry.kind,
        entry.serialNumber,
        day(entry.notAfter),
        stateOf(entry, now) + (entry.reason === undefined ? '' : `: ${entry.reason}`),
        entry.kind === 'server' ? coverage(entry) : '',
      ]),
    ]),
  );
}

export async function runShow(file: string, options: { readonly json?: true }): Promise<void> {
  const certificates = await certificatesIn(file);
  if (options.json === true) {
    printJson({ file, certificates });
    return;
  }
  print(
    certificates.flatMap((certificate, position) => [
      ...(position === 0 ? [] : ['']),
      ...columns([
        ['subject', certificate.subject],
        ['other order', certificate.subjectReversed],
        ['kind', certificate.kind],
        ...certificate.subjectAltNames.map((name, row) => [row === 0 ? 'covers' : '', name]),
        ['issuer', certificate.issuer],
        ['serial number', certificate.serialNumber],
        ['valid from', certificate.notBefore],
        ['valid until', certificate.notAfter],
        ['key', certificate.keyType],
        ['SHA-256', certificate.fingerprint],
        ...(certificate.kind.includes('client')
          ? [['rule', `--allow-name ${shellQuote(certificate.allowName)}`]]
          : []),
      ]),
    ]),
  );
}

async function certificatesIn(file: string): Promise<CertificateDescription[]> {
  const blocks = certificateBlocks(await readPemFile(file, 'a certificate'), file);
  return blocks.map((block) => describeCertificate(openCertificate(block, file)));
}

/** 0 when nothing is wrong, 3 otherwise; warnings and notes are not wrong. */
export async function runCheck(target: string | undefined, options: CheckOptions): Promise<void> {
  const isUrl = target !== undefined && /^(vnc:\/\/|unix:)/.test(target);
  if (!isUrl && options.ca !== undefined)
    throw usage('--ca is for a URL: a directory has ca-cert.pem');
  const { problems, seen } = isUrl
    ? await asked(() => checkServer(parseAddress(target, 'connect'), target, options))
    : {
        problems: await auditDirectory(directoryOf(target === undefined ? {} : { dir: target }), {
          hosts: hostsOf(options),
          dirOption: dirOption(target === undefined ? {} : { dir: target }, '--dir'),
        }),
        seen: [],
      };
  const ok = !problems.some(({ level }) => level === 'error');
  if (!ok) process.exitCode = ExitCode.Credentials;
  if (options.json === true) {
    printJson({ target: target ?? directoryOf({}), ok, problems });
    return;
  }
  const name =
    target === undefined || !isUrl
      ? shownPath(directoryOf(target === undefined ? {} : { dir: target }))
      : target;
  print([
    ...seen,
    ...problems.flatMap(({ level, message, fix }) => [
      `${level === 'error' ? 'problem' : level}: ${printable(message)}`,
      ...(fix === undefined ? [] : [`  what to do: ${printable(fix)}`]),
    ]),
    ok ? `${name}: good` : `${name}: ${count(problems)}`,
  ]);
}

function count(problems: readonly Problem[]): string {
  const errors = problems.filter(({ level }) => level === 'error').length;
  return errors === 1 ? '1 problem' : `${errors} problems`;
}

async function checkServer(
  address: Address,
  source: string,
  options: CheckOptions,
): Promise<{ readonly problems: Problem[]; readonly seen: string[] }> {
  const own = address.kind === 'tcp' ? address.host : 'localhost';
  const named = hostsOf(options);
  const hosts = named.length === 0 ? [own] : named;
  const authorities =
    options.ca === undefined
      ? undefined
      : await loadAuthorities({ caFile: options.ca }, { purpose: 'client' });
  let fetched;
  try {
    fetched = await step(ExitCode.Display, () =>
      fetchCertificates(address, { serverName: hosts[0] ?? own }),
    );
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof SecurityError)) throw error;
    const fix = 'offer X509Vnc, X509Plain or X509None there (sallyport serve does by default)';
    return {
      problems: [{ level: 'error', message: `${source}: ${cause.message}`, fix }],
      seen: [],
    };
  }
  const { chain, protocol, cipher } = fetched;
  const problems = auditChain(chain, {
    source,
    purpose: 'server',
    hosts,
    renew: 'there: sallyport cert renew server',
    ...(authorities === undefined
      ? {}
      : {
          authorities: { source: options.ca ?? '', certificates: authorities.certificates },
        }),
  });
  if (authorities === undefined)
    problems.push({
      level: 'note',
      message: 'no authority was named, so that nothing says whether this is the right server',
      fix: '--ca FILE, or compare the SHA-256 with what the server shows when it starts',
    });
  if (/^(SSL|TLSv1(\.1)?$)/.test(protocol))
    problems.push({
      level: 'error',
      message: `${source} speaks no newer TLS than ${protocol}, which viewers refuse`,
      fix: 'let it speak TLS 1.2 or 1.3',
    });
  const [leaf] = chain;
  const described = leaf === undefined ? undefined : describeCertificate(leaf);
  return {
    problems,
    seen: columns([
      ['subject', described?.subject ?? ''],
      ['SHA-256', described?.fingerprint ?? ''],
      ['TLS', `${protocol}, ${cipher}`],
    ]),
  };
}
