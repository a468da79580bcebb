/** The authority of a directory, ready to sign: `ca-cert.pem` and `ca-key.pem`, checked. Used by the certificate store. */
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import type { CertifiedKey } from './certificate-authority.ts';
import { dateFault, openCertificate } from './certificate-checks.ts';
import { exists } from './file-access.ts';
import { certificateBlocks, fileFault, keyBlock, readPemFile } from './pem.ts';

export interface SigningAuthority extends CertifiedKey {
  /** All of `ca-cert.pem`, as it is given to others. */
  readonly bundle: string;
  readonly notAfter: Date;
}

/** Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) that names the file and what would be right. */
export async function openSigningAuthority(
  dir: string,
  keyFile: string = join(dir, 'ca-key.pem'),
): Promise<SigningAuthority> {
  const certFile = join(dir, 'ca-cert.pem');
  if (!(await exists(certFile)))
    throw fileFault(
      dir,
      'has no authority (ca-cert.pem); "sallyport cert init" makes one, and "sallyport serve" does on its first run',
    );
  if (!(await exists(keyFile)))
    throw fileFault(
      keyFile,
      'is not there, and nothing can be signed without it; if it is kept elsewhere, --ca-key names it',
    );
  const blocks = certificateBlocks(
    await readPemFile(certFile, "the authority's certificate"),
    certFile,
  );
  const block = keyBlock(await readPemFile(keyFile, "the authority's key"), keyFile);
  if (block.encrypted)
    throw fileFault(
      keyFile,
      `is encrypted; "openssl pkey -in ${keyFile}" decrypts it into a file for --ca-key`,
    );
  let key;
  try {
    key = createPrivateKey(block.text);
  } catch (cause) {
    throw fileFault(keyFile, 'holds a private key that cannot be parsed; copy it again', cause);
  }
  for (const { text, ...rest } of blocks) {
    const certificate = openCertificate({ text, ...rest }, certFile);
    if (!certificate.x509.checkPrivateKey(key)) continue;
    const fault = dateFault(certificate, new Date());
    if (fault !== undefined) throw fileFault(certFile, fault);
    if (!certificate.x509.ca)
      throw fileFault(
        certFile,
        `holds a certificate (${certificate.name}) that may sign no others`,
      );
    const bundle = blocks.map((each) => each.text).join('');
    return { cert: text, key: block.text, bundle, notAfter: certificate.notAfter };
  }
  throw fileFault(keyFile, `is not the key of ${certFile}: it belongs to another certificate`);
}
