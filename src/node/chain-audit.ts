/**
 * Every problem of a certificate and of what stands behind it, in plain words and with what to do; not only the first, as
 * when it is loaded. Used by `sallyport cert check`, for files and for what a server shows.
 */
import { isIP } from 'node:net';
import { messageOf } from '../core/errors.ts';
import {
  chainFault,
  covers,
  dateFault,
  leafFaults,
  type CertificatePurpose,
  type CheckedCertificate,
} from './certificate-checks.ts';
import { keyTypeInWords } from './certificate-description.ts';
import { derChildren, derOid, readDer } from './der.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { iso } from './revocation-list.ts';

export interface Problem {
  /** `error`: somebody will be refused, or could get in. `warning`: works now. `note`: good to know. */
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly fix?: string;
}

const SOON_MS = 30 * 86_400_000;

/** Collects instead of throwing. */
export class Findings {
  readonly problems: Problem[] = [];

  add(level: Problem['level'], message: string, fix?: string): void {
    this.problems.push({ level, message, ...(fix === undefined ? {} : { fix }) });
  }

  /** What `work` throws becomes an error, and its value is missing. */
  async attempt<T>(fix: string | undefined, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add('error', messageOf(error), fix);
      return undefined;
    }
  }
}

export interface ChainAuditOptions {
  /** File or address, as it begins a sentence. */
  readonly source: string;
  readonly purpose: CertificatePurpose;
  readonly now?: Date;
  readonly authorities?: {
    readonly source: string;
    readonly certificates: readonly CheckedCertificate[];
  };
  readonly hosts: readonly string[];
  /** The command that gives it new dates or names. */
  readonly renew: string;
}

/** Of a certificate and what stands behind it: dates, names, use, strength and, with authorities, its issuer. */
export function auditChain(
  chain: readonly CheckedCertificate[],
  options: ChainAuditOptions,
): Problem[] {
  const { source, purpose, authorities, hosts, renew, now = new Date() } = options;
  const findings = new Findings();
  const [leaf] = chain;
  if (leaf === undefined) return [{ level: 'error', message: `${source} shows no certificate` }];
  for (const fault of leafFaults(leaf, purpose, now))
    findings.add('error', `${source} ${fault}`, renew);
  auditSoon(leaf, source, findings, now, renew);
  for (const certificate of chain) auditStrength(certificate, source, findings);
  if (purpose === 'server') auditNames(leaf, source, hosts, findings, renew);
  for (const certificate of chain.slice(1))
    auditDates(certificate, source, findings, now, 'put a valid one in its place');
  if (authorities !== undefined) {
    const files = { cert: source, ca: authorities.source };
    const fault = chainFault(chain, authorities.certificates, files, now);
    // A date that is wrong was told of already.
    if (fault !== undefined && !/expired|not valid before/.test(fault.message))
      findings.add(
        'error',
        fault.message,
        'append the certificates between, if there are any; else it is the CA file of another authority',
      );
  }
  return findings.problems;
}

function auditNames(
  leaf: CheckedCertificate,
  source: string,
  hosts: readonly string[],
  findings: Findings,
  renew: string,
): void {
  const { subjectAltNames } = describePeerCertificate(leaf.x509.raw, { verified: false });
  if (subjectAltNames.length === 0)
    findings.add(
      'error',
      `${source} names no host (no subject alternative name): viewers look at nothing else`,
      `${renew} --host NAME --ip ADDRESS`,
    );
  for (const host of hosts.filter((name) => !covers(leaf, name)))
    findings.add(
      'error',
      `${source} does not cover ${host}, so viewers that connect to it refuse; it covers ${subjectAltNames.join(', ') || 'nothing'}`,
      `${renew} ${isIP(host) === 0 ? '--host' : '--ip'} ${host}`,
    );
}

export function auditDates(
  certificate: CheckedCertificate,
  source: string,
  findings: Findings,
  now: Date,
  fix: string,
): void {
  const fault = dateFault(certificate, now);
  if (fault !== undefined) findings.add('error', `${source} ${fault}`, fix);
  auditSoon(certificate, source, findings, now, fix);
}

function auditSoon(
  { notAfter, name }: CheckedCertificate,
  source: string,
  findings: Findings,
  now: Date,
  fix: string,
): void {
  const left = notAfter.getTime() - now.getTime();
  if (left > 0 && left < SOON_MS)
    findings.add('warning', `${source} (${name}) expires on ${iso(notAfter)}`, fix);
}

const knownKeys = /^(P-256|P-384|P-521|Ed25519|RSA (\d+))$/;

/** Signatures that can be forged, or are refused by TLS libraries of today. */
const weakSignatures: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'MD2'],
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.2.840.10045.4.1', 'SHA-1'],
  ['1.2.840.10040.4.3', 'SHA-1'],
]);

export function auditStrength(
  certificate: CheckedCertificate,
  source: string,
  findings: Findings,
): void {
  const { x509, name } = certificate;
  const key = keyTypeInWords(x509.publicKey);
  if (!knownKeys.test(key))
    findings.add(
      'warning',
      `${source} (${name}) has a key of the kind ${key}, which many viewers do not know`,
      'P-256 is known to all: --key-type p256 --new-key',
    );
  // The server's and client's own are looked at by leafFaults.
  const bits = Number(knownKeys.exec(key)?.[2] ?? 2048);
  if (bits < 2048 && x509.ca)
    findings.add(
      'error',
      `${source} (${name}) has an RSA key of ${bits} bits; viewers refuse less than 2048`,
      'make a new authority, and give it to every viewer',
    );
  const [, algorithm] = derChildren(readDer(x509.raw));
  const weak =
    algorithm === undefined ? undefined : weakSignatures.get(derOid(derChildren(algorithm)[0]));
  // Nobody looks at the signature of a root on itself.
  if (weak !== undefined && !x509.checkIssued(x509))
    findings.add(
      'error',
      `${source} (${name}) is signed with ${weak}, which can be forged`,
      'issue it anew',
    );
}
