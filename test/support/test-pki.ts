/** Certificates for tests, made by the openssl command line in a directory of their own: P-256, a second's work. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM texts. */
export interface TestCredentials {
  readonly cert: string;
  readonly key: string;
}

export interface TestPki {
  readonly directory: string;
  readonly ca: string;
  /** Lists bob. */
  readonly crl: string;
  /** A list of the same authority that is out of date. */
  readonly expiredCrl: string;
  /** localhost, 127.0.0.1, ::1. */
  readonly server: TestCredentials;
  /** other.example. */
  readonly otherServer: TestCredentials;
  readonly expiredServer: TestCredentials;
  readonly revokedServer: TestCredentials;
  readonly alice: TestCredentials;
  /** Revoked. */
  readonly bob: TestCredentials;
  readonly expired: TestCredentials;
  /** A client whose certificate is for servers. */
  readonly wrongUsage: TestCredentials;
  /** Calls herself alice, by an authority that nobody trusts. */
  readonly evil: TestCredentials;
  readonly evilCa: string;
  readonly remove: () => void;
}

const CONFIG = `
[ca]
default_ca = default
[default]
dir = .
database = $dir/index.txt
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
commonName = supplied
[req]
distinguished_name = dn
[dn]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[other]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example, IP:192.0.2.1
`;

const GOOD_DATES = '-days 30';
const PAST_DATES = '-startdate 20200101000000Z -enddate 20200201000000Z';
const PAST_LIST = '-crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z';
const P256 = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

export function makeTestPki(): TestPki {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-pki-'));
  const path = (name: string): string => join(directory, name);
  const read = (name: string): string => readFileSync(path(name), 'utf8');
  /** `line` is cut at spaces; `args` are passed as they are. */
  const openssl = (line: string, ...args: string[]): void => {
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    execFileSync('openssl', [...line.split(' '), ...args], { cwd: directory, stdio: [...stdio] });
  };
  writeFileSync(path('ca.cnf'), CONFIG);
  writeFileSync(path('index.txt'), '');

  const authority = (name: string, subject: string): void => {
    const out = `-keyout ${name}.key -out ${name}.pem`;
    openssl(
      `req -x509 -config ca.cnf -extensions authority ${P256} -days 30 ${out} -subj`,
      subject,
    );
  };
  const by = (name: string): string => `-config ca.cnf -cert ${name}.pem -keyfile ${name}.key`;
  const issue = (
    name: string,
    extensions: string,
    options: { ca?: string; dates?: string; commonName?: string } = {},
  ): TestCredentials => {
    const subject = `/C=GB/O=Lab/CN=${options.commonName ?? name}`;
    const out = `-keyout ${name}.key -out ${name}.csr`;
    openssl(`req -new -config ca.cnf ${P256} ${out} -subj`, subject);
    const what = `-extensions ${extensions} ${options.dates ?? GOOD_DATES}`;
    openssl(`ca -batch -notext ${by(options.ca ?? 'ca')} ${what} -in ${name}.csr -out ${name}.pem`);
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };
  const revoke = (name: string): void => openssl(`ca ${by('ca')} -revoke ${name}.pem`);
  const list = (name: string, dates: string): string => {
    openssl(`ca ${by('ca')} -gencrl ${dates} -out ${name}`);
    return read(name);
  };

  authority('ca', '/C=GB/O=Lab/CN=Test CA');
  authority('evil-ca', '/C=GB/O=Lab/CN=Evil CA');
  const issued = {
    server: issue('server', 'server', { commonName: 'localhost' }),
    otherServer: issue('other-server', 'other', { commonName: 'other.example' }),
    expiredServer: issue('expired-server', 'server', { dates: PAST_DATES }),
    revokedServer: issue('revoked-server', 'server'),
    alice: issue('alice', 'client'),
    bob: issue('bob', 'client'),
    expired: issue('expired', 'client', { dates: PAST_DATES }),
    wrongUsage: issue('wrong-usage', 'server'),
    evil: issue('evil', 'client', { ca: 'evil-ca', commonName: 'alice' }),
  };
  revoke('bob');
  revoke('revoked-server');
  return {
    directory,
    ca: read('ca.pem'),
    evilCa: read('evil-ca.pem'),
    crl: list('crl.pem', '-crldays 30'),
    expiredCrl: list('old-crl.pem', PAST_LIST),
    ...issued,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
