/**
 * Time between guesses: after a failed login the next one of the same identity from the same network has to wait, twice as
 * long after each failure. Whoever guesses at alice does not lock alice out elsewhere, nor anybody else in the same
 * network until very many logins from there have failed. Pure: time is given to it.
 */
import { networkKey, type Network } from './networks.ts';

/** How long failed logins make one wait. */
export interface ThrottleSettings {
  /** The wait after the first failure that costs one, doubled by each further one. Default 500. */
  readonly firstDelayMs: number;
  /** Default 60000. */
  readonly longestDelayMs: number;
  /** Quiet time after which failures are forgotten. Default 900000. */
  readonly forgetAfterMs: number;
  /** Failures of one identity from one network that cost nothing: people mistype. */
  readonly freeTries: number;
  /** Failures of all identities from one network that cost nothing: many people may share an address. */
  readonly freeTriesPerNetwork: number;
  /** Where nobody has to wait. */
  readonly exempt: readonly Network[];
}

export const defaultThrottle: ThrottleSettings = Object.freeze({
  firstDelayMs: 500,
  longestDelayMs: 60_000,
  forgetAfterMs: 15 * 60_000,
  freeTries: 2,
  freeTriesPerNetwork: 20,
  exempt: [],
});

export interface ThrottleOptions {
  /** Milliseconds, of any clock that never goes back. */
  readonly now: () => number;
  readonly maxEntries: number;
}

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

export class Throttle {
  readonly #now: () => number;
  readonly #maxEntries: number;
  #settings: ThrottleSettings | undefined;
  /** The one longest unused first. */
  readonly #failures = new Map<string, Failures>();

  constructor(settings: ThrottleSettings | undefined, options: ThrottleOptions) {
    this.#settings = settings;
    this.#now = options.now;
    this.#maxEntries = options.maxEntries;
  }

  /** Other settings from now on; undefined: nobody waits. What has failed stays remembered. */
  configure(settings: ThrottleSettings | undefined): void {
    this.#settings = settings;
  }

  /** Identities and networks that are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  /** Milliseconds until this identity may try again from this host; 0: now. */
  waitMs(identity: string, host: string): number {
    const settings = this.#settingsFor(host);
    if (settings === undefined) return 0;
    const { freeTries, freeTriesPerNetwork } = settings;
    return Math.max(
      this.#wait(pairKey(identity, host), freeTries, settings),
      this.#wait(networkKey(host), freeTriesPerNetwork, settings),
    );
  }

  failed(identity: string, host: string): void {
    const settings = this.#settingsFor(host);
    if (settings === undefined) return;
    for (const key of [pairKey(identity, host), networkKey(host)]) {
      const count = (this.#recall(key, settings)?.count ?? 0) + 1;
      this.#failures.delete(key);
      this.#failures.set(key, { count, lastAt: this.#now() });
    }
    while (this.#failures.size > this.#maxEntries) {
      const [oldest] = this.#failures.keys();
      if (oldest === undefined) break;
      this.#failures.delete(oldest);
    }
  }

  /**
   * Forgives this identity, and its network as much as it failed itself: who knows one password must not buy free guesses
   * at all others with it.
   */
  succeeded(identity: string, host: string): void {
    const pair = pairKey(identity, host);
    const own = this.#failures.get(pair)?.count ?? 0;
    this.#failures.delete(pair);
    const network = networkKey(host);
    const all = this.#failures.get(network);
    if (all === undefined || own === 0) return;
    if (all.count > own) this.#failures.set(network, { ...all, count: all.count - own });
    else this.#failures.delete(network);
  }

  /** Unix sockets and pairs in memory have no host: who may open them is decided elsewhere. */
  #settingsFor(host: string): ThrottleSettings | undefined {
    if (host === '' || this.#settings?.exempt.some((network) => network.contains(host)) === true)
      return undefined;
    return this.#settings;
  }

  #wait(key: string, free: number, settings: ThrottleSettings): number {
    const failures = this.#recall(key, settings);
    if (failures === undefined || failures.count <= free) return 0;
    const { firstDelayMs, longestDelayMs } = settings;
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (failures.count - free - 1));
    return Math.max(0, failures.lastAt + delayMs - this.#now());
  }

  #recall(key: string, { forgetAfterMs }: ThrottleSettings): Failures | undefined {
    const failures = this.#failures.get(key);
    if (failures === undefined) return undefined;
    if (this.#now() - failures.lastAt < forgetAfterMs) return failures;
    this.#failures.delete(key);
    return undefined;
  }
}

/** Characters by which identities are told apart: a peer could make us remember a thousand of each name that it tries. */
const MAX_IDENTITY = 128;

/** No network has a space in its key, so no identity can be made to look like another's. */
const pairKey = (identity: string, host: string): string =>
  `${networkKey(host)} ${identity.slice(0, MAX_IDENTITY)}`;
