/** RFB 7.2.2: how a password answers the challenge of VNC authentication. Both ends compute it. */
import { assertInvariant } from '../core/errors.ts';
import { desBlockBytes, desEncryptBlock, desKeySchedule } from './des.ts';

export const challengeBytes = 16;

/** The longest password that VNC authentication has room for, in bytes. */
export const maxVncPasswordBytes = 8;

/**
 * The sixteen bytes that prove `password` (1..8 bytes) for `challenge`. Throws RangeError for other lengths: a longer
 * password would be cut, and so be weaker than its owner thinks; the empty one is what an unset password looks like.
 */
export function respond(challenge: Uint8Array, password: Uint8Array): Uint8Array {
  assertInvariant(challenge.length === challengeBytes, 'a VNC challenge has 16 bytes');
  if (!(password.length >= 1 && password.length <= maxVncPasswordBytes)) {
    throw new RangeError(`a VNC password has 1 to 8 bytes, not ${password.length}`);
  }
  // The key is the password with the bits of each byte in reverse order, padded with zeros: the first implementation
  // numbered bits the other way round, and every viewer since does as it did.
  const key = new Uint8Array(desBlockBytes);
  password.forEach((byte, i) => {
    key[i] = reverseBits(byte);
  });
  const schedule = desKeySchedule(key);
  const response = new Uint8Array(challengeBytes);
  for (let at = 0; at < challengeBytes; at += desBlockBytes) {
    response.set(desEncryptBlock(schedule, challenge.subarray(at, at + desBlockBytes)), at);
  }
  return response;
}

function reverseBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
}
