/** Text with PEM blocks (RFC 7468), taken apart and checked; used wherever a file of certificates, keys or lists is read. */
import { readFile } from 'node:fs/promises';
import { ErrorCode, SecurityError } from '../core/errors.ts';
import { readFault } from './file-access.ts';

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, `X509 CRL`, … */
  readonly label: string;
  /** From BEGIN to END, with a newline. */
  readonly text: string;
  readonly der: Uint8Array;
  /** A key that needs a password. */
  readonly encrypted: boolean;
}

/** What is wrong with a file, and what would be right, in one sentence. */
export const fileFault = (file: string, why: string, cause?: unknown): SecurityError =>
  new SecurityError(`${file} ${why}`, { code: ErrorCode.tlsConfiguration, cause });

/**
 * Every block of a file. Text before a block is a comment, as `openssl x509 -text` and `certtool` write it; text after
 * the last one is refused, because that is where a damaged second certificate hides, which OpenSSL skips silently.
 * Throws SecurityError (ERR_VNC_TLS_CONFIGURATION).
 */
export function readPem(bytes: Uint8Array, file: string): PemBlock[] {
  if (bytes.length === 0) throw fileFault(file, 'is empty; it must hold PEM text (-----BEGIN …)');
  const text = Buffer.from(bytes).toString('latin1');
  const blocks: PemBlock[] = [];
  let rest = text;
  for (;;) {
    const begin = /^-----BEGIN ([^\r\n]*?)-----[ \t]*\r?$/m.exec(rest);
    if (begin === null) break;
    const [line, label = ''] = begin;
    const body = rest.slice(begin.index + line.length);
    const endLine = `-----END ${label}-----`;
    const end = body.indexOf(endLine);
    const inner = body.slice(0, Math.max(end, 0));
    if (end < 0 || inner.includes('-----BEGIN '))
      throw fileFault(file, `is cut short: "-----BEGIN ${label}-----" has no "${endLine}"`);
    blocks.push(readBlock(label, inner, file));
    rest = body.slice(end + endLine.length);
  }
  if (blocks.length === 0)
    throw bytes[0] === 0x30
      ? fileFault(file, 'is DER, not PEM; "openssl x509 -inform der" (or pkey, crl) converts it')
      : fileFault(file, 'is not PEM: there is no "-----BEGIN …-----" line in it');
  if (rest.trim() !== '')
    throw fileFault(file, 'has something behind its last "-----END …-----" line; remove it');
  return blocks;
}

/** The blocks of a file that must hold `what`. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION). */
export async function readPemFile(file: string, what: string): Promise<PemBlock[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw fileFault(file, readFault(cause, `${what} as PEM`), cause);
  }
  return readPem(bytes, file);
}

function readBlock(label: string, inner: string, file: string): PemBlock {
  // Old keys have headers (RFC 1421): "Proc-Type: 4,ENCRYPTED", an empty line, then the base64.
  const headers = /^\s*((?:[A-Za-z-]+:[^\r\n]*\r?\n)+)\s*\r?\n/.exec(inner);
  const base64 = inner.slice(headers?.[0].length ?? 0).replace(/\s+/g, '');
  if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0)
    throw fileFault(file, `is damaged: what follows "-----BEGIN ${label}-----" is not base64`);
  return {
    label,
    text: `-----BEGIN ${label}-----\n${inner.trim()}\n-----END ${label}-----\n`,
    der: Buffer.from(base64, 'base64'),
    encrypted:
      label === 'ENCRYPTED PRIVATE KEY' || (headers?.[1] ?? '').includes('Proc-Type: 4,ENCRYPTED'),
  };
}

const isKey = ({ label }: PemBlock): boolean => label.endsWith('PRIVATE KEY');
const isRequest = ({ label }: PemBlock): boolean => label.endsWith('CERTIFICATE REQUEST');
const isCertificate = ({ label }: PemBlock): boolean => label === 'CERTIFICATE';
const isRevocationList = ({ label }: PemBlock): boolean => label === 'X509 CRL';

/** What a file holds instead of what it should, in words. */
function found(blocks: readonly PemBlock[]): string {
  if (blocks.some(isRequest)) return 'holds a certificate request (CSR)';
  if (blocks.some(isKey)) return 'holds a private key';
  if (blocks.some(isRevocationList)) return 'holds a revocation list (CRL)';
  if (blocks.some(isCertificate)) return 'holds a certificate';
  return `holds "${blocks[0]?.label ?? ''}"`;
}

/** The certificates of a file, of which there must be one. */
export function certificateBlocks(blocks: readonly PemBlock[], file: string): PemBlock[] {
  const certificates = blocks.filter(isCertificate);
  if (certificates.length > 0) return certificates;
  throw fileFault(
    file,
    blocks.some(isRequest)
      ? 'holds a certificate request (CSR), not a certificate: the authority must sign it first'
      : `${found(blocks)}, not a certificate ("-----BEGIN CERTIFICATE-----")`,
  );
}

/** The private key of a file, of which there must be one. */
export function keyBlock(blocks: readonly PemBlock[], file: string): PemBlock {
  const [key, second] = blocks.filter(isKey);
  if (key === undefined)
    throw fileFault(file, `${found(blocks)}, not a private key ("-----BEGIN PRIVATE KEY-----")`);
  if (second !== undefined) throw fileFault(file, 'holds several private keys; leave the one');
  return key;
}

/** The revocation lists of a file, of which there must be one. */
export function revocationListBlocks(blocks: readonly PemBlock[], file: string): PemBlock[] {
  const lists = blocks.filter(isRevocationList);
  const stray = blocks.find((block) => !isRevocationList(block));
  if (stray?.label === 'CRL')
    throw fileFault(
      file,
      'has "-----BEGIN CRL-----", which no TLS library reads; the label must be "X509 CRL"',
    );
  if (lists.length === 0 || stray !== undefined)
    throw fileFault(
      file,
      `${found(stray === undefined ? blocks : [stray])}, not a revocation list ("-----BEGIN X509 CRL-----")`,
    );
  return lists;
}
