/**
 * Answers "who is this, and what may they do" from a policy that can be exchanged while the server runs: for logins as an
 * authenticator, and again for those who are in. Used by node/access-policy.ts, which reads the policy from its file.
 */
import { AuthenticationError, ErrorCode } from '../core/errors.ts';
import type { Identity, Judgement, Peer, Rights } from '../security/identity.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { Subject } from './access-rule.ts';
import type { NamedPassword, Policy } from './compile-policy.ts';
import { MAX_PASSWORD_BYTES } from './passwords.ts';
import { commonRights, hasNoRights } from './rights-words.ts';
import { UserStore, type Scrypt } from './users.ts';

export interface PolicyKeeperOptions {
  readonly scrypt: Scrypt;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Credentials that were right once, as a policy knows them. */
type Proof = Pick<Identity, 'username' | 'passwordName' | 'certificate'>;

export class PolicyKeeper {
  readonly authenticator: Authenticator;
  readonly #now: () => number;
  readonly #users: UserStore;
  #policy: Policy | undefined;
  /** Why nobody may log in while there is no policy. */
  #absence = 'there is no access policy yet';

  constructor(options: PolicyKeeperOptions) {
    this.#now = options.now ?? Date.now;
    this.#users = new UserStore([], { scrypt: options.scrypt });
    this.authenticator = {
      anyone: async (peer) => this.#admit('anyone', {}, peer),
      vncPassword: async (matches, peer) => {
        const passwordName = this.#password(matches);
        return this.#admit(`password ${passwordName}`, { passwordName }, peer);
      },
      plain: async (username, password, peer) => {
        const { rights, reason, busy = false } = await this.#users.verify(username, password);
        if (rights === undefined)
          throw new AuthenticationError(
            `user ${JSON.stringify(username)}: ${this.#policy === undefined ? this.#absence : reason}`,
            { tooMany: busy },
          );
        return this.#admit(username, { username }, peer);
      },
      // Rules look at the certificate together with what is proven inside.
      certificate: async () => undefined,
    };
  }

  get policy(): Policy | undefined {
    return this.#policy;
  }

  /** From now on this policy decides. */
  use(policy: Policy): void {
    this.#policy = policy;
    this.#users.replace(policy.users);
  }

  /** Nobody logs in until there is a policy again. */
  withdraw(reason: string): void {
    this.#policy = undefined;
    this.#absence = reason;
    this.#users.replace([]);
  }

  /** What somebody who is in may do now. While there is no policy, all stays as it was: it says nothing of them. */
  readonly judge = (identity: Identity, peer: Peer): Judgement => {
    if (this.#policy === undefined) return { rights: identity.rights };
    return this.#decide(this.#policy, identity, peer);
  };

  #admit(name: string, proof: Proof, peer: Peer): Identity {
    if (this.#policy === undefined) throw new AuthenticationError(`${name}: ${this.#absence}`);
    const { certificate } = peer;
    const whole = certificate === undefined ? proof : { ...proof, certificate };
    const verdict = this.#decide(this.#policy, whole, peer);
    if (verdict.denied !== undefined)
      throw new AuthenticationError(verdict.denied, { code: ErrorCode.notAllowed });
    return { name, ...proof, rights: verdict.rights };
  }

  #decide(policy: Policy, proof: Proof, peer: Peer): Judgement {
    const { username, passwordName, certificate } = proof;
    const most = mostRights(policy, proof);
    if (typeof most === 'string') return { denied: most };
    const subject: Subject = {
      ...(username === undefined ? {} : { username }),
      ...(passwordName === undefined ? {} : { passwordName }),
      ...(certificate === undefined ? {} : { certificate }),
      host: peer.host,
      atMs: this.#now(),
    };
    const verdict = policy.decide(subject);
    if (verdict === undefined) return { denied: `no rule lets in ${describe(subject)}` };
    const rights = most === undefined ? verdict.rights : commonRights(verdict.rights, most);
    if (!hasNoRights(rights)) return { rights };
    return { denied: `${verdict.rule} gives no rights to ${describe(subject)}` };
  }

  /** The name of the password that answers the challenge. Each is tried, whatever the others said. */
  #password(matches: (password: Uint8Array) => boolean): string {
    const passwords = this.#policy?.passwords ?? [];
    const hits: NamedPassword[] = [];
    for (const password of passwords) if (matches(password.bytes)) hits.push(password);
    // As many questions without passwords as with one, so that time does not tell.
    if (passwords.length === 0) matches(crypto.getRandomValues(new Uint8Array(MAX_PASSWORD_BYTES)));
    const [hit] = hits;
    if (this.#policy === undefined) throw new AuthenticationError(this.#absence);
    if (hit === undefined)
      throw new AuthenticationError(
        passwords.length === 0 ? 'no password is set' : 'wrong password',
      );
    if (!(this.#now() < hit.expiresAtMs))
      throw new AuthenticationError(`the password "${hit.name}" has expired`);
    return hit.name;
  }
}

/** What goes with a user or password itself; a sentence when the policy does not know it any more. */
function mostRights(
  policy: Policy,
  { username, passwordName }: Proof,
): Rights | string | undefined {
  if (username !== undefined)
    return (
      policy.userRights.get(username) ?? `there is no user ${JSON.stringify(username)} any more`
    );
  if (passwordName === undefined) return undefined;
  return (
    policy.passwords.find(({ name }) => name === passwordName)?.rights ??
    `there is no password ${JSON.stringify(passwordName)} any more`
  );
}

/** `user "alice", certificate "C=GB,CN=alice", from 192.0.2.1`. */
function describe({ username, passwordName, certificate, host }: Subject): string {
  return [
    ...(username === undefined ? [] : [`user ${JSON.stringify(username)}`]),
    ...(passwordName === undefined ? [] : [`password ${JSON.stringify(passwordName)}`]),
    ...(certificate === undefined
      ? []
      : [`certificate ${JSON.stringify(certificate.distinguishedName)}`]),
    ...((username ?? passwordName ?? certificate) === undefined ? ['a person unknown'] : []),
    host === '' ? 'on this machine' : `from ${host}`,
  ].join(', ');
}
