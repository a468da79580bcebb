/** Revokes what an authority issued, and writes its list for every server of the directory. Used by the certificate store. */
import { X509Certificate } from 'node:crypto';
import { join, resolve } from 'node:path';
import { openSigningAuthority } from './authority-key.ts';
import {
  REVOCATION_LIST_VALID_DAYS,
  issueRevocationList,
  type CertifiedKey,
  type RevocationReason,
} from './certificate-authority.ts';
import {
  entryOf,
  isCalled,
  readIndex,
  whileLocked,
  writeIndex,
  type CertificateIndex,
  type IndexEntry,
} from './certificate-index.ts';
import { errorCode } from './error-code.ts';
import { exists } from './file-access.ts';
import { replaceFile } from './new-files.ts';
import { certificateBlocks, fileFault, readPemFile } from './pem.ts';

const DAY_MS = 86_400_000;

export interface RevokeOptions {
  readonly reason?: RevocationReason;
  /** Default `ca-key.pem` in the directory. */
  readonly authorityKeyFile?: string;
}

export interface Revoked {
  readonly revoked: readonly IndexEntry[];
  /** Those of the ids that had been revoked before. */
  readonly already: readonly IndexEntry[];
  readonly crlFile: string;
  readonly crlNumber: string;
}

/**
 * Each id is a name (all its certificates), a serial number, or a certificate's file. All of them are revoked, or none;
 * without ids the list is only written anew. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION).
 */
export async function revokeIn(
  dir: string,
  ids: readonly string[],
  options: RevokeOptions = {},
): Promise<Revoked> {
  const path = resolve(dir);
  return whileLocked(path, async () => {
    const authority = await openSigningAuthority(path, options.authorityKeyFile);
    const index = await readIndex(path);
    const all = new Map(index.certificates.map((entry) => [entry.serialNumber, entry]));
    const chosen = new Map<string, IndexEntry>();
    for (const id of ids)
      for (const entry of await entriesFor(path, id, all, authority))
        chosen.set(entry.serialNumber, entry);
    const already = [...chosen.values()].filter(({ revokedAt }) => revokedAt !== undefined);
    const revokedAt = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    const { reason } = options;
    const revoked = [...chosen.values()]
      .filter((entry) => entry.revokedAt === undefined)
      .map((entry) => ({ ...entry, revokedAt, ...(reason === undefined ? {} : { reason }) }));
    for (const entry of revoked) all.set(entry.serialNumber, entry);
    const { crlNumber } = await writeRevocationList(path, authority, {
      ...index,
      certificates: [...all.values()],
    });
    return { revoked, already, crlFile: join(path, 'ca-crl.pem'), crlNumber };
  });
}

async function entriesFor(
  dir: string,
  id: string,
  all: ReadonlyMap<string, IndexEntry>,
  authority: CertifiedKey,
): Promise<IndexEntry[]> {
  const bySerial = all.get(id.replaceAll(':', '').toUpperCase());
  if (bySerial !== undefined) return [bySerial];
  const named = [...all.values()].filter((entry) => isCalled(entry, id));
  const kinds = new Set(named.map(({ kind }) => kind));
  if (kinds.size > 1)
    throw fileFault(
      dir,
      `has a server and a client named ${id}; their serial numbers ("sallyport cert list") tell them apart`,
    );
  if (named.length > 0) return named;
  if (await exists(id)) return [await entryInFile(id, all, authority)];
  throw fileFault(
    dir,
    `has no certificate named or numbered ${id} on record; "sallyport cert list" shows what there is, and a certificate's file can be named too`,
  );
}

/** A certificate that another tool made with this authority may be on no record. */
async function entryInFile(
  file: string,
  all: ReadonlyMap<string, IndexEntry>,
  authority: CertifiedKey,
): Promise<IndexEntry> {
  const [block] = certificateBlocks(await readPemFile(file, 'a certificate'), file);
  if (block === undefined) throw fileFault(file, 'holds no certificate');
  const certificate = new X509Certificate(block.text);
  const issuer = new X509Certificate(authority.cert);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    throw fileFault(file, 'was not issued by this authority, so it cannot be revoked by it');
  const isClient = certificate.keyUsage?.includes('1.3.6.1.5.5.7.3.2') === true;
  const entry = entryOf(block.text, isClient ? 'client' : 'server', '');
  return all.get(entry.serialNumber) ?? entry;
}

/** The next list, and the record with its number. */
export async function revocationListFor(
  authority: CertifiedKey,
  index: CertificateIndex,
): Promise<{ readonly crl: string; readonly index: CertificateIndex }> {
  const number = BigInt(index.crlNumber) + 1n;
  const nextUpdate = endOfList(index);
  const crl = await issueRevocationList(
    authority,
    index.certificates.flatMap(({ serialNumber, revokedAt, reason }) =>
      revokedAt === undefined
        ? []
        : [
            {
              serialNumber,
              date: new Date(revokedAt),
              ...(reason === undefined ? {} : { reason }),
            },
          ],
    ),
    { number, nextUpdate },
  );
  return {
    crl,
    index: { ...index, crlNumber: String(number), crlNextUpdate: nextUpdate.toISOString() },
  };
}

/**
 * A list that ends shuts every client out, and nobody fetches a new one for a server that reads it from a file. So it
 * outlasts the certificates that it could speak of, by as much as those that are issued tomorrow need no new list.
 */
function endOfList(index: CertificateIndex): Date {
  const ends = index.certificates.flatMap(({ notAfter, revokedAt }) =>
    notAfter === '' || revokedAt !== undefined ? [] : [Date.parse(notAfter)],
  );
  const now = Math.floor(Date.now() / 1000) * 1000;
  const last = ends.reduce((latest, end) => Math.max(latest, end), now);
  return new Date(last + REVOCATION_LIST_VALID_DAYS * DAY_MS);
}

/** Records first: a list that is written again from the record cannot forget anybody. */
export async function writeRevocationList(
  dir: string,
  authority: CertifiedKey,
  before: CertificateIndex,
): Promise<CertificateIndex> {
  const { crl, index } = await revocationListFor(authority, before);
  try {
    await writeIndex(dir, index);
    await replaceFile(join(dir, 'ca-crl.pem'), crl);
    for (const place of serverPlaces(dir, index)) {
      const copy = join(place, 'ca-crl.pem');
      if (await exists(copy)) await replaceFile(copy, crl);
    }
  } catch (cause) {
    const code = errorCode(cause);
    throw /^E[A-Z]+$/.test(code) ? fileFault(dir, `cannot be written to (${code})`, cause) : cause;
  }
  return index;
}

/** Directories that were made for other servers, where they have not been moved away. */
const serverPlaces = (dir: string, { certificates }: CertificateIndex): Set<string> =>
  new Set(
    certificates.flatMap(({ kind, directory }) =>
      kind === 'server' && directory !== '.' && directory !== '' ? [resolve(dir, directory)] : [],
    ),
  );
