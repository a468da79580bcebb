/**
 * The record of an authority: what it issued, what it revoked, and the number of its last revocation list, in
 * `ca-index.json` beside its files. Used by the certificate store. It is a record of our own because a list of thousands
 * of revocations cannot be read back by the library that writes it, and has no names in it.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { revocationReasons, type RevocationReason } from './certificate-authority.ts';
import { openCertificate, type CertificatePurpose } from './certificate-checks.ts';
import { errorCode } from './error-code.ts';
import { exists, readFault } from './file-access.ts';
import { replaceFile } from './new-files.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { certificateBlocks, fileFault, readPemFile, revocationListBlocks } from './pem.ts';
import { readRevocationEntries } from './revocation-entries.ts';

export const INDEX_FILE = 'ca-index.json';
const LOCK_FILE = 'ca-index.lock';

/** Dates are ISO 8601 in UTC. */
export interface IndexEntry {
  /** `unknown` for what only a revocation list told us of. */
  readonly kind: CertificatePurpose | 'unknown';
  /** What it is called on the command line. */
  readonly name: string;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  readonly subject: string;
  readonly subjectAltNames: readonly string[];
  readonly fingerprint256: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Directory of its files: relative to the store's, unless it is outside. */
  readonly directory: string;
  readonly revokedAt?: string;
  readonly reason?: RevocationReason;
  /** Serial number of the certificate that renewed it. */
  readonly replacedBy?: string;
}

export interface CertificateIndex {
  readonly version: 1;
  /** Of the last list; a decimal in text, because it may exceed what JSON's numbers hold. */
  readonly crlNumber: string;
  /** When the last list ends; absent without a list, or without an end. */
  readonly crlNextUpdate?: string;
  readonly certificates: readonly IndexEntry[];
}

export type CertificateState = 'valid' | 'expired' | 'not yet valid' | 'revoked' | 'replaced';

export function stateOf(entry: IndexEntry, now: Date): CertificateState {
  if (entry.revokedAt !== undefined) return 'revoked';
  if (entry.notAfter !== '' && Date.parse(entry.notAfter) < now.getTime()) return 'expired';
  if (entry.notBefore !== '' && Date.parse(entry.notBefore) > now.getTime()) return 'not yet valid';
  return entry.replacedBy === undefined ? 'valid' : 'replaced';
}

/** A person may give the short name, the whole one, or a server's other names. */
export const isCalled = (entry: IndexEntry, name: string): boolean =>
  entry.name === name ||
  entry.subject === name ||
  entry.subjectAltNames.some((each) => each === `DNS:${name}` || each === `IP:${name}`);

/** The record of a directory; for one that has none yet, what its files tell. Throws SecurityError that names the file. */
export async function readIndex(dir: string): Promise<CertificateIndex> {
  const file = join(dir, INDEX_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return adoptedIndex(dir);
    throw fileFault(file, readFault(cause, 'the record of this authority'), cause);
  }
  try {
    return checkedIndex(JSON.parse(text));
  } catch (cause) {
    const why = messageOf(cause);
    throw fileFault(
      file,
      `is damaged (${why}); put a copy of it back: without it revoked certificates would be forgotten`,
      cause,
    );
  }
}

export const writeIndex = (dir: string, index: CertificateIndex): Promise<void> =>
  replaceFile(join(dir, INDEX_FILE), `${JSON.stringify(index, undefined, 1)}\n`);

