/** Every problem of a directory of certificates in QEMU's layout, for `sallyport cert check`. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  openCertificate,
  type CertificatePurpose,
  type CheckedCertificate,
} from './certificate-checks.ts';
import { Findings, auditChain, auditDates, auditStrength, type Problem } from './chain-audit.ts';
import { exists, readableByOthers } from './file-access.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import {
  certificateBlocks,
  keyBlock,
  readPemFile,
  revocationListBlocks,
  type PemBlock,
} from './pem.ts';
import { expiryWarnings } from './expiry.ts';
import { checkRevocationList } from './revocation-list.ts';

export interface AuditOptions {
  /** Names and addresses that viewers connect to. */
  readonly hosts?: readonly string[];
  readonly now?: Date;
  /** For the commands in what is to be done: ` --dir pki`. */
  readonly dirOption?: string;
}

export async function auditDirectory(dir: string, options: AuditOptions = {}): Promise<Problem[]> {
  const findings = new Findings();
  const { now = new Date(), dirOption = '' } = options;
  if (!(await exists(dir))) {
    findings.add('error', `${dir} does not exist`, `sallyport cert init${dirOption}`);
    return findings.problems;
  }
  const place = await stat(dir);
  if (!place.isDirectory()) {
    findings.add('error', `${dir} is a file, not a directory`, `sallyport cert show ${dir}`);
    return findings.problems;
  }
  if (process.platform !== 'win32' && (place.mode & 0o022) !== 0)
    findings.add(
      'error',
      `${dir} can be written to by other users, who could put their own certificates there`,
      `chmod go-w ${dir}`,
    );
  const authorities = await auditAuthorities(dir, findings, now);
  const revoked = await auditRevocationList(dir, authorities, findings, options);
  let pairs = 0;
  for (const purpose of ['server', 'client'] as const) {
    const present = [];
    for (const part of ['cert', 'key'])
      present.push(await exists(join(dir, `${purpose}-${part}.pem`)));
    if (!present.includes(true)) continue;
    pairs++;
    await auditPair(dir, purpose, { findings, authorities, revoked, options, now });
  }
  if (pairs === 0)
    findings.add(
      'error',
      `${dir} has neither server-cert.pem nor client-cert.pem`,
      `sallyport cert init${dirOption}`,
    );
  return findings.problems;
}

async function auditAuthorities(
  dir: string,
  findings: Findings,
  now: Date,
): Promise<CheckedCertificate[]> {
  const file = join(dir, 'ca-cert.pem');
  const blocks = await findings.attempt(
    'copy ca-cert.pem of the authority that issued the certificates into the directory',
    async () => certificateBlocks(await readPemFile(file, "the authority's certificate"), file),
  );
  const authorities: CheckedCertificate[] = [];
  for (const block of blocks ?? []) {
    const authority = await findings.attempt(undefined, () => openCertificate(block, file));
    if (authority === undefined) continue;
    authorities.push(authority);
    if (!authority.x509.ca)
      findings.add(
        'error',
        `${file} holds a certificate (${authority.name}) that is not an authority's: CA:TRUE is missing`,
        "put the authority's certificate there, not the server's",
      );
    auditDates(authority, file, findings, now, 'make a new authority, and give it to every viewer');
    auditStrength(authority, file, findings);
  }
  await auditAuthorityKey(dir, authorities, findings);
  return authorities;
}

async function auditAuthorityKey(
  dir: string,
  authorities: readonly CheckedCertificate[],
  findings: Findings,
): Promise<void> {
  const file = join(dir, 'ca-key.pem');
  if (!(await exists(file))) return;
  findings.add(
    'note',
    `${file} is not needed to serve; whoever has it can make certificates that every viewer trusts`,
    'keep it off this machine, and name it with --ca-key when something is to be signed',
  );
  const key = await auditKey(file, "the authority's", findings);
  if (key !== undefined && !authorities.some(({ x509 }) => x509.checkPrivateKey(key)))
    findings.add(
      'error',
      `${file} is not the key of ca-cert.pem: it belongs to another certificate`,
      'put the two of one authority together',
    );
}

