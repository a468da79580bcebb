/** One certificate and its key from two files, checked. Used by credential-files.ts, for each that a server has. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Secret } from '../core/secret.ts';
import {
  checkLeaf,
  openCertificate,
  type CertificatePurpose,
  type CheckedCertificate,
} from './certificate-checks.ts';
import type { IdentityFileNames } from './credential-layout.ts';
import type { Expiry } from './expiry.ts';
import { readableByOthers, readableByOthersWarning } from './file-access.ts';
import { describePeerCertificate } from './peer-certificate.ts';
import { certificateBlocks, fileFault, keyBlock, readPemFile } from './pem.ts';

export interface CredentialSummary {
  readonly subject: string;
  /** `DNS:host`, `IP:10.0.0.1`, … */
  readonly subjectAltNames: readonly string[];
  /** SHA-256, upper case with colons, as viewers show it. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

export interface LoadedIdentity {
  readonly cert: string;
  readonly key: string;
  /** Our certificate and what else its file has. */
  readonly chain: readonly [CheckedCertificate, ...CheckedCertificate[]];
  readonly summary: CredentialSummary;
  readonly expiry: Expiry;
  readonly warnings: readonly string[];
}

export interface IdentityOptions {
  readonly purpose: CertificatePurpose;
  readonly keyPassword: Secret | undefined;
  readonly now: Date;
}

/** Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) that names the file and what would be right. */
export async function loadIdentity(
  { certFile, keyFile }: IdentityFileNames,
  { purpose, keyPassword, now }: IdentityOptions,
): Promise<LoadedIdentity> {
  const blocks = certificateBlocks(
    await readPemFile(certFile, `the ${purpose}'s certificate`),
    certFile,
  );
  const [leaf, ...rest] = blocks.map((block) => openCertificate(block, certFile));
  if (leaf === undefined) throw fileFault(certFile, 'holds no certificate');
  checkLeaf(leaf, purpose, certFile, now);
  const key = await readKey(keyFile, purpose, keyPassword);
  if (!leaf.x509.checkPrivateKey(key.object))
    throw fileFault(keyFile, `is not the key of ${certFile}: it belongs to another certificate`);
  return {
    cert: blocks.map(({ text }) => text).join(''),
    key: key.pem,
    chain: [leaf, ...rest],
    summary: summarize(leaf),
    expiry: { file: certFile, what: 'certificate', from: leaf.notBefore, until: leaf.notAfter },
    warnings: (await readableByOthers(keyFile)) ? [readableByOthersWarning(keyFile)] : [],
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
