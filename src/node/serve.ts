/**
 * A display served on sockets: credentials, policy, who may enter, server and listeners, put together. The library's
 * `serve`, and what the command line runs.
 */
import { createAuthenticator } from '../access/authenticator.ts';
import { parseNameRule, type NameRule } from '../access/name-rules.ts';
import { PasswordStore } from '../access/passwords.ts';
import type { UserStore } from '../access/users.ts';
import type { Unsubscribe } from '../core/emitter.ts';
import { ErrorCode, SecurityError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import { allRights, type Rights } from '../security/identity.ts';
import {
  describeProtection,
  offerInsideTls,
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
import { isLoopback, parseAddress, type Address, type AddressRole } from './address.ts';
import { loadTlsCredentials } from './credential-files.ts';
import type { DhGroup } from './ffdhe.ts';
import { listen, type Listener } from './listen.ts';
import { connectReverse } from './reverse.ts';
import { createTlsAcceptor, type NodeTlsAcceptor } from './tls-acceptor.ts';
import type { TlsCredentials, TlsVersion } from './tls-context.ts';
import { listenWebSocket } from './websocket-listen.ts';
import { parseOrigin } from './websocket-origin.ts';

export type AddressOption = string | Address | readonly (string | Address)[];

export interface ServeOptions {
  readonly display: Display;
  /**
   * `:1`, `*:1`, `unix:/path`; several if wanted. Default, where neither `websocket` nor `connect` is given: the first
   * free display of :1 to :20, on loopback. Only this machine can reach a display number without a host. False: nowhere.
   */
  readonly listen?: AddressOption | false;
  /** Where browsers connect; display N is port 5700 + N here. wss where something on offer is X.509, else clear. */
  readonly websocket?: {
    readonly listen: AddressOption;
    /** Pages that may connect besides those of the same origin: `https://console.example`. */
    readonly origins?: readonly string[];
  };
  /** Viewers that listen, to be dialled: `host::5500`. They are dialled again when they have gone. */
  readonly connect?: AddressOption;
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
  /** The same, as rules that are asked for at each connection, in place of `allowNames`. */
  readonly nameRules?: () => readonly NameRule[];
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
  readonly websocketAddresses: readonly Address[];
  /** Whether those are wss. */
  readonly websocketTls: boolean;
  readonly offer: SecurityOffer;
  /** Closes viewers and listeners. The display stays open. Idempotent. */
  readonly close: () => Promise<void>;
}

const FREE_DISPLAYS = ':1-20';
/** Of display 0 for browsers, as in QEMU. */
export const WEBSOCKET_PORT = 5700;

/**
 * Rejects with TypeError for options that cannot be read, SecurityError (ERR_VNC_POLICY) for those that would be unsafe or
 * leave a type without an answer, (ERR_VNC_TLS_CONFIGURATION) for unusable credentials, and Error for addresses.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { display, tls = {}, access = {}, share, limits, logger } = options;
  const connect = addressesOf(options.connect, 'connect');
  const websocket = addressesOf(options.websocket?.listen, 'listen', WEBSOCKET_PORT);
  const given = options.listen === false ? [] : addressesOf(options.listen, 'listen');
  const origins = new Set(options.websocket?.origins?.map(parseOrigin));
  const byDefault = options.listen !== false && [...given, ...websocket, ...connect].length === 0;
  const wanted = byDefault ? addressesOf(FREE_DISPLAYS, 'listen') : given;
  const offer = offerOf(options.security, access);
  const acceptor = await acceptorOf(offer, tls);
  if (websocket.length > 0) checkWebSocket(offer);
  checkPolicy(offer, {
    local: [...wanted, ...websocket, ...connect].every(isLoopback),
    allowInsecure: new Set(options.allowInsecure),
    tlsLayers: acceptor?.layers ?? new Set(),
    verifyClient: tls.verifyClient ?? 'off',
  });
  checkAccess(offer, tls, access);

  const server = createServer({
    display,
    offer,
    authenticator: authenticatorOf(access),
    ...(acceptor === undefined ? {} : { tls: acceptor }),
    ...(share === undefined ? {} : { share }),
    ...(limits === undefined ? {} : { limits }),
    ...(logger === undefined ? {} : { logger }),
  });
  const accept: Parameters<typeof listen>[1] = (stream, peer) => void server.accept(stream, peer);
  const wss = acceptor?.layers.has('x509') === true ? acceptor : undefined;
  const bind = {
    tcp: (address: Address) => listen(address, accept),
    websocket: (address: Address) =>
      listenWebSocket(address, accept, {
        origins,
        ...(wss === undefined ? {} : { tls: wss }),
        ...(limits === undefined ? {} : { limits }),
        ...(logger === undefined ? {} : { logger }),
      }),
  };
  const listeners: Listener[] = [];
  try {
    for (const address of wanted) listeners.push(await bind.tcp(address));
    for (const address of websocket) listeners.push(await bind.websocket(address));
  } catch (error) {
    await closeAll(listeners, server);
    throw error;
  }
  const reverses = connect.map((address) =>
    connectReverse(address, accept, logger === undefined ? {} : { logger }),
  );
  let closing: Promise<void> | undefined;
  return {
    on: (name, listener) => server.events.on(name, listener),
    server,
    addresses: listeners.slice(0, wanted.length).map(({ address }) => address),
    websocketAddresses: listeners.slice(wanted.length).map(({ address }) => address),
    websocketTls: wss !== undefined,
    offer,
    close: () => {
      for (const reverse of reverses) reverse.close();
      return (closing ??= closeAll(listeners, server));
    },
  };
}

function addressesOf(
  given: AddressOption | undefined,
  role: AddressRole,
  basePort?: number,
): readonly Address[] {
  if (given === undefined) return [];
  const list = Array.isArray(given) ? (given as readonly (string | Address)[]) : [given as string];
  return list.map((each) => (typeof each === 'string' ? parseAddress(each, role, basePort) : each));
}

/** Browsers have no anonymous TLS, and no TLS of their own inside a WebSocket. */
function checkWebSocket(offer: SecurityOffer): void {
  if (offerInsideTls(offer).types.length === 0)
    throw policyError(
      'a WebSocket needs one of the X509 types, for wss, or VncAuth, None or Plain: browsers know no anonymous TLS',
    );
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

async function acceptorOf(
  offer: SecurityOffer,
  tls: ServeTls,
): Promise<NodeTlsAcceptor | undefined> {
  const layers = new Set(describeProtection(offer).map(({ layer }) => layer));
  if (!layers.has('anonymous') && !layers.has('x509')) return undefined;
  const { dir, verifyClient = 'off' } = tls;
  const needCa = verifyClient !== 'off';
  const x509 =
    tls.credentials ??
    (dir === undefined ? undefined : await loadTlsCredentials({ dir }, { needCa }));
  return createTlsAcceptor({
    ...(x509 === undefined ? {} : { x509 }),
    anonymous: layers.has('anonymous') && { group: tls.dhGroup ?? 'ffdhe2048' },
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
  const hasRules = (access.allowNames ?? []).length > 0 || access.nameRules !== undefined;
  if (hasRules && tls.verifyClient !== 'require')
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

function authenticatorOf(access: ServeAccess): ReturnType<typeof createAuthenticator> {
  const { password, users, anyone = allRights, allowNames = [] } = access;
  const fixed = allowNames.map(parseNameRule);
  const nameRules = access.nameRules ?? (fixed.length === 0 ? undefined : () => fixed);
  return createAuthenticator({
    anyone,
    ...(password === undefined ? {} : { passwords: passwordStoreOf(password) }),
    ...(users === undefined ? {} : { users }),
    ...(nameRules === undefined ? {} : { nameRules }),
  });
}

function passwordStoreOf(password: string | PasswordStore): PasswordStore {
  if (typeof password !== 'string') return password;
  const store = new PasswordStore();
  store.set('full', password);
  return store;
}

async function closeAll(listeners: readonly Listener[], server: VncServer): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
  await server.close();
}

const policyError = (message: string): SecurityError =>
  new SecurityError(message, { code: ErrorCode.policy });