/** Serial numbers that were revoked. */
async function auditRevocationList(
  dir: string,
  authorities: readonly CheckedCertificate[],
  findings: Findings,
  { now = new Date(), dirOption = '' }: AuditOptions,
): Promise<ReadonlySet<string>> {
  const revoked = new Set<string>();
  const file = join(dir, 'ca-crl.pem');
  if (!(await exists(file))) return revoked;
  const fix = `sallyport cert revoke${dirOption}    (without a name: it writes the list anew)`;
  const x509s = authorities.map(({ x509 }) => x509);
  const blocks = await findings.attempt(fix, async () =>
    revocationListBlocks(await readPemFile(file, 'a revocation list'), file),
  );
  for (const block of blocks ?? []) {
    await findings.attempt(fix, () => {
      const { list } = checkRevocationList(block, file, x509s, now);
      for (const serial of list.serials) revoked.add(serial);
      if (list.nextUpdate === undefined) return;
      const expiry = {
        file,
        what: 'revocation list',
        from: list.thisUpdate,
        until: list.nextUpdate,
      } as const;
      for (const warning of expiryWarnings([expiry], now)) findings.add('warning', warning, fix);
    });
  }
  return revoked;
}

interface PairContext {
  readonly findings: Findings;
  readonly authorities: readonly CheckedCertificate[];
  readonly revoked: ReadonlySet<string>;
  readonly options: AuditOptions;
  readonly now: Date;
}

async function auditPair(
  dir: string,
  purpose: CertificatePurpose,
  { findings, authorities, revoked, options, now }: PairContext,
): Promise<void> {
  const certFile = join(dir, `${purpose}-cert.pem`);
  const keyFile = join(dir, `${purpose}-key.pem`);
  const { dirOption = '' } = options;
  const out = `${dirOption} --out ${dir}`;
  const blocks = await findings.attempt(`sallyport cert issue ${purpose} NAME${out}`, async () =>
    certificateBlocks(await readPemFile(certFile, `the ${purpose}'s certificate`), certFile),
  );
  const chain = await openChain(blocks ?? [], certFile, findings);
  const key = await auditKey(keyFile, `the ${purpose}'s`, findings);
  const [leaf] = chain;
  if (leaf === undefined) return;
  if (key !== undefined && !leaf.x509.checkPrivateKey(key))
    findings.add(
      'error',
      `${keyFile} is not the key of ${certFile}: it belongs to another certificate`,
      `put the right key back, or sallyport cert renew ${purpose}${dirOption} --new-key`,
    );
  const { serialNumber } = describePeerCertificate(leaf.x509.raw, { verified: false });
  if (revoked.has(serialNumber))
    findings.add(
      'error',
      `${certFile} was revoked: it is in ca-crl.pem (serial number ${serialNumber})`,
      `move the pair away, and sallyport cert issue ${purpose} NAME${out}`,
    );
  findings.problems.push(
    ...auditChain(chain, {
      source: certFile,
      purpose,
      now,
      ...(authorities.length === 0
        ? {}
        : { authorities: { source: join(dir, 'ca-cert.pem'), certificates: authorities } }),
      hosts: purpose === 'server' ? (options.hosts ?? []) : [],
      renew: `sallyport cert renew ${purpose}${dirOption}`,
    }),
  );
}

async function openChain(
  blocks: readonly PemBlock[],
  file: string,
  findings: Findings,
): Promise<CheckedCertificate[]> {
  const chain: CheckedCertificate[] = [];
  for (const block of blocks) {
    const certificate = await findings.attempt(undefined, () => openCertificate(block, file));
    if (certificate !== undefined) chain.push(certificate);
  }
  return chain;
}

async function auditKey(
  file: string,
  whose: string,
  findings: Findings,
): Promise<KeyObject | undefined> {
  const block = await findings.attempt(`put ${whose} key back, from where it was made`, async () =>
    keyBlock(await readPemFile(file, `${whose} private key`), file),
  );
  if (block === undefined) return undefined;
  if (await readableByOthers(file))
    findings.add(
      'error',
      `${file} can be read by every user of this machine`,
      `chmod 600 ${file}; if others have been here, revoke the certificate and issue another`,
    );
  if (block.encrypted) {
    findings.add('note', `${file} is encrypted, so that it was not compared with its certificate`);
    return undefined;
  }
  return findings.attempt(undefined, () => createPrivateKey(block.text));
}
