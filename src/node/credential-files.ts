/**
 * Certificates, keys and revocation lists from files, checked so that every mistake is a sentence at start and not a
 * failed handshake later. Files are named as QEMU and libvirt name them in a directory, or one by one. Used by servers,
 * by viewers with certificates of their own, and again whenever credentials are reloaded.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { Secret } from '../core/secret.ts';
import { loadAuthorities } from './authority-files.ts';
import {
  chainFault,
  checkLeaf,
  covers,
  openCertificate,
  type CertificatePurpose,
  type CheckedCertificate,
} from './certificate-checks.ts';
import { exists, readableByOthers, readableByOthersWarning } from './file-access.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { certificateBlocks, fileFault, keyBlock, readPemFile } from './pem.ts';
import { iso } from './revocation-list.ts';
import type { TlsCredentials } from './tls-context.ts';

export interface CredentialFileNames {
  /** Our certificate, then any intermediates. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities whose certificates peers may show. */
  readonly caFile?: string;
  /** What those have revoked, one list or several. */
  readonly crlFile?: string;
}

/** A directory in QEMU's layout: `server-cert.pem`, `server-key.pem`, `ca-cert.pem` and, if there, `ca-crl.pem`. */
export type CredentialSource = { readonly dir: string } | CredentialFileNames;

export interface CredentialOptions {
  /** Peers' certificates will be verified: without authorities that cannot be. */
  readonly needCa: boolean;
  /** Default server. For `client` a directory holds `client-cert.pem` and `client-key.pem`. */
  readonly purpose?: CertificatePurpose;
  /** Host names and addresses that people will connect to: a warning says which of them viewers will refuse. */
  readonly hosts?: readonly string[];
  /** Of an encrypted private key. */
  readonly keyPassword?: Secret;
  /** Default: the clock. */
  readonly now?: Date;
}

export interface CredentialSummary {
  readonly subject: string;
  /** `DNS:host`, `IP:10.0.0.1`, … */
  readonly subjectAltNames: readonly string[];
  /** SHA-256, upper case with colons, as viewers show it. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

export interface LoadedCredentials extends TlsCredentials {
  /** What works now and should not stay so, a sentence each. */
  readonly warnings: readonly string[];
  readonly summary: CredentialSummary;
}

const SOON_MS = 30 * 86_400_000;

/** Reads and checks. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) that names the file and what would be right. */
export async function loadTlsCredentials(
  source: CredentialSource,
  options: CredentialOptions,
): Promise<LoadedCredentials> {
  const { purpose = 'server', now = new Date() } = options;
  const files = 'dir' in source ? await filesIn(source.dir, purpose, options.needCa) : source;
  const { certFile, keyFile, caFile, crlFile } = files;
  const warnings: string[] = [];

  const certBlocks = certificateBlocks(
    await readPemFile(certFile, `the ${purpose}'s certificate`),
    certFile,
  );
  const chain = certBlocks.map((block) => openCertificate(block, certFile));
  const [leaf] = chain;
  if (leaf === undefined) throw fileFault(certFile, 'holds no certificate');
  checkLeaf(leaf, purpose, certFile, now);
  const key = await readKey(keyFile, purpose, options.keyPassword);
  if (!leaf.x509.checkPrivateKey(key.object))
    throw fileFault(keyFile, `is not the key of ${certFile}: it belongs to another certificate`);
  if (await readableByOthers(keyFile)) warnings.push(readableByOthersWarning(keyFile));
  if (leaf.notAfter.getTime() - now.getTime() < SOON_MS)
    warnings.push(`${certFile} expires on ${iso(leaf.notAfter)}`);
  const summary = summarize(leaf);
  for (const host of (options.hosts ?? []).filter((name) => !covers(leaf, name)))
    warnings.push(
      `${certFile} does not name ${host}, so viewers that connect to it will refuse; it names ${summary.subjectAltNames.join(', ') || 'no host'}`,
    );

  if (caFile === undefined && options.needCa)
    throw fileFault(
      certFile,
      'came without a CA file, which is needed to verify the certificates of peers',
    );
  const authorities =
    caFile === undefined
      ? undefined
      : await loadAuthorities({ caFile, ...(crlFile === undefined ? {} : { crlFile }) }, options);
  if (caFile !== undefined && authorities !== undefined) {
    warnings.push(...authorities.warnings);
    const fault = chainFault(chain, authorities.certificates, { cert: certFile, ca: caFile }, now);
    // QEMU's layout has one authority for both ends. Files that are named one by one may mean a public certificate here
    // and an authority of our own for the peers.
    if (fault !== undefined && 'dir' in source) throw fault;
    if (fault !== undefined) warnings.push(fault.message);
  }
  if (caFile === undefined && crlFile !== undefined)
    throw fileFault(crlFile, 'came without a CA file, so nobody can tell whose list it is');

  return {
    cert: certBlocks.map(({ text }) => text).join(''),
    key: key.pem,
    ...(authorities === undefined ? {} : { ca: authorities.ca }),
    ...(authorities?.crls === undefined ? {} : { crls: authorities.crls }),
    warnings,
    summary,
  };
}

/** What a directory has: the list of revoked certificates is optional, and so is the authority unless it is needed. */
async function filesIn(
  dir: string,
  purpose: CertificatePurpose,
  needCa: boolean,
): Promise<CredentialFileNames> {
  const caFile = join(dir, 'ca-cert.pem');
  const crlFile = join(dir, 'ca-crl.pem');
  return {
    certFile: join(dir, `${purpose}-cert.pem`),
    keyFile: join(dir, `${purpose}-key.pem`),
    ...(needCa || (await exists(caFile)) ? { caFile } : {}),
    ...((await exists(crlFile)) ? { crlFile } : {}),
  };
}

async function readKey(
  file: string,
  purpose: CertificatePurpose,
  password: Secret | undefined,
): Promise<{ readonly object: KeyObject; readonly pem: string }> {
  const block = keyBlock(await readPemFile(file, `the ${purpose}'s private key`), file);
  if (!block.encrypted) {
    try {
      return { object: createPrivateKey(block.text), pem: block.text };
    } catch (cause) {
      throw fileFault(file, 'holds a private key that cannot be parsed; copy it again', cause);
    }
  }
  if (password === undefined)
    throw fileFault(
      file,
      `is encrypted and no password was given for it; give one, or decrypt it with "openssl pkey -in ${file}"`,
    );
  try {
    const object = createPrivateKey({ key: block.text, passphrase: password.reveal() });
    return { object, pem: object.export({ type: 'pkcs8', format: 'pem' }).toString() };
  } catch (cause) {
    throw fileFault(file, 'cannot be decrypted with the password that was given', cause);
  }
}

function summarize({ x509, notAfter }: CheckedCertificate): CredentialSummary {
  const described = describePeerCertificate(x509.raw, { verified: true });
  return {
    subject: described.distinguishedName,
    subjectAltNames: described.subjectAltNames,
    fingerprint: (described.fingerprint256.toUpperCase().match(/../g) ?? []).join(':'),
    notAfter,
  };
}
