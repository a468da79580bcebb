/**
 * Which files of a directory are the certificate, its key, the authority and its list: QEMU's names, Kubernetes's and
 * Let's Encrypt's. Used when credentials are loaded, and to know what to watch.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificatePurpose } from './certificate-checks.ts';
import { exists, readFault } from './file-access.ts';
import { fileFault } from './pem.ts';

export interface IdentityFileNames {
  /** Our certificate, then any intermediates. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface CredentialFileNames extends IdentityFileNames {
  /** Further certificates: another kind of key for the same names, or other names. */
  readonly alternatives?: readonly IdentityFileNames[];
  /** Authorities whose certificates peers may show. */
  readonly caFile?: string;
  /** What those have revoked, one list or several. */
  readonly crlFile?: string;
  /** The authority signed our certificate, too, and it is an error if it did not. Default false. */
  readonly ownAuthority?: boolean;
}

/** A directory in one of the layouts of docs/reload.md, or files by name. */
export type CredentialSource = { readonly dir: string } | CredentialFileNames;

/** QEMU 10.2 and later read these beside server-cert.pem, or in place of it, and stop at the first gap. */
const INDEXES = [0, 1, 2, 3];

/** Rejects with SecurityError (ERR_VNC_TLS_CONFIGURATION) for a directory that has none of the layouts. */
export async function credentialFiles(
  source: CredentialSource,
  purpose: CertificatePurpose,
  needCa: boolean,
): Promise<CredentialFileNames> {
  if (!('dir' in source)) return source;
  const { dir } = source;
  if (purpose === 'client') return qemuLayout(dir, [identity(dir, 'client')], needCa);
  const qemu = await qemuIdentities(dir);
  if (qemu.length > 0) return qemuLayout(dir, qemu, needCa);
  if (await some(dir, ['tls.crt', 'tls.key'])) return kubernetesLayout(dir, needCa);
  if (await some(dir, ['fullchain.pem', 'privkey.pem'])) return letsEncryptLayout(dir, needCa);
  // A directory that is not there, or cannot be entered, deserves to hear so.
  await stat(dir).catch((cause: unknown) => {
    throw fileFault(dir, readFault(cause, 'a certificate and its key'), cause);
  });
  throw fileFault(
    dir,
    'has no certificate under a name that is known: server-cert.pem and server-key.pem (QEMU, libvirt), ' +
      "tls.crt and tls.key (Kubernetes), or fullchain.pem and privkey.pem (Let's Encrypt)",
  );
}

const identity = (dir: string, kind: string, suffix = ''): IdentityFileNames => ({
  certFile: join(dir, `${kind}-cert${suffix}.pem`),
  keyFile: join(dir, `${kind}-key${suffix}.pem`),
});

const some = async (dir: string, names: readonly string[]): Promise<boolean> =>
  (await Promise.all(names.map((name) => exists(join(dir, name))))).includes(true);

/** A key without its certificate counts, so that loading can say which of the two is missing. */
async function qemuIdentities(dir: string): Promise<IdentityFileNames[]> {
  const found: IdentityFileNames[] = [];
  const has = ({ certFile, keyFile }: IdentityFileNames): Promise<boolean> =>
    some('', [certFile, keyFile]);
  const plain = identity(dir, 'server');
  if (await has(plain)) found.push(plain);
  for (const index of INDEXES) {
    const indexed = identity(dir, 'server', `-${index}`);
    if (!(await has(indexed))) break;
    found.push(indexed);
  }
  return found;
}

async function qemuLayout(
  dir: string,
  identities: readonly IdentityFileNames[],
  needCa: boolean,
): Promise<CredentialFileNames> {
  const [first, ...alternatives] = identities;
  const authority = await authorityIn(dir, 'ca-cert.pem', 'ca-crl.pem', needCa);
  return { ...(first ?? identity(dir, 'server')), alternatives, ...authority, ownAuthority: true };
}

/** cert-manager writes the issuer to ca.crt, which need not be a root, and leaves it empty when it knows none. */
async function kubernetesLayout(dir: string, needCa: boolean): Promise<CredentialFileNames> {
  const authority = await authorityIn(dir, 'ca.crt', 'ca.crl', needCa);
  return { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key'), ...authority };
}

/** Viewers' certificates come from an authority of one's own, whose files have QEMU's names. */
async function letsEncryptLayout(dir: string, needCa: boolean): Promise<CredentialFileNames> {
  const authority = await authorityIn(dir, 'ca-cert.pem', 'ca-crl.pem', needCa);
  return { certFile: join(dir, 'fullchain.pem'), keyFile: join(dir, 'privkey.pem'), ...authority };
}

/** The list is optional, and so is the authority unless it is needed. */
async function authorityIn(
  dir: string,
  ca: string,
  crl: string,
  needCa: boolean,
): Promise<Pick<CredentialFileNames, 'caFile' | 'crlFile'>> {
  const caFile = join(dir, ca);
  const crlFile = join(dir, crl);
  const useCa = needCa || ((await exists(caFile)) && !(ca === 'ca.crt' && (await isEmpty(caFile))));
  return {
    ...(useCa ? { caFile } : {}),
    ...((await exists(crlFile)) ? { crlFile } : {}),
  };
}

const isEmpty = (file: string): Promise<boolean> =>
  stat(file).then(
    ({ size }) => size === 0,
    () => false, // reading it will tell why
  );
