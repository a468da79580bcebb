/**
 * Every option of QEMU's `-vnc`, and of the objects that go with it: whether it is taken, and if not, why, in one sentence.
 * The readers refuse by this table, and a test holds docs/from-qemu.md to it.
 */

export interface QemuOption {
  /** `-vnc`, or the type of an `-object`. */
  readonly where: string;
  readonly name: string;
  /** The sentence; absent for what is taken. */
  readonly refused?: string;
}

const SASL =
  'mechanisms and users are not taken from Cyrus SASL; --security X509SASL --users FILE asks by SASL PLAIN, X509Plain by VeNCrypt';
const PRIORITY =
  'TLS versions and ciphers are not chosen by a GnuTLS priority string; --tls-max 1.3 lifts the ceiling';

const taken = (where: string, names: string): QemuOption[] =>
  names.split(' ').map((name) => ({ where, name }));

export const qemuOptions: readonly QemuOption[] = [
  ...taken('-vnc', 'vnc to ipv4 ipv6 reverse websocket id'),
  ...taken('-vnc', 'password password-secret tls-creds tls-authz tls x509 x509verify'),
  ...taken(
    '-vnc',
    'share connections lossy non-adaptive lock-key-sync key-delay-ms head power-control',
  ),
  { where: '-vnc', name: 'sasl', refused: SASL },
  { where: '-vnc', name: 'sasl-authz', refused: SASL },
  {
    where: '-vnc',
    name: 'acl',
    refused: 'QEMU 6.0 took it away; -object authz-list with tls-authz=ID says who may enter',
  },
  {
    where: '-vnc',
    name: 'display',
    refused: 'it names a device inside QEMU; here the display stands on the command line itself',
  },
  { where: '-vnc', name: 'audiodev', refused: 'sound is not carried' },
  ...taken('tls-creds-x509', 'id dir endpoint verify-peer sanity-check passwordid'),
  { where: 'tls-creds-x509', name: 'priority', refused: PRIORITY },
  ...taken('tls-creds-anon', 'id dir endpoint verify-peer'),
  { where: 'tls-creds-anon', name: 'priority', refused: PRIORITY },
  ...taken('secret', 'id data file format'),
  {
    where: 'secret',
    name: 'keyid',
    refused: 'encrypted secrets are not read; file= with mode 0600 keeps one from other users',
  },
  {
    where: 'secret',
    name: 'iv',
    refused: 'encrypted secrets are not read; file= with mode 0600 keeps one from other users',
  },
  ...taken('authz-simple', 'id identity'),
  ...taken('authz-list', 'id policy rules'),
  ...taken('authz-list-file', 'id filename refresh'),
];

/** Types of objects that are refused whole. */
export const refusedObjects: ReadonlyMap<string, string> = new Map([
  ['tls-creds-psk', 'VNC viewers know no pre-shared keys; use tls-creds-x509'],
  ['authz-pam', 'PAM is not asked; use authz-list or authz-list-file'],
  ['secret_keyring', 'the kernel keyring is not read; use secret,file='],
]);

/** Names of `where` that are refused or unknown, as a fault; undefined when all is well. */
export function optionFault(where: string, names: readonly string[]): string | undefined {
  const options = qemuOptions.filter((option) => option.where === where);
  for (const name of names) {
    const option = options.find((each) => each.name === name.replace(/^rules\..*$/, 'rules'));
    if (option === undefined)
      return `has no option ${name}; known are ${options.map((each) => each.name).join(', ')}`;
    if (option.refused !== undefined) return `${name} is refused: ${option.refused}`;
  }
  return undefined;
}
