/** One set of test certificates for all servers of a run: P-256 or RSA-2048, made with the openssl command. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { respond } from '../../src/crypto/vnc-challenge.ts';

export type KeyType = 'P-256' | 'RSA-2048';

export interface BenchCredentials {
  /** QEMU's file layout. */
  readonly dir: string;
  readonly passwordFile: string;
  /** The same in TigerVNC's format: 8 bytes, DES with a fixed key. */
  readonly vncPasswordFile: string;
  readonly password: string;
  readonly remove: () => void;
}

const XVNC_KEY = Uint8Array.of(0x17, 0x52, 0x6b, 0x06, 0x23, 0x4e, 0x58, 0x07);

const keyOptions: Record<KeyType, readonly string[]> = {
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'RSA-2048': ['-newkey', 'rsa:2048'],
};

export function makeCredentials(keyType: KeyType): BenchCredentials {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  };
  const key = keyOptions[keyType];
  openssl(
    'req',
    '-x509',
    '-nodes',
    ...key,
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca-cert.pem',
    '-days',
    '30',
    '-subj',
    '/CN=bench CA',
  );
  openssl(
    'req',
    '-nodes',
    ...key,
    '-keyout',
    'server-key.pem',
    '-out',
    'server.csr',
    '-subj',
    '/CN=localhost',
  );
  const extensions =
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature,keyEncipherment\nbasicConstraints=critical,CA:FALSE\n';
  writeFileSync(join(dir, 'extensions'), extensions);
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca-cert.pem',
    '-CAkey',
    'ca-key.pem',
    '-CAcreateserial',
    '-days',
    '30',
    '-extfile',
    'extensions',
    '-out',
    'server-cert.pem',
  );
  const password = 'bench123';
  writeFileSync(join(dir, 'password'), password, { mode: 0o600 });
  // The format is VNC authentication turned about: the password, answered with a fixed key.
  const padded = new Uint8Array(16);
  padded.set(Buffer.from(password));
  const scrambled = respond(padded, XVNC_KEY).subarray(0, 8);
  writeFileSync(join(dir, 'vnc-password'), scrambled, { mode: 0o600 });
  return {
    dir,
    passwordFile: join(dir, 'password'),
    vncPasswordFile: join(dir, 'vnc-password'),
    password,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
