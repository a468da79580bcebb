/**
 * SCRAM (RFC 5802, RFC 7677) as a SASL mechanism of the client: the password does not cross the wire, and the server must
 * show that it knows it too. Without channel binding, which QEMU's SASL does not have. Used by sasl.ts.
 *
 * ```
 * C: n,,n=USER,r=NONCE            S: r=NONCE+MORE,s=SALT,i=ITERATIONS
 * C: c=biws,r=NONCE+MORE,p=PROOF  S: v=SIGNATURE, or e=ERROR
 * ```
 */
import { AuthenticationError, ProtocolError } from '../core/errors.ts';
import { constantTimeEqual } from '../crypto/constant-time.ts';
import { randomBytes } from '../crypto/random.ts';
import { hasWebCrypto, scramProofs, type ScramHash } from '../crypto/scram-keys.ts';
import { fromLatin1, fromUtf8, latin1, printable, utf8 } from '../wire/text.ts';
import type { Login } from './plain.ts';
import type { SaslDialogue, SaslMechanism } from './sasl-mechanism.ts';

/** RFC 7677 has servers ask for 4096 at least; fewer make a proof that was overheard cheaper to guess at. */
const MIN_ITERATIONS = 4096;
/** About half a second of work: more is a server that wants to see us busy. */
const MAX_ITERATIONS = 1_000_000;
const NONCE_BYTES = 18;
/** No channel binding, and nobody to act for; `biws` is that in base64. */
const GS2_HEADER = 'n,,';

/** Strongest first; none where there is no WebCrypto. */
export const scramMechanisms = (): SaslMechanism[] =>
  hasWebCrypto() ? (['SHA-512', 'SHA-256', 'SHA-1'] as const).map((hash) => scram(hash)) : [];

/** `makeNonce` is for tests. */
export const scram = (
  hash: ScramHash,
  makeNonce: () => string = () => toBase64(randomBytes(NONCE_BYTES)),
): SaslMechanism => ({
  name: `SCRAM-${hash}`,
  revealsPassword: false,
  begin: (login) => beginScram(hash, login, makeNonce()),
});

function beginScram(hash: ScramHash, { username, password }: Login, nonce: string): SaslDialogue {
  // Cyrus SASL compares names and passwords as they were typed, without RFC 4013's preparation; so do we.
  const name = fromUtf8(username).replaceAll('=', '=3D').replaceAll(',', '=2C');
  const firstBare = `n=${name},r=${nonce}`;
  let wanted: Uint8Array | undefined;
  let satisfied = false;

  async function prove(challenge: string): Promise<Uint8Array> {
    const server = readServerFirst(challenge, nonce);
    const finalBare = `c=${toBase64(utf8(GS2_HEADER))},r=${server.nonce}`;
    const authMessage = utf8(`${firstBare},${challenge},${finalBare}`);
    const proofs = await scramProofs(password, { hash, ...server }, authMessage);
    wanted = proofs.serverSignature;
    return utf8(`${finalBare},p=${toBase64(proofs.clientProof)}`);
  }

  function judgeServer(signature: Uint8Array, final: string): Uint8Array {
    const [, attribute, value = ''] = /^([ve])=([^,]+)(?:,.*)?$/.exec(final) ?? [];
    if (attribute === undefined) throw malformed('final message', final);
    if (attribute === 'e') {
      const peerReason = printable(value);
      throw new AuthenticationError(`the server ends SCRAM with ${peerReason}`, { peerReason });
    }
    if (!constantTimeEqual(fromBase64(value), signature)) {
      throw new AuthenticationError(
        'the server does not know the password: its SCRAM signature is wrong',
      );
    }
    satisfied = true;
    return new Uint8Array();
  }

  return {
    first: utf8(`${GS2_HEADER}${firstBare}`),
    async answer(challenge) {
      const text = fromUtf8(challenge);
      if (satisfied) throw malformed('message behind the final one', text);
      return wanted === undefined ? prove(text) : judgeServer(wanted, text);
    },
    isSatisfied: () => satisfied,
  };
}

/** The salt, the iterations and the whole nonce, which must go on from ours. */
function readServerFirst(
  text: string,
  ours: string,
): { nonce: string; salt: Uint8Array; iterations: number } {
  const match = /^r=([!-+\--~]+),s=([A-Za-z0-9+/]+=*),i=([1-9][0-9]{0,9})(?:,.*)?$/.exec(text);
  if (match === null) throw malformed('first message', text);
  const [, nonce = '', salt = '', iterations = ''] = match;
  if (!nonce.startsWith(ours) || nonce.length === ours.length) {
    throw malformed('nonce, which does not go on from ours', nonce);
  }
  const count = Number(iterations);
  if (count < MIN_ITERATIONS || count > MAX_ITERATIONS) {
    throw new ProtocolError(
      `the server wants ${count} iterations of SCRAM; taken are ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`,
      { field: 'SCRAM.iterations', got: count, phase: 'authentication' },
    );
  }
  return { nonce, salt: fromBase64(salt), iterations: count };
}

const toBase64 = (bytes: Uint8Array): string => btoa(fromLatin1(bytes));

function fromBase64(text: string): Uint8Array {
  try {
    return latin1(atob(text));
  } catch {
    throw malformed('base64', text);
  }
}

const malformed = (what: string, got: string): ProtocolError =>
  new ProtocolError(`malformed SCRAM ${what}`, {
    field: 'SCRAM',
    got: printable(got),
    phase: 'authentication',
  });
