/**
 * An authority and its certificates in a directory of QEMU's layout: make it, issue, renew, revoke. Used by the commands
 * about certificates. What is changed is recorded first (certificate-index.ts), so that no certificate exists that could
 * not be revoked by name.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openSigningAuthority, type SigningAuthority } from './authority-key.ts';
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type CertifiedKey,
} from './certificate-authority.ts';
import type { CertificatePurpose } from './certificate-checks.ts';
import {
  INDEX_FILE,
  entryOf,
  isCalled,
  readIndex,
  shortName,
  whileLocked,
  writeIndex,
  type CertificateIndex,
  type IndexEntry,
} from './certificate-index.ts';
import { escapeDnValue } from './distinguished-name.ts';
import { errorCode } from './error-code.ts';
import { exists } from './file-access.ts';
import { replaceFile, writeNewFiles } from './new-files.ts';
import { fileFault, keyBlock, readPemFile } from './pem.ts';
import { revocationListFor, writeRevocationList } from './revocation-store.ts';
import type { KeyType } from './signing-keys.ts';
import { PAIR_FILES, SET_FILES, issuedIn, placeFor, placeIn, type Issued } from './store-layout.ts';

export interface InitOptions {
  /** Names and addresses of the server; the first is its common name. */
  readonly hosts: readonly string[];
  /** Of the first client: `alice`, or a whole name, `O=Lab,CN=alice`. */
  readonly client: string;
  readonly keyType?: KeyType;
  readonly days?: number;
  readonly authorityDays?: number;
  /** Of the authority. Default `O=Sallyport,CN=Sallyport CA`. */
  readonly subject?: string;
}

export interface SigningOptions {
  /** Default `ca-key.pem` in the directory. */
  readonly authorityKeyFile?: string;
}

export interface IssueOptions extends SigningOptions {
  readonly kind: CertificatePurpose;
  /** `alice`, `O=Lab,CN=alice`; of a server its first host name. */
  readonly name: string;
  /** Further names and addresses of a server. */
  readonly hosts?: readonly string[];
  /** Where the files go. Default `clients/NAME` or `servers/NAME`. */
  readonly out?: string;
  readonly keyType?: KeyType;
  readonly days?: number;
}

const DAY_MS = 86_400_000;
/** Makes all of a directory, or nothing. Throws SecurityError that names what is there; TypeError for bad names. */
export async function initStore(
  dir: string,
  options: InitOptions,
): Promise<{ readonly server: Issued; readonly client: Issued }> {
  const path = resolve(dir);
  const present: string[] = [];
  for (const name of [...SET_FILES, ...PAIR_FILES])
    if (await exists(join(path, name))) present.push(name);
  if (present.length > 0) throw alreadyThere(path, present);
  const keyType = options.keyType ?? 'P-256';
  const { authorityDays, subject, days, hosts } = options;
  const made = await createAuthority({
    keyType,
    ...(authorityDays === undefined ? {} : { notAfter: inDays(authorityDays) }),
    ...(subject === undefined ? {} : { subject }),
  });
  const { notAfter } = entryOf(made.cert, 'server', '.');
  const authority = { ...made, bundle: made.cert, notAfter: new Date(notAfter) };
  const dates = datesOf(days, authority);
  const server = await issueServerCertificate(made, hosts, { keyType, ...dates });
  const client = await issueClientCertificate(made, subjectOf(options.client), {
    keyType,
    ...dates,
  });
  const serverEntry = entryOf(server.cert, 'server', '.');
  const clientEntry = entryOf(client.cert, 'client', '.');
  const { crl, index } = await revocationListFor(made, {
    version: 1,
    crlNumber: '0',
    certificates: [serverEntry, clientEntry],
  });
  try {
    await writeNewFiles(path, {
      [INDEX_FILE]: `${JSON.stringify(index, undefined, 1)}\n`,
      'ca-key.pem': made.key,
      'server-key.pem': server.key,
      'server-cert.pem': server.cert,
      'client-key.pem': client.key,
      'client-cert.pem': client.cert,
      'ca-crl.pem': crl,
      'ca-cert.pem': made.cert,
    });
  } catch (cause) {
    throw writeFault(path, cause);
  }
  return { server: issuedIn(path, serverEntry), client: issuedIn(path, clientEntry) };
}

