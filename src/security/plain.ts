/**
 * VeNCrypt's Plain exchange: user name and password, as they are. Only ever as the inner type of a VeNCrypt sub-type.
 * `u32 ulen, u32 plen, user name, password`, from the client, in one message; there is no answer but the SecurityResult.
 */
import { AuthenticationError } from '../core/errors.ts';
import { checkLimit } from '../core/limits.ts';
import { Secret } from '../core/secret.ts';
import { VeNCryptSubtype } from '../rfb/constants.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { utf8 } from '../wire/text.ts';
import type { Peer } from './identity.ts';
import type { Authenticator, ClientCredentials, SecurityType } from './security-type.ts';
import { verdictOf, type Verdict } from './verdict.ts';

/** A user name and a password, in UTF-8. */
export interface Login {
  readonly username: Uint8Array;
  readonly password: Uint8Array;
}

export const plain: SecurityType = {
  number: VeNCryptSubtype.Plain,
  name: 'Plain',

  async server({ reader, peer, authenticator, limits }) {
    const head = await reader.cursor(4 /* ulen */ + 4 /* plen */);
    const usernameBytes = checkLimit(limits, 'maxPlainBytes', head.u32());
    const passwordBytes = checkLimit(limits, 'maxPlainBytes', head.u32());
    const username = await reader.bytes(usernameBytes);
    const password = await reader.bytes(passwordBytes);
    return { reader, ...(await judgeLogin(username, password, authenticator, peer)) };
  },

  async client({ reader, credentials }) {
    const { username, password } = checkCredentials(
      await credentials({ username: true, password: true, security: 'Plain' }),
    );
    new ByteWriter()
      .u32(username.length)
      .u32(password.length)
      .bytes(username)
      .bytes(password)
      .send(reader.stream);
    return { reader };
  },
};

/** Who that is, or why not: for all types that send a user name and a password as they are. */
export async function judgeLogin(
  usernameBytes: Uint8Array,
  passwordBytes: Uint8Array,
  authenticator: Authenticator,
  peer: Peer,
): Promise<Verdict> {
  const username = strictText(usernameBytes);
  const password = strictText(passwordBytes);
  // Neither is guessed at: two spellings that decode alike would be two keys to one lock.
  if (username === undefined || password === undefined) {
    return { denied: new AuthenticationError('user name or password is not UTF-8 text') };
  }
  // Xvnc and neatvnc take what stands before the NUL for the whole.
  if (username.includes('\0') || password.includes('\0')) {
    return { denied: new AuthenticationError('user name or password contains a NUL') };
  }
  if (password === '') {
    return { denied: new AuthenticationError('the empty password never logs in') };
  }
  return verdictOf(authenticator.plain(username, new Secret(password), peer));
}

/** The text of `bytes`, or undefined when they are not UTF-8. */
function strictText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Both, as bytes. Throws AuthenticationError where one is missing or cannot be sent. */
export function checkCredentials(given: ClientCredentials): Login {
  const password = given.password?.reveal();
  if (given.username === undefined || password === undefined) {
    throw new AuthenticationError(
      'the server asks for a user name and a password, and they were not both given',
      { cure: 'give both' },
    );
  }
  if (given.username.includes('\0') || password.includes('\0')) {
    throw new AuthenticationError('a user name or password cannot contain a NUL');
  }
  return { username: utf8(given.username), password: utf8(password) };
}
