/** QEMU's `-object` strings, as far as `-vnc` refers to them by id. Reads no file. Used by the reader of `-vnc`. */
import { optionFault, refusedObjects } from './option-table.ts';
import { parseOptionText, type OptionWords } from './option-text.ts';

export interface SecretObject {
  readonly type: 'secret';
  readonly id: string;
  readonly source: { readonly data: string } | { readonly file: string };
  readonly format: 'raw' | 'base64';
}

export interface TlsX509Object {
  readonly type: 'tls-creds-x509';
  readonly id: string;
  readonly dir: string;
  readonly verifyPeer: boolean;
  /** The secret that opens the private key. */
  readonly passwordId?: string;
}

export interface TlsAnonymousObject {
  readonly type: 'tls-creds-anon';
  readonly id: string;
}

export interface AuthzRule {
  readonly match: string;
  readonly policy: 'allow' | 'deny';
  readonly format: 'exact' | 'glob';
}

export interface AuthzList {
  /** For names that no rule matches. */
  readonly policy: 'allow' | 'deny';
  readonly rules: readonly AuthzRule[];
}

export interface AuthzListObject extends AuthzList {
  readonly type: 'authz-list';
  readonly id: string;
}

export interface AuthzFileObject {
  readonly type: 'authz-list-file';
  readonly id: string;
  readonly file: string;
  readonly refresh: boolean;
}

export type QemuObject =
  | SecretObject
  | TlsX509Object
  | TlsAnonymousObject
  | AuthzListObject
  | AuthzFileObject;

/** Where QEMU looks when `dir` is not given. */
const DEFAULT_DIR = '/etc/pki/qemu';

/** By id. Throws TypeError, one sentence. */
export function parseObjects(texts: readonly string[]): ReadonlyMap<string, QemuObject> {
  const objects = new Map<string, QemuObject>();
  for (const text of texts) {
    const object = parseObject(text);
    if (objects.has(object.id)) throw new TypeError(`two -object have the id ${object.id}`);
    objects.set(object.id, object);
  }
  return objects;
}

function parseObject(text: string): QemuObject {
  const type = parseOptionText(text, 'qom-type', '-object').text('qom-type') ?? '';
  // QEMU's documentation and its code call this one by different names.
  const canonical = type === 'authz-listfile' ? 'authz-list-file' : type;
  const words = parseOptionText(text, 'qom-type', `-object ${type}`);
  words.text('qom-type');
  const refusal = refusedObjects.get(canonical);
  if (refusal !== undefined) throw words.fault(`is refused: ${refusal}`);
  const reader = readers.get(canonical);
  if (reader === undefined)
    throw new TypeError(
      `-object ${type} is none that VNC uses: ${Array.from(readers.keys()).join(', ')}`,
    );
  const fault = optionFault(canonical, words.names);
  if (fault !== undefined) throw words.fault(fault);
  return reader(words, words.required('id'));
}

const readers: ReadonlyMap<string, (words: OptionWords, id: string) => QemuObject> = new Map<
  string,
  (words: OptionWords, id: string) => QemuObject
>([
  ['tls-creds-x509', readX509],
  ['tls-creds-anon', readAnonymous],
  ['secret', readSecret],
  ['authz-simple', readSimple],
  ['authz-list', readList],
  ['authz-list-file', readListFile],
]);

function checkEndpoint(words: OptionWords): void {
  if (words.choice('endpoint', ['client', 'server']) !== 'server')
    throw words.fault('needs endpoint=server: QEMU takes client when nothing is said');
}

function readX509(words: OptionWords, id: string): TlsX509Object {
  checkEndpoint(words);
  if (words.flag('sanity-check') === false)
    throw words.fault(
      'has sanity-check=off, but certificates are always checked; leave it out, or say on',
    );
  const passwordId = words.text('passwordid');
  return {
    type: 'tls-creds-x509',
    id,
    dir: words.text('dir') ?? DEFAULT_DIR,
    verifyPeer: words.flag('verify-peer') ?? true,
    ...(passwordId === undefined ? {} : { passwordId }),
  };
}

/** `dir` had Diffie-Hellman parameters; ours are those of RFC 7919. There is no peer's certificate to verify. */
function readAnonymous(words: OptionWords, id: string): TlsAnonymousObject {
  checkEndpoint(words);
  words.text('dir');
  words.flag('verify-peer');
  return { type: 'tls-creds-anon', id };
}

function readSecret(words: OptionWords, id: string): SecretObject {
  const [data, file] = [words.text('data'), words.text('file')];
  const format = words.choice('format', ['raw', 'base64']) ?? 'raw';
  if (data !== undefined && file === undefined)
    return { type: 'secret', id, source: { data }, format };
  if (file !== undefined && file !== '' && data === undefined)
    return { type: 'secret', id, source: { file }, format };
  throw words.fault('needs data= or file=, and not both');
}

function readSimple(words: OptionWords, id: string): AuthzListObject {
  const match = words.required('identity');
  const rules = [{ match, policy: 'allow', format: 'exact' }] as const;
  return { type: 'authz-list', id, policy: 'deny', rules };
}

function readList(words: OptionWords, id: string): AuthzListObject {
  const policy = words.choice('policy', ['allow', 'deny']) ?? 'deny';
  const rules: AuthzRule[] = [];
  for (let index = 0; words.names.some((name) => name.startsWith('rules.')); index++) {
    const prefix = `rules.${index}.`;
    const match = words.required(`${prefix}match`);
    const rulePolicy = words.choice(`${prefix}policy`, ['allow', 'deny']);
    if (rulePolicy === undefined) throw words.fault(`needs ${prefix}policy=allow or deny`);
    const format = words.choice(`${prefix}format`, ['exact', 'glob']) ?? 'exact';
    rules.push({ match, policy: rulePolicy, format });
    const extra = words.names.find((name) => name.startsWith(prefix));
    if (extra !== undefined) throw words.fault(`has no option ${extra}`);
  }
  return { type: 'authz-list', id, policy, rules };
}

function readListFile(words: OptionWords, id: string): AuthzFileObject {
  const file = words.required('filename');
  return { type: 'authz-list-file', id, file, refresh: words.flag('refresh') ?? true };
}
