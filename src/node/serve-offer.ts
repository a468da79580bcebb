/** What serve() offers, and to whom: the types that somebody can answer for, and what would be unsafe or of no use. */
import { createAuthenticator } from '../access/authenticator.ts';
import { indexNameRules, parseNameRule, type NameRule } from '../access/name-rules.ts';
import { PasswordStore } from '../access/passwords.ts';
import type { ThrottleSettings } from '../access/throttle.ts';
import type { UserStore } from '../access/users.ts';
import { ErrorCode, SecurityError } from '../core/errors.ts';
import { allRights, type Rights } from '../security/identity.ts';
import {
  describeProtection,
  offerInsideTls,
  orderOffer,
  parseSecurityList,
  policyFaults,
  type SecurityOffer,
} from '../security/policy.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { AccessPolicy } from './access-policy.ts';
import { isLoopback, type Address } from './address.ts';
import type { ServeTls } from './server-tls.ts';

/** Who may enter. */
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
  /** An access file, in place of all the above. The server takes it over, and closes it. */
  readonly policy?: AccessPolicy;
  /** Waits between failed logins; `false` for none. A policy has its own. */
  readonly throttle?: Partial<ThrottleSettings> | false;
}

/** What was asked for; else the X.509 types that somebody can pass. */
export function offerOf(
  given: string | SecurityOffer | undefined,
  access: ServeAccess,
): SecurityOffer {
  if (typeof given === 'string') return parseSecurityList(given);
  if (given !== undefined) return orderOffer(given);
  const { users, passwords } = knownTo(access);
  const names = [...(users ? ['X509Plain'] : []), ...(passwords ? ['X509Vnc'] : [])];
  if (names.length === 0)
    throw policyError('neither a password nor users are given, so nobody could log in');
  return parseSecurityList(names.join(','));
}

/**
 * Whether nobody but this machine's own people can come in here. Not through a TCP socket behind proxies: a proxy on
 * loopback brings whoever can reach it.
 */
export const onlyFromHere = (addresses: readonly Address[], behindProxies: boolean): boolean =>
  addresses.every((each) => isLoopback(each) && (each.kind === 'unix' || !behindProxies));

/** Throws SecurityError (ERR_VNC_POLICY) for an offer that must not be made under these circumstances. */
export function checkPolicy(
  offer: SecurityOffer,
  circumstances: Parameters<typeof policyFaults>[1],
): void {
  const faults = policyFaults(offer, circumstances);
  if (faults.length > 0) throw policyError(faults.join('; '));
}

/** Browsers have no anonymous TLS, and no TLS of their own inside a WebSocket. */
export function checkWebSocket(offer: SecurityOffer): void {
  if (offerInsideTls(offer).types.length === 0)
    throw policyError(
      'a WebSocket needs X509Plain, X509Vnc or X509None, for wss, or VncAuth, None or Plain: browsers know no anonymous TLS',
    );
}

/** Every type on offer must have somebody to ask, and every rule somebody to apply to. */
export function checkAccess(offer: SecurityOffer, tls: ServeTls, access: ServeAccess): void {
  const { policy, password, users: store, allowNames, nameRules, anyone, throttle } = access;
  const beside = password ?? store ?? allowNames ?? nameRules ?? anyone ?? throttle;
  if (policy !== undefined && beside !== undefined)
    throw policyError(
      'an access policy stands in place of password, users and rules, not beside them',
    );
  const hasRules = (allowNames ?? []).length > 0 || nameRules !== undefined;
  if (hasRules && tls.verifyClient !== 'require')
    throw policyError(
      'rules on names need client certificates to be required: without one a viewer shows no name',
    );
  const { users, passwords } = knownTo(access);
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

/** The store that was given, or one with the password that was; empty without. */
export function passwordStoreOf(password: string | PasswordStore | undefined): PasswordStore {
  if (password instanceof PasswordStore) return password;
  const store = new PasswordStore();
  if (password !== undefined) store.set('full', password);
  return store;
}

/** Whom to ask where there is no policy. */
export function authenticatorOf(access: ServeAccess, passwords: PasswordStore): Authenticator {
  const { users, anyone = allRights, allowNames = [] } = access;
  const fixed = indexNameRules(allowNames.map(parseNameRule));
  const nameRules = access.nameRules ?? (allowNames.length === 0 ? undefined : () => fixed);
  return createAuthenticator({
    anyone,
    passwords,
    ...(users === undefined ? {} : { users }),
    ...(nameRules === undefined ? {} : { nameRules }),
  });
}

const policyError = (message: string): SecurityError =>
  new SecurityError(message, { code: ErrorCode.policy });
