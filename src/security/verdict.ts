/** Turns the authenticator's answer into a value: a denial must still be told to the peer. Used by every server's half. */
import { AuthenticationError } from '../core/errors.ts';
import type { Identity } from './identity.ts';
import type { Authenticator } from './security-type.ts';

export type Verdict = { readonly identity: Identity } | { readonly denied: AuthenticationError };

/** Resolves with who it is or why not. Any other error than AuthenticationError is ours, and stays one. */
export async function verdictOf(answer: Promise<Identity>): Promise<Verdict> {
  try {
    return { identity: await answer };
  } catch (error) {
    if (error instanceof AuthenticationError) return { denied: error };
    throw error;
  }
}

/** Lets nobody in, and looks nothing up: for a peer that is refused already, and goes through the motions. */
export function denyAll(refusal: AuthenticationError): Authenticator {
  const deny = (): Promise<never> => Promise.reject(refusal);
  return { anyone: deny, vncPassword: deny, plain: deny, certificate: deny };
}
