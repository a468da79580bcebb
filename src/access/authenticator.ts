/**
 * The server's answer to "who is this, and what may they do": ties passwords, users and name rules to the port that the
 * security types ask. Every refusal has its real reason in the message, for our log, and the same words for the peer.
 */
import { AuthenticationError, ErrorCode } from '../core/errors.ts';
import type { Rights } from '../security/identity.ts';
import type { Authenticator } from '../security/security-type.ts';
import { decideName, ruleForName, type NameRule, type NameRuleIndex } from './name-rules.ts';
import { PasswordStore } from './passwords.ts';
import type { UserStore } from './users.ts';

export interface AuthenticatorOptions {
  /** What a person may do who proves nothing (types None). Absent: such types let nobody in. */
  readonly anyone?: Rights;
  readonly passwords?: PasswordStore;
  readonly users?: UserStore;
  /**
   * Rules on client certificates, asked for at each connection so that they can change while we run. Absent: a verified
   * certificate needs no rule. An empty list lets nobody in: taking the last rule away must not open the door.
   */
  readonly nameRules?: () => readonly NameRule[] | NameRuleIndex;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { anyone, users, nameRules } = options;
  // Without a store the exchange still takes its course, so that nothing shows whether passwords are in use.
  const passwords = options.passwords ?? new PasswordStore();
  return {
    anyone: async () => {
      if (anyone === undefined)
        throw new AuthenticationError('nobody may enter without authentication');
      return { name: 'anyone', rights: anyone };
    },

    vncPassword: async (matches) => {
      const { rights, kind, reason } = passwords.check(matches);
      if (rights === undefined) throw new AuthenticationError(reason);
      return { name: kind === 'view' ? 'view-only password' : 'password', rights };
    },

    plain: async (username, password) => {
      if (users === undefined) throw new AuthenticationError('no users are configured');
      const { rights, reason, busy = false } = await users.verify(username, password);
      if (rights === undefined)
        throw new AuthenticationError(`user ${JSON.stringify(username)}: ${reason}`, {
          tooMany: busy,
        });
      return { name: username, username, rights };
    },

    certificate: async (certificate) => {
      if (nameRules === undefined) return;
      const name = certificate.distinguishedName;
      if (!certificate.verified)
        throw new AuthenticationError(
          `client certificate ${name} was not verified: ${certificate.fault ?? 'no reason given'}`,
          { code: ErrorCode.certificate },
        );
      const rules = nameRules();
      const { allowed, rule } =
        'decide' in rules ? rules.decide(certificate) : decideName(rules, certificate);
      if (allowed) return;
      const why =
        rule === undefined
          ? `matches no rule; to let it in: ${allowOption(certificate)}`
          : `is denied by the rule ${rule}`;
      throw new AuthenticationError(`client certificate ${name} ${why}`, {
        code: ErrorCode.notAllowed,
      });
    },
  };
}

/** What to add to the command line; a certificate without a subject can only be named by its fingerprint. */
function allowOption(certificate: {
  readonly distinguishedName: string;
  readonly fingerprint256: string;
}): string {
  const { distinguishedName, fingerprint256 } = certificate;
  const rule = distinguishedName === '' ? `fp:${fingerprint256}` : ruleForName(distinguishedName);
  // Inside double quotes a shell still reads these; a quote of its own ends single ones.
  const quoted = /[$`\\"!]/.test(rule) ? `'${rule.replaceAll("'", "'\\''")}'` : `"${rule}"`;
  return `--allow-name ${quoted}`;
}
