/**
 * An authenticator that lets nobody guess in haste: who must wait is refused without asking the one behind it, so a guess
 * costs us no hash, with the bytes of any other refusal. Such a refusal does not lengthen the wait.
 */
import { AuthenticationError } from '../core/errors.ts';
import type { Identity, Peer } from '../security/identity.ts';
import type { Authenticator } from '../security/security-type.ts';
import { networkKey } from './networks.ts';
import type { Throttle } from './throttle.ts';

/** Type None has nothing to guess, and a certificate cannot be guessed: both pass through. */
export function throttled(inner: Authenticator, throttle: Throttle): Authenticator {
  const turns = new Turns();
  const attempt = (who: string, peer: Peer, ask: () => Promise<Identity>): Promise<Identity> => {
    if (peer.host === '') return ask();
    // One at a time, or many connections at once would all guess before the first of them has failed.
    return turns.take(`${networkKey(peer.host)} ${who}`, async () => {
      const waitMs = throttle.waitMs(who, peer.host);
      if (waitMs > 0)
        throw new AuthenticationError(
          `too many failed logins as ${who} from ${peer.host}: not before ${(waitMs / 1000).toFixed(1)} s have passed`,
          { tooMany: true },
        );
      try {
        const identity = await ask();
        throttle.succeeded(who, peer.host);
        return identity;
      } catch (error) {
        // Right credentials that no rule lets in count too: else the wait would tell that they are right.
        if (error instanceof AuthenticationError && !error.tooMany) throttle.failed(who, peer.host);
        throw error;
      }
    });
  };
  return {
    anyone: inner.anyone,
    certificate: inner.certificate,
    vncPassword: (matches, peer) => {
      const { certificate } = peer;
      const who =
        certificate === undefined ? 'password' : `certificate ${certificate.fingerprint256}`;
      return attempt(who, peer, () => inner.vncPassword(matches, peer));
    },
    plain: (username, password, peer) =>
      attempt(`user ${JSON.stringify(username)}`, peer, () =>
        inner.plain(username, password, peer),
      ),
  };
}

/** Lets work of one key begin only when what came before it has ended. */
class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const mine = (before ?? Promise.resolve()).then(work);
    const ended = mine.catch(() => undefined);
    this.#last.set(key, ended);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}
