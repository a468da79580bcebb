/**
 * A display served on sockets: credentials, policy, who may enter, server and listeners, put together. The library's
 * `serve`, and what the command line runs.
 */
import { createAuthenticator } from '../access/authenticator.ts';
import { indexNameRules, parseNameRule } from '../access/name-rules.ts';
import { parseNetwork } from '../access/networks.ts';
import { PasswordStore } from '../access/passwords.ts';
import type { ThrottleSettings } from '../access/throttle.ts';
import type { UserStore } from '../access/users.ts';
import type { Unsubscribe } from '../core/emitter.ts';
import { ErrorCode, SecurityError } from '../core/errors.ts';
import { resolveLimits, type Limits } from '../core/limits.ts';
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
import type { AccessPolicy } from './access-policy.ts';
import { isLoopback, parseAddress, type Address } from './address.ts';
import { loadTlsCredentials } from './credential-files.ts';
import type { DhGroup } from './ffdhe.ts';
import { listen, type Listener, type ListenerOptions } from './listen.ts';
import { accessInForce } from './serve-access.ts';
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
  /** Networks (`10.0.0.0/8`) of proxies whose connections must begin with a PROXY protocol header. */
  readonly proxyProtocolFrom?: readonly string[];
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
  /** An access file, in place of all the above. The server takes it over, and closes it. */
  readonly policy?: AccessPolicy;
  /** Waits between failed logins; `false` for none. A policy has its own. */
  readonly throttle?: Partial<ThrottleSettings> | false;
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
  readonly offer: SecurityOffer;
  /** The access file, if there is one: to reload it by hand. */
  readonly policy?: AccessPolicy;
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
  const proxyNetworks = (options.proxyProtocolFrom ?? []).map(parseNetwork);
  const wanted = addressesOf(options.listen);
  const offer = offerOf(options.security, access);
  const acceptor = await acceptorOf(offer, tls);
  checkPolicy(offer, {
    local: (wanted ?? [parseAddress(':1', 'listen')]).every(isLoopback),
    allowInsecure: new Set(options.allowInsecure),
    tlsLayers: acceptor?.layers ?? new Set(),
    verifyClient: tls.verifyClient ?? 'off',
  });
  checkAccess(offer, tls, access);

  const inForce = accessInForce({
    authenticator: authenticatorOf(access),
    policy: access.policy,
    throttle: access.throttle,
    proxies: proxyNetworks,
    limits: resolveLimits(limits),
    logger,
  });
  const server = createServer({
    display,
    offer,
    ...inForce.options,
    ...(acceptor === undefined ? {} : { tls: acceptor }),
    ...(share === undefined ? {} : { share }),
    ...(limits === undefined ? {} : { limits }),
    ...(logger === undefined ? {} : { logger }),
  });
  inForce.attach(server);
  const accept: Accept = {
    take: (stream, peer) => void server.accept(stream, peer),
    options: { proxies: inForce.proxies },
  };
  let listeners: readonly Listener[];
  try {
    listeners = wanted === undefined ? [await listenFree(accept)] : await listenAll(wanted, accept);
  } catch (error) {
    inForce.close();
    await server.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    on: (name, listener) => server.events.on(name, listener),
    server,
    addresses: listeners.map(({ address }) => address),
    offer,
    ...(access.policy === undefined ? {} : { policy: access.policy }),
    close: () => {
      inForce.close();
      return (closing ??= closeAll(listeners, server));
    },
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
  const { users, passwords } = knownTo(access);
  const names = [users ? 'X509Plain' : '', passwords ? 'X509Vnc' : ''].filter(
    (name) => name !== '',
  );
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
  const { password, users: store, allowNames, anyone, throttle } = access;
  if (
    access.policy !== undefined &&
    (password ?? store ?? allowNames ?? anyone ?? throttle) !== undefined
  )
    throw policyError(
      'an access policy stands in place of password, users and rules, not beside them',
    );
  const { users, passwords } = knownTo(access);
  if ((access.allowNames ?? []).length > 0 && tls.verifyClient !== 'require')
    throw policyError(
      'rules on names need client certificates to be required: without one a viewer shows no name',
    );
  for (const { name, viewerProvenBy } of describeProtection(offer)) {
    if (viewerProvenBy === 'user name and password' && !users)
      throw policyError(`${name} needs users, and there are none`);
    if (viewerProvenBy === 'a password of 1 to 8 bytes' && !passwords)
      throw policyError(`${name} needs a password, and there is none`);
  }
}

/** Which kinds of logins somebody could answer for. */
function knownTo({ policy, users, password }: ServeAccess): { users: boolean; passwords: boolean } {
  if (policy === undefined)
    return { users: users !== undefined, passwords: password !== undefined };
  return {
    users: (policy.policy?.users ?? []).length > 0,
    passwords: (policy.policy?.passwords ?? []).length > 0,
  };
}

function authenticatorOf(access: ServeAccess): ReturnType<typeof createAuthenticator> {
  const { password, users, anyone = allRights, allowNames } = access;
  const rules = allowNames?.map(parseNameRule) ?? [];
  const index = indexNameRules(rules);
  return createAuthenticator({
    anyone,
    ...(password === undefined ? {} : { passwords: passwordStoreOf(password) }),
    ...(users === undefined ? {} : { users }),
    ...(rules.length === 0 ? {} : { nameRules: () => index }),
  });
}

function passwordStoreOf(password: string | PasswordStore): PasswordStore {
  if (typeof password !== 'string') return password;
  const store = new PasswordStore();
  store.set('full', password);
  return store;
}

/** What is done with connections. */
interface Accept {
  readonly take: Parameters<typeof listen>[1];
  readonly options: ListenerOptions;
}

/** All of them, or none. */
async function listenAll(
  addresses: readonly Address[],
  accept: Accept,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const address of addresses)
      listeners.push(await listen(address, accept.take, accept.options));
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  return listeners;
}

async function listenFree(accept: Accept): Promise<Listener> {
  let last: unknown;
  for (const text of FREE_DISPLAYS) {
    try {
      return await listen(parseAddress(text, 'listen'), accept.take, accept.options);
    } catch (error) {
      if (!(error instanceof Error && errorCode(error.cause) === 'EADDRINUSE')) throw error;
      last = error;
    }
  }
  throw new Error('cannot listen: all of the displays :1 to :20 are taken', {
    cause: last instanceof Error ? last.cause : last,
  });
}

async function closeAll(listeners: readonly Listener[], server: VncServer): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
  await server.close();
}

const policyError = (message: string): SecurityError =>
  new SecurityError(message, { code: ErrorCode.policy });
