/**
 * RFB 7.2.2 VNC Authentication: the server sends 16 random bytes, the client encrypts them with the password (DES).
 * Passwords have 1..8 bytes; the traffic after it is as clear as before, so alone it is for loopback.
 * @rfb security-type 2 VncAuth | passwords of 1..8 bytes, never cut; refused off loopback unless asked for by name
 */
import { AuthenticationError } from '../core/errors.ts';
import { constantTimeEqual } from '../crypto/constant-time.ts';
import { randomBytes } from '../crypto/random.ts';
import { challengeBytes, maxVncPasswordBytes, respond } from '../crypto/vnc-challenge.ts';
import { SecurityTypeNumber } from '../rfb/constants.ts';
import { utf8 } from '../wire/text.ts';
import type { SecurityType } from './security-type.ts';
import { verdictOf } from './verdict.ts';

export const vncAuth: SecurityType = {
  number: SecurityTypeNumber.VncAuth,
  name: 'VncAuth',

  async server({ reader, peer, authenticator }) {
    const challenge = randomBytes(challengeBytes);
    // The stream takes what it is given: a copy, since the challenge is still needed.
    reader.stream.write(challenge.slice());
    const response = await reader.bytes(challengeBytes);
    const matches = (password: Uint8Array): boolean =>
      constantTimeEqual(response, respond(challenge, password));
    return { reader, ...(await verdictOf(authenticator.vncPassword(matches, peer))) };
  },

  async client({ reader, credentials }) {
    const challenge = await reader.bytes(challengeBytes);
    const { password } = await credentials({
      username: false,
      password: true,
      security: 'VncAuth',
    });
    reader.stream.write(respond(challenge, vncPasswordBytes(password?.reveal())));
    return { reader };
  },
};

function vncPasswordBytes(password: string | undefined): Uint8Array {
  if (password === undefined || password === '') {
    throw new AuthenticationError('the server asks for a password, and none was given', {
      cure: 'give one',
    });
  }
  const bytes = utf8(password);
  if (bytes.length > maxVncPasswordBytes) {
    throw new AuthenticationError(
      `VNC authentication takes a password of 1 to 8 bytes, and this one has ${bytes.length}`,
      { cure: 'use a type that takes longer ones, such as X509Plain, or a shorter password' },
    );
  }
  return bytes;
}
