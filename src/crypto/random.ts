/** Random bytes for challenges and keys, from the system's generator. */

/** What getRandomValues gives at most in one call. */
const maxCallBytes = 65536;

export function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += maxCallBytes) {
    crypto.getRandomValues(bytes.subarray(at, at + maxCallBytes));
  }
  return bytes;
}
