/**
 * The arithmetic of SCRAM (RFC 5802, section 3) by WebCrypto, for security/scram.ts: what a password proves about one
 * exchange, and what the server must answer if it knows that password too.
 */
import { assertInvariant } from '../core/errors.ts';

/** As WebCrypto names them. */
export type ScramHash = 'SHA-1' | 'SHA-256' | 'SHA-512';

const hashBits: Readonly<Record<ScramHash, number>> = {
  'SHA-1': 160,
  'SHA-256': 256,
  'SHA-512': 512,
};

/** Whether this runtime computes hashes: browsers do not on pages that came over clear HTTP. */
export const hasWebCrypto = (): boolean => crypto.subtle !== undefined;

export interface ScramSalt {
  readonly hash: ScramHash;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

export interface ScramProofs {
  readonly clientProof: Uint8Array;
  readonly serverSignature: Uint8Array;
}

const encoder = new TextEncoder();
const CLIENT_KEY = encoder.encode('Client Key');
const SERVER_KEY = encoder.encode('Server Key');

/** Both proofs for the exchange whose text is `authMessage`, as RFC 5802 has it. */
export async function scramProofs(
  password: Uint8Array,
  { hash, salt, iterations }: ScramSalt,
  authMessage: Uint8Array,
): Promise<ScramProofs> {
  const { subtle } = crypto;
  assertInvariant(subtle !== undefined, 'SCRAM is only chosen where there is WebCrypto');

  const hmac = async (key: Uint8Array, data: Uint8Array): Promise<Uint8Array> => {
    const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', imported, data));
  };
  const secret = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const salted = new Uint8Array(
    await subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations }, secret, hashBits[hash]),
  );

  const clientKey = await hmac(salted, CLIENT_KEY);
  const storedKey = new Uint8Array(await subtle.digest(hash, clientKey));
  const clientSignature = await hmac(storedKey, authMessage);
  const serverKey = await hmac(salted, SERVER_KEY);
  return {
    clientProof: clientKey.map((byte, at) => byte ^ clientSignature[at]!),
    serverSignature: await hmac(serverKey, authMessage),
  };
}
