/**
 * QEMU's `-vnc` string and the objects it refers to, as what our own options say: addresses, security types, client
 * certificates. Reads no file. What QEMU takes although it is unsafe is an error here that names the safe spelling. Used by
 * the command line.
 */
import { parseSecurityList, type SecurityOffer } from '../../security/policy.ts';
import { readAddresses, type QemuAddresses } from './addresses.ts';
import {
  parseObjects,
  type AuthzFileObject,
  type AuthzListObject,
  type QemuObject,
  type SecretObject,
} from './objects.ts';
import { optionFault } from './option-table.ts';
import { parseOptionText, type OptionWords } from './option-text.ts';

export interface QemuVnc extends QemuAddresses {
  readonly security: SecurityOffer;
  readonly verifyClient: 'off' | 'require';
  /** QEMU's layout of files. */
  readonly tlsDir?: string;
  /** Of the private key there. */
  readonly keyPassword?: SecretObject;
  /** `later`: it is set at a monitor, and until then nobody logs in. */
  readonly password?: SecretObject | 'later';
  /** Who may enter, of those with a certificate. */
  readonly names?: AuthzListObject | AuthzFileObject;
  readonly share: 'allow-exclusive' | 'force-shared' | 'ignore';
  readonly maxViewers: number;
  /** Viewers may switch the guest off and reset it. */
  readonly powerControl: boolean;
  /** What was taken and does nothing, a sentence each. */
  readonly remarks: readonly string[];
}

const DEFAULT_CONNECTIONS = 32;

/** Throws TypeError, one sentence. */
export function parseVncOption(text: string, objectTexts: readonly string[]): QemuVnc {
  const words = parseOptionText(text, 'vnc', '-vnc');
  const objects = parseObjects(objectTexts);
  const fault = optionFault('-vnc', words.names);
  if (fault !== undefined) throw words.fault(fault);
  words.text('id');
  const addresses = readAddresses(words);
  const password = readPassword(words, objects);
  const tls = readTls(words, objects);
  if (addresses.websocket.length > 0 && tls.layer === 'TLS')
    throw words.fault(
      'has websocket= with anonymous TLS, which no browser knows; use tls-creds-x509',
    );
  const inner = password === undefined ? 'None' : 'Vnc';
  const security = tls.layer === '' ? (inner === 'Vnc' ? 'VncAuth' : 'None') : tls.layer + inner;
  return {
    ...addresses,
    security: parseSecurityList(security),
    verifyClient: tls.verifyClient,
    ...(tls.dir === undefined ? {} : { tlsDir: tls.dir }),
    ...(tls.keyPassword === undefined ? {} : { keyPassword: tls.keyPassword }),
    ...(tls.names === undefined ? {} : { names: tls.names }),
    ...(password === undefined ? {} : { password }),
    share:
      words.choice('share', ['allow-exclusive', 'force-shared', 'ignore']) ?? 'allow-exclusive',
    maxViewers: readConnections(words),
    powerControl: words.flag('power-control') ?? false,
    remarks: [
      ...(password === 'later' ? ['No password is set yet: until one is, nobody logs in.'] : []),
      ...readRest(words),
    ],
  };
}

type Objects = ReadonlyMap<string, QemuObject>;

function readPassword(words: OptionWords, objects: Objects): SecretObject | 'later' | undefined {
  const on = words.flag('password') ?? false;
  const id = words.text('password-secret');
  if (id === undefined) return on ? 'later' : undefined;
  if (on) throw words.fault('has password=on and password-secret=, which exclude each other');
  return secretOf(id, 'password-secret', words, objects);
}

function secretOf(id: string, name: string, words: OptionWords, objects: Objects): SecretObject {
  const object = objects.get(id);
  if (object?.type === 'secret') return object;
  throw words.fault(
    `has ${name}=${id}, and there is no such secret: add -object secret,id=${id},file=FILE`,
  );
}

