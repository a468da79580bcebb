/** What the policy says now of somebody who logged in before. Used at the start of a session, and when the policy changed. */
import { AuthenticationError, ErrorCode } from '../core/errors.ts';
import type { Identity, Judgement, Peer, Rights } from '../security/identity.ts';

/** Throws AuthenticationError (ERR_VNC_NOT_ALLOWED) for somebody who may not be there any more. */
export function judgedRights(
  judge: ((identity: Identity, peer: Peer) => Judgement) | undefined,
  identity: Identity,
  peer: Peer,
): Rights {
  if (judge === undefined) return identity.rights;
  const judgement = judge(identity, peer);
  if (judgement.denied === undefined) return judgement.rights;
  throw new AuthenticationError(`the access policy changed: ${judgement.denied}`, {
    code: ErrorCode.notAllowed,
    phase: 'session',
  });
}