/** A pair for another host, or another person. Throws SecurityError that names a file; TypeError for bad names. */
export async function issueFrom(dir: string, options: IssueOptions): Promise<Issued> {
  const path = resolve(dir);
  const { kind, days, keyType } = options;
  return whileLocked(path, async () => {
    const authority = await openSigningAuthority(path, options.authorityKeyFile);
    const details = {
      ...(keyType === undefined ? {} : { keyType }),
      ...datesOf(days, authority),
    };
    const pair =
      kind === 'server'
        ? await issueServerCertificate(authority, [options.name, ...(options.hosts ?? [])], details)
        : await issueClientCertificate(authority, subjectOf(options.name), details);
    const name = shortName(entryOf(pair.cert, kind, '').subject);
    const out = options.out === undefined ? placeFor(path, kind, name) : resolve(options.out);
    const entry = entryOf(pair.cert, kind, placeIn(path, out));
    const issued = issuedIn(path, entry);
    for (const file of [issued.certFile, issued.keyFile])
      if (await exists(file))
        throw fileFault(
          file,
          'exists already, and nothing is overwritten: "sallyport cert renew" gives it new dates; else move it away, or name another place with --out',
        );
    const before = await readIndex(path);
    const after = { ...before, certificates: [...before.certificates, entry] };
    const index = await recorded(path, authority, after);
    await writePair(path, { out, kind, pair }, authority, index);
    return issued;
  });
}

export interface RenewOptions extends SigningOptions {
  readonly kind: CertificatePurpose;
  /** Default: the pair in the directory itself. */
  readonly name?: string;
  /** Names and addresses that a server's certificate gets beside those it has. */
  readonly hosts?: readonly string[];
  readonly days?: number;
  /** False: the key stays, so that the certificate is all that changes, in one step. */
  readonly newKey?: boolean;
  readonly keyType?: KeyType;
}

/** The same names with new dates and serial number, in the place of the old certificate. */
export async function renewIn(
  dir: string,
  options: RenewOptions,
): Promise<Issued & { readonly old: IndexEntry }> {
  const path = resolve(dir);
  const { kind, hosts = [], days, newKey = false } = options;
  return whileLocked(path, async () => {
    const index = await readIndex(path);
    const old = latestEntry(path, index, kind, options.name);
    const authority = await openSigningAuthority(path, options.authorityKeyFile);
    const { certFile, keyFile, caFile } = issuedIn(path, old);
    const details = {
      ...datesOf(days, authority),
      ...(newKey
        ? { keyType: options.keyType ?? 'P-256' }
        : { key: await keyOf(keyFile, certFile, kind) }),
    };
    const known = old.subjectAltNames.flatMap((name) => /^(?:DNS|IP):(.*)$/.exec(name)?.[1] ?? []);
    const pair =
      kind === 'server'
        ? await issueServerCertificate(authority, [...known, ...hosts], {
            ...details,
            subject: old.subject,
          })
        : await issueClientCertificate(authority, old.subject, details);
    const entry = entryOf(pair.cert, kind, old.directory);
    const certificates = index.certificates.map((each) =>
      each === old ? { ...each, replacedBy: entry.serialNumber } : each,
    );
    await recorded(path, authority, { ...index, certificates: [...certificates, entry] });
    try {
      if (newKey) await replaceFile(keyFile, pair.key);
      await replaceFile(certFile, pair.cert);
    } catch (cause) {
      throw writeFault(certFile, cause);
    }
    return { entry, certFile, keyFile, caFile, old };
  });
}