interface Tls {
  /** What the names of the types begin with; empty without TLS. */
  readonly layer: '' | 'TLS' | 'X509';
  readonly verifyClient: 'off' | 'require';
  readonly dir?: string;
  readonly keyPassword?: SecretObject;
  readonly names?: AuthzListObject | AuthzFileObject;
}

function readTls(words: OptionWords, objects: Objects): Tls {
  const old = readOldTls(words);
  const [credentials, authz] = [words.text('tls-creds'), words.text('tls-authz')];
  if (old !== undefined && credentials !== undefined)
    throw words.fault(
      'has tls-creds= and the old tls, x509= or x509verify=; leave the old ones out',
    );
  const tls = old ?? newTls(credentials, words, objects);
  if (authz === undefined) return tls;
  if (tls.verifyClient === 'off') {
    const remedy =
      tls.layer === 'X509'
        ? 'say verify-peer=on'
        : 'say -object tls-creds-x509,id=tls0,dir=DIR,endpoint=server,verify-peer=on and tls-creds=tls0';
    throw words.fault(
      `has tls-authz=${authz}, which QEMU would pass over: no certificate is verified that it could decide on; ${remedy}`,
    );
  }
  const names = objects.get(authz);
  if (names?.type !== 'authz-list' && names?.type !== 'authz-list-file')
    throw words.fault(`has tls-authz=${authz}, and there is no authz object with this id`);
  return { ...tls, names };
}

function newTls(id: string | undefined, words: OptionWords, objects: Objects): Tls {
  if (id === undefined) return { layer: '', verifyClient: 'off' };
  const object = objects.get(id);
  if (object?.type === 'tls-creds-anon') return { layer: 'TLS', verifyClient: 'off' };
  if (object?.type !== 'tls-creds-x509')
    throw words.fault(
      `has tls-creds=${id}, and there are no such credentials: add -object tls-creds-x509,id=${id},dir=DIR,endpoint=server`,
    );
  const { dir, verifyPeer, passwordId } = object;
  return {
    layer: 'X509',
    verifyClient: verifyPeer ? 'require' : 'off',
    dir,
    ...(passwordId === undefined
      ? {}
      : { keyPassword: secretOf(passwordId, 'passwordid', words, objects) }),
  };
}

/** Until QEMU 3.1: `tls`, and then `x509=DIR`, or `x509verify=DIR` for client certificates too. */
function readOldTls(words: OptionWords): Tls | undefined {
  const tls = words.flag('tls') ?? false;
  const [dir, verifyDir] = [words.text('x509'), words.text('x509verify')];
  if (dir !== undefined && verifyDir !== undefined)
    throw words.fault('has x509= and x509verify=, of which one is wanted');
  if ((dir ?? verifyDir) !== undefined && !tls)
    throw words.fault('has x509= or x509verify= without tls, which goes with it');
  if (!tls) return undefined;
  if (verifyDir !== undefined) return { layer: 'X509', verifyClient: 'require', dir: verifyDir };
  if (dir !== undefined) return { layer: 'X509', verifyClient: 'off', dir };
  return { layer: 'TLS', verifyClient: 'off' };
}

function readConnections(words: OptionWords): number {
  const connections = words.number('connections') ?? DEFAULT_CONNECTIONS;
  if (connections === 0) throw words.fault('has connections=0, which lets nobody in');
  return connections;
}

/** What has one answer here, whatever it says, and what may only say that answer. */
function readRest(words: OptionWords): string[] {
  const remarks: string[] = [];
  if (words.flag('lossy') === true)
    remarks.push('lossy=on does nothing: what viewers see is exact all the same.');
  words.flag('non-adaptive');
  if (words.flag('lock-key-sync') === false)
    throw words.fault('has lock-key-sync=off, but the state of the lock keys is always told');
  const delay = words.number('key-delay-ms');
  if (delay !== undefined && delay !== 10)
    throw words.fault(
      `has key-delay-ms=${delay}, but keys are passed on as they come; 10, QEMU's own, is what a guest has`,
    );
  if ((words.number('head') ?? 0) !== 0)
    throw words.fault('has head= other than 0, but a display here has one head');
  return remarks;
}
