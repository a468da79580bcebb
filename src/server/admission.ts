/**
 * How many connections may be in their handshake at a time, in all and from one address. A newcomer above the cap is
 * refused; nobody inside is ever put out for it (QEMU drops the oldest, so a flood keeps honest people from logging in):
 * those who stall leave by their own deadlines.
 */
import { LimitError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';

export class Admission {
  readonly #limits: Limits;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Connections that are inside now. */
  get total(): number {
    return this.#total;
  }

  /**
   * Takes a place, or throws LimitError. Returns the function that gives it back, once however often it is called. A
   * peer without a host (unix socket, memory) counts in the total only.
   */
  enter(host: string): () => void {
    const { maxUnauthenticated, maxUnauthenticatedPerAddress: most } = this.#limits;
    if (!(this.#total < maxUnauthenticated))
      throw new LimitError('maxUnauthenticated', maxUnauthenticated, this.#total + 1);
    const key = addressKey(host);
    // Whoever has one IPv6 /64 often has a /48: 65536 of them, and four would fill all places.
    const site = siteOf(key);
    const mostOfSite = Math.max(most, Math.floor(maxUnauthenticated / 2));
    this.#check(key, most);
    this.#check(site, mostOfSite);
    this.#total += 1;
    this.#count(key, 1);
    this.#count(site, 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#total -= 1;
      this.#count(key, -1);
      this.#count(site, -1);
    };
  }

  #check(key: string, most: number): void {
    const count = this.#perAddress.get(key) ?? 0;
    if (key !== '' && !(count < most))
      throw new LimitError('maxUnauthenticatedPerAddress', most, count + 1);
  }

  #count(key: string, change: 1 | -1): void {
    const count = (this.#perAddress.get(key) ?? 0) + change;
    if (count === 0) this.#perAddress.delete(key);
    else this.#perAddress.set(key, count);
  }
}

/** The /48 around a /64; empty for what is no IPv6 address. */
const siteOf = (key: string): string =>
  key.endsWith('/64') ? `${key.split(':').slice(0, 3).join(':')}::/48` : '';

/** What counts as one address: an IPv4 address, also when mapped into IPv6, or the first 64 bits of an IPv6 one. */
export function addressKey(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!bare.includes(':')) return bare;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped !== null) return mapped[1]!;
  const [head = '', tail] = bare.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 8) groups.push('0');
    if (tail !== '') groups.push(...tail.split(':'));
  }
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
