/** An Authenticator that knows one password, one user and one kind of stranger, and notes what it was asked. */
import { AuthenticationError, ErrorCode } from '../../src/core/errors.ts';
import { allRights, type Identity, type Peer } from '../../src/security/identity.ts';
import type { Authenticator } from '../../src/security/security-type.ts';
import { utf8 } from '../../src/wire/text.ts';

export const localPeer: Peer = { address: '127.0.0.1:40112', host: '127.0.0.1', local: true };

export interface FakeAuthenticatorOptions {
  /** Passwords for VNC authentication. Default: `sesame`. */
  readonly vncPasswords?: readonly string[];
  /** Whether strangers may enter. Default: yes. */
  readonly anyone?: boolean;
  /** Distinguished names that may enter. Default: all. */
  readonly names?: readonly string[];
}

export interface FakeAuthenticator extends Authenticator {
  /** Questions so far: `anyone`, `vncPassword`, `plain alice`, `certificate C=GB,…`. */
  readonly asked: string[];
}

const identity = (name: string, more: Partial<Identity> = {}): Identity => ({
  name,
  rights: allRights,
  ...more,
});

/** The user is `alice`, her password `open sesame`. */
export function fakeAuthenticator(options: FakeAuthenticatorOptions = {}): FakeAuthenticator {
  const { vncPasswords = ['sesame'], anyone = true, names } = options;
  const asked: string[] = [];
  return {
    asked,
    async anyone() {
      asked.push('anyone');
      if (!anyone) throw new AuthenticationError('strangers are not let in');
      return identity('anyone');
    },
    async vncPassword(matches) {
      asked.push('vncPassword');
      const found = vncPasswords.filter((password) => matches(utf8(password)));
      if (vncPasswords.length === 0) throw new AuthenticationError('no password is set');
      if (found.length === 0) throw new AuthenticationError('wrong password');
      return identity('password');
    },
    async plain(username, password) {
      asked.push(`plain ${username}`);
      if (username !== 'alice') throw new AuthenticationError(`no user ${username}`);
      if (password.reveal() !== 'open sesame') throw new AuthenticationError('wrong password');
      return identity('alice', { username: 'alice' });
    },
    async certificate(certificate) {
      asked.push(`certificate ${certificate.distinguishedName}`);
      if (names !== undefined && !names.includes(certificate.distinguishedName)) {
        throw new AuthenticationError('no rule lets it in', { code: ErrorCode.notAllowed });
      }
    },
  };
}