/** One command at a time: two that read the same record would lose one of two revocations. */
export async function whileLocked<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dir, LOCK_FILE);
  try {
    await writeFile(lock, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'EEXIST')
      throw fileFault(
        lock,
        'exists: another command works on this directory; if none does, one was cut short, and the file can be removed',
        cause,
      );
    if (code === 'ENOENT')
      throw fileFault(dir, 'does not exist; "sallyport cert init" makes an authority', cause);
    throw fileFault(dir, `cannot be written to (${code})`, cause);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** The common name, or all of a name that has none. */
export const shortName = (distinguishedName: string): string =>
  /(?:^|,)CN=((?:\\.|[^,+\\])*)/.exec(distinguishedName)?.[1]?.replace(/\\([^0-9a-f])/gi, '$1') ??
  distinguishedName;

/** The entry for a certificate in a file. */
async function entryFor(
  file: string,
  kind: CertificatePurpose,
  directory: string,
): Promise<IndexEntry> {
  const [block] = certificateBlocks(await readPemFile(file, `a ${kind}'s certificate`), file);
  if (block === undefined) throw fileFault(file, 'holds no certificate');
  return entryOf(block.text, kind, directory);
}

export function entryOf(pem: string, kind: CertificatePurpose, directory: string): IndexEntry {
  const der = Buffer.from(pem.replace(/-----[^-]*-----|\s/g, ''), 'base64');
  const block = { label: 'CERTIFICATE', text: pem, der, encrypted: false };
  const { notBefore, notAfter } = openCertificate(block, 'the certificate');
  const described = describePeerCertificate(der, { verified: true });
  return {
    kind,
    name: shortName(described.distinguishedName),
    serialNumber: described.serialNumber,
    subject: described.distinguishedName,
    subjectAltNames: described.subjectAltNames,
    fingerprint256: described.fingerprint256,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    directory,
  };
}

/** Of files that `serve` made on its first run, or another tool. A list that exists must not lose what it revoked. */
async function adoptedIndex(dir: string): Promise<CertificateIndex> {
  const certificates: IndexEntry[] = [];
  for (const kind of ['server', 'client'] as const) {
    const file = join(dir, `${kind}-cert.pem`);
    if (await exists(file)) certificates.push(await entryFor(file, kind, '.'));
  }
  const crlFile = join(dir, 'ca-crl.pem');
  if (!(await exists(crlFile))) return { version: 1, crlNumber: '0', certificates };
  const [block] = revocationListBlocks(await readPemFile(crlFile, 'a revocation list'), crlFile);
  if (block === undefined) throw fileFault(crlFile, 'holds no revocation list');
  const { number, nextUpdate, revoked } = readRevocationEntries(block.der);
  const bySerial = new Map(certificates.map((entry) => [entry.serialNumber, entry]));
  for (const { serialNumber, date, reason } of revoked)
    bySerial.set(serialNumber, {
      ...(bySerial.get(serialNumber) ?? unnamed(serialNumber)),
      revokedAt: (date ?? new Date()).toISOString(),
      ...(reason === undefined ? {} : { reason }),
    });
  return {
    version: 1,
    crlNumber: String(number),
    ...(nextUpdate === undefined ? {} : { crlNextUpdate: nextUpdate.toISOString() }),
    certificates: [...bySerial.values()],
  };
}

const unnamed = (serialNumber: string): IndexEntry => ({
  kind: 'unknown',
  name: '',
  serialNumber,
  subject: '',
  subjectAltNames: [],
  fingerprint256: '',
  notBefore: '',
  notAfter: '',
  directory: '',
});

function checkedIndex(value: unknown): CertificateIndex {
  if (!isRecord(value)) throw new TypeError('it is no object');
  if (value['version'] !== 1) throw new TypeError(`version is ${String(value['version'])}, not 1`);
  const { crlNumber, crlNextUpdate, certificates } = value;
  if (typeof crlNumber !== 'string' || !/^\d{1,48}$/.test(crlNumber))
    throw new TypeError('crlNumber is not a number in quotes');
  if (crlNextUpdate !== undefined && !isDate(crlNextUpdate))
    throw new TypeError('crlNextUpdate is no date');
  if (!Array.isArray(certificates)) throw new TypeError('certificates is no list');
  for (const [position, entry] of certificates.entries()) checkEntry(entry, position + 1);
  return value as unknown as CertificateIndex;
}

const texts = ['name', 'subject', 'fingerprint256', 'directory'];

function checkEntry(value: unknown, position: number): void {
  const bad = (what: string): TypeError => new TypeError(`certificate ${position}: ${what}`);
  if (!isRecord(value)) throw bad('it is no object');
  if (!['server', 'client', 'unknown'].includes(String(value['kind']))) throw bad('kind');
  for (const field of texts) if (typeof value[field] !== 'string') throw bad(`${field} is no text`);
  if (!/^[0-9A-F]{2,40}$/.test(String(value['serialNumber']))) throw bad('serialNumber');
  for (const field of ['notBefore', 'notAfter'])
    if (value[field] !== '' && !isDate(value[field])) throw bad(`${field} is no date`);
  if (value['revokedAt'] !== undefined && !isDate(value['revokedAt']))
    throw bad('revokedAt is no date');
  const reason: unknown = value['reason'];
  if (reason !== undefined && !revocationReasons.some((known) => known === reason))
    throw bad('reason');
  const names: unknown = value['subjectAltNames'];
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
    throw bad('subjectAltNames');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isDate = (value: unknown): boolean =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value));
