/**
 * A display served on sockets: credentials, policy, who may enter, server and listeners, put together. The library's
 * `serve`, and what the command line runs.
 */
import { createAuthenticator } from '../access/authenticator.ts';
import { parseNameRule } from '../access/name-rules.ts';
import { PasswordStore } from '../access/passwords.ts';
import type { UserStore } from '../access/users.ts';
import type { Unsubscribe } from '../core/emitter.ts';
import { ErrorCode, SecurityError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import { allRights, type Rights } from '../security/identity.ts';
import {
  describeProtection,
  orderOffer,
  parseSecurityList,
  policyFaults,
  type InsecureName,
  type SecurityOffer,
} from '../security/policy.ts';
import type { Display } from '../server/display.ts';
import {
  createServer,
  type ServerEvents,
  type SharePolicy,
  type VncServer,
} from '../server/server.ts';
import { isLoopback, parseAddress, type Address } from './address.ts';
import { loadTlsCredentials } from './credential-files.ts';
import type { DhGroup } from './ffdhe.ts';
import { createListeners, type Listeners } from './listeners.ts';
import { errorCode } from './socket-stream.ts';
import { createTlsAcceptor, type NodeTlsAcceptor } from './tls-acceptor.ts';
import type { TlsCredentials, TlsVersion } from './tls-context.ts';

export interface ServeOptions {
  readonly display: Display;
  /**
   * `:1`, `*:1`, `unix:/path`; several if wanted. Default: the first free display of :1 to :20, on loopback. Only this
   * machine can reach a display number without a host.
   */
  readonly listen?: string | Address | readonly (string | Address)[];
  /** `X509Plain,X509Vnc`. Default: what `access` has answers for, inside verified TLS. */
  readonly security?: string | SecurityOffer;
  /** Weak types that are allowed although they are weak. */
  readonly allowInsecure?: Iterable<InsecureName>;
  readonly tls?: ServeTls;
  readonly access?: ServeAccess;
  /** Default `ignore`. */
  readonly share?: SharePolicy;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
}

export interface ServeTls {
  /** A directory with server-cert.pem, server-key.pem, ca-cert.pem and ca-crl.pem. */
  readonly dir?: string;
  /** PEM texts, in place of a directory. */
  readonly credentials?: TlsCredentials;
  /** Default TLSv1.2: TigerVNC before 1.13 hangs on 1.3. */
  readonly maxVersion?: TlsVersion;
  /** Of the anonymous sub-types. Default ffdhe2048. */
  readonly dhGroup?: DhGroup;
  /** Default `off`. */
  readonly verifyClient?: NodeTlsAcceptor['verifyClient'];
}

export interface ServeAccess {
  /** Of VNC authentication, 1 to 8 bytes; a store, to change it while the server runs. */
  readonly password?: string | PasswordStore;
  /** Users and passwords of the Plain types. */
  readonly users?: UserStore;
  /** What the types None give. Default: everything. */
  readonly anyone?: Rights;
  /** Rules on client certificates; they need `verifyClient: 'require'`. */
  readonly allowNames?: readonly string[];
}

export interface Serving {
  readonly on: <Name extends keyof ServerEvents>(
    name: Name,
    listener: (value: ServerEvents[Name]) => void,
  ) => Unsubscribe;
  /** Events, viewers, kick(), setRights(). */
  readonly server: VncServer;
  /** With the ports that were free. */
  readonly addresses: readonly Address[];
  /** Of new connections. */
  readonly offer: SecurityOffer;
  /** Listening, to change while it runs. */
  readonly listeners: Listeners;
  /** Of the types that ask for a VNC password. Empty unless one was given. */
  readonly passwords: PasswordStore;
  /** What new connections are offered; sessions stay as they are. Throws SecurityError, and then nothing changed. */
  readonly setOffer: (offer: SecurityOffer) => void;
  /** Closes viewers and listeners. The display stays open. Idempotent. */
  readonly close: () => Promise<void>;
}

const FREE_DISPLAYS = Array.from({ length: 20 }, (_, i) => `:${i + 1}`);

/**
 * Rejects with TypeError for options that cannot be read, SecurityError (ERR_VNC_POLICY) for those that would be unsafe or
 * leave a type without an answer, (ERR_VNC_TLS_CONFIGURATION) for unusable credentials, and Error for addresses.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { display, tls = {}, access = {}, share, limits, logger } = options;
  const wanted = addressesOf(options.listen);
  let offer = offerOf(options.security, access);
  const acceptor = await acceptorOf(tls);
  const check = (addresses: readonly Address[], types: SecurityOffer): void =>
    checkPolicy(types, {
      local: addresses.every(isLoopback),
      allowInsecure: new Set(options.allowInsecure),
      tlsLayers: acceptor.layers,
      verifyClient: tls.verifyClient ?? 'off',
    });
  check(wanted ?? [parseAddress(':1', 'listen')], offer);
  checkAccess(offer, tls, access);

  const passwords = passwordStoreOf(access.password);
  const server = createServer({
    display,
    // Read anew for each connection.
    get offer() {
      return offer;
    },
    authenticator: authenticatorOf(access, passwords),
    tls: acceptor,
    ...(share === undefined ? {} : { share }),
    ...(limits === undefined ? {} : { limits }),
    ...(logger === undefined ? {} : { logger }),
  });
  const listeners = createListeners({ server, check: (addresses) => check(addresses, offer) });
  try {
    await (wanted === undefined ? listenFree(listeners) : listeners.replace(wanted));
  } catch (error) {
    await server.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    on: (name, listener) => server.events.on(name, listener),
    server,
    get addresses() {
      return listeners.addresses;
    },
    get offer() {
      return offer;
    },
    listeners,
    passwords,
    setOffer: (given) => {
      const next = orderOffer(given);
      check(listeners.addresses, next);
      // A password can still be set; until then nobody gets in.
      checkAccess(next, tls, { ...access, password: passwords });
      offer = next;
    },
    close: () => (closing ??= closeAll(listeners, server)),
  };
}

function addressesOf(given: ServeOptions['listen']): readonly Address[] | undefined {
  if (given === undefined) return undefined;
  const list = Array.isArray(given) ? (given as readonly (string | Address)[]) : [given as string];
  if (list.length === 0) return undefined;
  return list.map((each) => (typeof each === 'string' ? parseAddress(each, 'listen') : each));
}

/** What was asked for; else the X.509 types that somebody can pass. */
function offerOf(given: ServeOptions['security'], access: ServeAccess): SecurityOffer {
  if (typeof given === 'string') return parseSecurityList(given);
  if (given !== undefined) return orderOffer(given);
  const names = [
    access.users === undefined ? '' : 'X509Plain',
    access.password === undefined ? '' : 'X509Vnc',
  ].filter((name) => name !== '');
  if (names.length === 0)
    throw policyError('neither a password nor users are given, so nobody could log in');
  return parseSecurityList(names.join(','));
}

/** Also of layers that are not on offer yet: the offer can change while the server runs. */
async function acceptorOf(tls: ServeTls): Promise<NodeTlsAcceptor> {
  const { dir, verifyClient = 'off' } = tls;
  const needCa = verifyClient !== 'off';
  const x509 =
    tls.credentials ??
    (dir === undefined ? undefined : await loadTlsCredentials({ dir }, { needCa }));
  return createTlsAcceptor({
    ...(x509 === undefined ? {} : { x509 }),
    anonymous: { group: tls.dhGroup ?? 'ffdhe2048' },
    verifyClient,
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
  });
}

function checkPolicy(
  offer: SecurityOffer,
  circumstances: Parameters<typeof policyFaults>[1],
): void {
  const faults = policyFaults(offer, circumstances);
  if (faults.length > 0) throw policyError(faults.join('; '));
}

/** Every type on offer must have somebody to ask, and every rule somebody to apply to. */
function checkAccess(offer: SecurityOffer, tls: ServeTls, access: ServeAccess): void {
  if ((access.allowNames ?? []).length > 0 && tls.verifyClient !== 'require')
    throw policyError(
      'rules on names need client certificates to be required: without one a viewer shows no name',
    );
  for (const { name, viewerProvenBy } of describeProtection(offer)) {
    if (viewerProvenBy === 'user name and password' && access.users === undefined)
      throw policyError(`${name} needs users, and there are none`);
    if (viewerProvenBy === 'a password of 1 to 8 bytes' && access.password === undefined)
      throw policyError(`${name} needs a password, and there is none`);
  }
}

function authenticatorOf(
  access: ServeAccess,
  passwords: PasswordStore,
): ReturnType<typeof createAuthenticator> {
  const { users, anyone = allRights, allowNames } = access;
  const rules = allowNames?.map(parseNameRule);
  return createAuthenticator({
    anyone,
    passwords,
    ...(users === undefined ? {} : { users }),
    ...(rules === undefined || rules.length === 0 ? {} : { nameRules: () => rules }),
  });
}

function passwordStoreOf(password: string | PasswordStore | undefined): PasswordStore {
  if (password instanceof PasswordStore) return password;
  const store = new PasswordStore();
  if (password !== undefined) store.set('full', password);
  return store;
}

async function listenFree(listeners: Listeners): Promise<void> {
  let last: unknown;
  for (const text of FREE_DISPLAYS) {
    try {
      await listeners.add(parseAddress(text, 'listen'));
      return;
    } catch (error) {
      if (!(error instanceof Error && errorCode(error.cause) === 'EADDRINUSE')) throw error;
      last = error;
    }
  }
  throw new Error('cannot listen: all of the displays :1 to :20 are taken', {
    cause: last instanceof Error ? last.cause : last,
  });
}

async function closeAll(listeners: Listeners, server: VncServer): Promise<void> {
  await listeners.close();
  await server.close();
}

const policyError = (message: string): SecurityError =>
  new SecurityError(message, { code: ErrorCode.policy });
