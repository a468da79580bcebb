/** The kinds of keys that certificates of ours have, made and opened for signing. Used by the certificate authority. */
import { KeyObject, createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { assertInvariant } from '../core/errors.ts';

export type KeyType = 'P-256' | 'P-384' | 'RSA-2048' | 'RSA-3072' | 'Ed25519';

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
} as const;

const keyAlgorithms = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'RSA-2048': { ...rsa, modulusLength: 2048 },
  'RSA-3072': { ...rsa, modulusLength: 3072 },
  Ed25519: { name: 'Ed25519' },
} as const satisfies Record<KeyType, object>;

export interface SigningKeys {
  readonly type: KeyType;
  /** As generators of certificates and lists want it. */
  readonly algorithm: webcrypto.Algorithm;
  readonly publicKey: webcrypto.CryptoKey;
  readonly privateKey: webcrypto.CryptoKey;
  /** The private key, PKCS #8. */
  readonly pem: string;
}

/** Of an existing key: RSA of any length is signed with as `RSA-3072`. Throws TypeError for other kinds. */
function keyTypeOf(key: KeyObject): KeyType {
  if (key.asymmetricKeyType === 'rsa') return 'RSA-3072';
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519';
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return 'P-256';
    case 'secp384r1':
      return 'P-384';
    default:
      throw new TypeError('the key is none of: P-256, P-384, RSA, Ed25519');
  }
}

export async function generateSigningKeys(type: KeyType): Promise<SigningKeys> {
  const algorithm: webcrypto.Algorithm = keyAlgorithms[type];
  const made = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  assertInvariant('privateKey' in made, 'keys that sign come in pairs');
  const { publicKey, privateKey } = made;
  const pem = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { type, algorithm, publicKey, privateKey, pem };
}

/** Throws TypeError for a kind of key that is not signed with, and OpenSSL's error for what is no key. */
export async function openSigningKeys(pem: string): Promise<SigningKeys> {
  const key = createPrivateKey(pem);
  const type = keyTypeOf(key);
  const { subtle } = webcrypto;
  const algorithm: webcrypto.Algorithm = keyAlgorithms[type];
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return {
    type,
    algorithm,
    publicKey: await subtle.importKey('spki', spki, algorithm, true, ['verify']),
    privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    pem,
  };
}

export const isRsa = (type: KeyType): boolean => type.startsWith('RSA');
