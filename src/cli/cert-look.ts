/** `sallyport cert list` and `show`: look, and change nothing. */
import { join } from 'node:path';
import { openCertificate } from '../node/certificate-checks.ts';
import {
  describeCertificate,
  type CertificateDescription,
} from '../node/certificate-description.ts';
import { readIndex, stateOf } from '../node/certificate-index.ts';
import { exists } from '../node/file-access.ts';
import { certificateBlocks, fileFault, readPemFile } from '../node/pem.ts';
import { directoryOf, type ListOptions } from './cert-options.ts';
import { columns, coverage, day, print, printJson } from './cert-text.ts';
import { shellQuote } from './terminal-text.ts';

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
