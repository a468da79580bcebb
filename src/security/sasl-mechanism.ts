/** One SASL mechanism (RFC 4422) from the client's side, and PLAIN (RFC 4616), the simplest of them. */
import { ProtocolError } from '../core/errors.ts';
import type { Login } from './plain.ts';

/** One exchange under way: it begins with `first`, and answers whatever the server then sends. */
export interface SaslDialogue {
  readonly first: Uint8Array;
  /** The next step. Throws ProtocolError or AuthenticationError for a challenge that is not to be answered. */
  readonly answer: (challenge: Uint8Array) => Promise<Uint8Array>;
  /** Whether the server has shown all that this mechanism wants of it; success before that is none. */
  readonly isSatisfied: () => boolean;
}

export interface SaslMechanism {
  readonly name: string;
  /** The password itself goes to the server: never without TLS around it. */
  readonly revealsPassword: boolean;
  readonly begin: (login: Login) => SaslDialogue;
}

export const saslPlain: SaslMechanism = {
  name: 'PLAIN',
  revealsPassword: true,
  begin: ({ username, password }) => ({
    first: Uint8Array.of(0 /* to act for nobody else */, ...username, 0, ...password),
    answer: (challenge) =>
      Promise.reject(
        new ProtocolError('the server goes on after PLAIN, which has nothing more to say', {
          field: 'SASL.data',
          got: challenge.length,
          phase: 'authentication',
        }),
      ),
    isSatisfied: () => true,
  }),
};