/** The newest of that name that was not revoked. */
export function latestEntry(
  dir: string,
  index: CertificateIndex,
  kind: CertificatePurpose,
  name: string | undefined,
): IndexEntry {
  const found = index.certificates.findLast(
    (entry) =>
      entry.kind === kind &&
      entry.revokedAt === undefined &&
      (name === undefined ? entry.directory === '.' : isCalled(entry, name)),
  );
  if (found !== undefined) return found;
  const which = name === undefined ? `${kind}-cert.pem` : `${kind} named ${name}`;
  throw fileFault(
    dir,
    `has no ${which} on record that was not revoked; "sallyport cert list" shows what there is, "sallyport cert issue" makes new ones`,
  );
}

/** The private key of a pair. */
export async function keyOf(
  keyFile: string,
  certFile: string,
  kind: CertificatePurpose,
): Promise<string> {
  if (!(await exists(keyFile)))
    throw fileFault(
      keyFile,
      'is not there, and is needed; bring the pair back, or let "sallyport cert renew --new-key" make another key',
    );
  const block = keyBlock(await readPemFile(keyFile, `the ${kind}'s private key`), keyFile);
  if (block.encrypted)
    throw fileFault(keyFile, `is encrypted; --new-key makes another key for ${certFile}`);
  return block.text;
}

/** Records, and makes sure that the revocation list does not end before a certificate does. */
async function recorded(
  dir: string,
  authority: SigningAuthority,
  index: CertificateIndex,
): Promise<CertificateIndex> {
  const ends = index.certificates.at(-1)?.notAfter ?? '';
  const enough = index.crlNextUpdate !== undefined && index.crlNextUpdate >= ends;
  if (!enough) return writeRevocationList(dir, authority, index);
  await writeIndex(dir, index);
  return index;
}

async function writePair(
  dir: string,
  {
    out,
    kind,
    pair,
  }: { readonly out: string; readonly kind: CertificatePurpose; readonly pair: CertifiedKey },
  authority: SigningAuthority,
  index: CertificateIndex,
): Promise<void> {
  const set: Record<string, string> = {
    [`${kind}-key.pem`]: pair.key,
    [`${kind}-cert.pem`]: pair.cert,
  };
  if (!(await isText(join(out, 'ca-cert.pem'), authority.bundle)))
    set['ca-cert.pem'] = authority.bundle;
  if (kind === 'server' && out !== dir && BigInt(index.crlNumber) > 0n)
    set['ca-crl.pem'] = await readFile(join(dir, 'ca-crl.pem'), 'utf8');
  try {
    if (out !== dir) await mkdir(resolve(out, '..'), { recursive: true, mode: 0o700 });
    await writeNewFiles(out, set);
  } catch (cause) {
    throw writeFault(out, cause);
  }
}

const isText = (file: string, text: string): Promise<boolean> =>
  readFile(file, 'utf8').then(
    (present) => present.trim() === text.trim(),
    () => false,
  );

const inDays = (days: number): Date =>
  new Date(Math.floor((Date.now() + days * DAY_MS) / 1000) * 1000);

function datesOf(
  days: number | undefined,
  { notAfter }: SigningAuthority,
): { readonly notAfter?: Date } {
  if (days === undefined) return {};
  const end = inDays(days);
  if (end > notAfter)
    throw new TypeError(
      `${days} days would outlive the authority, which ends on ${notAfter.toISOString().slice(0, 10)}`,
    );
  return { notAfter: end };
}

/** `alice` is `CN=alice`; what has an equals sign is a whole name already. */
const subjectOf = (name: string): string =>
  name.includes('=') ? name : `CN=${escapeDnValue(name)}`;

const alreadyThere = (dir: string, present: readonly string[]): Error =>
  fileFault(
    join(dir, present[0] ?? ''),
    `exists already, and nothing is overwritten; "sallyport cert issue" and "cert renew" work with the authority that is there, another --dir makes another`,
  );

function writeFault(path: string, cause: unknown): unknown {
  const code = errorCode(cause);
  if (!/^E[A-Z]+$/.test(code)) return cause;
  return fileFault(
    path,
    code === 'EEXIST'
      ? 'has one of the files already, and nothing is overwritten'
      : `cannot be written (${code})`,
    cause,
  );
}
