/**
 * When certificates and revocation lists stop to be good, and warnings of it in time: 30, 7 and 1 days before, and when it
 * has happened. Used when credential files are loaded, and by the credential store while it runs.
 */
import type { Clock } from './clock.ts';
import { iso } from './revocation-list.ts';

export interface Expiry {
  readonly file: string;
  readonly what: 'certificate' | 'authority' | 'revocation list';
  readonly from: Date;
  readonly until: Date;
}

const DAY_MS = 86_400_000;
const WARNING_DAYS = [30, 7, 1, 0];

const consequences = {
  certificate: 'from then on viewers refuse this server',
  authority: 'from then on nothing that it signed is good',
  'revocation list': 'from then on every client certificate is refused',
} as const;

/** Milliseconds since 1970, earliest first. A list that lives for a month is not news when it has a month to go. */
function warningTimes({ what, from, until }: Expiry): number[] {
  const life = until.getTime() - from.getTime();
  return WARNING_DAYS.map((days) => days * DAY_MS)
    .filter((before) => what !== 'revocation list' || before * 2 <= life)
    .map((before) => until.getTime() - before);
}

function sentence({ file, what, until }: Expiry, now: number): string {
  const expired = until.getTime() <= now;
  const then = expired
    ? consequences[what].replace('from then on ', 'since then ')
    : consequences[what];
  return `${file} ${expired ? 'expired' : 'expires'} on ${iso(until)}; ${then}`;
}

/** One for each that will expire soon, when its files are loaded. What has expired is not among them: loading refuses it. */
export function expiryWarnings(expiries: readonly Expiry[], now: Date): string[] {
  const at = now.getTime();
  return expiries
    .filter(
      (expiry) => expiry.until.getTime() > at && warningTimes(expiry).some((time) => time <= at),
    )
    .map((expiry) => sentence(expiry, at));
}

/** A machine that slept, or whose clock was set, is late by no more than this. */
const LOOK_AGAIN_MS = DAY_MS / 4;

/**
 * Calls `warn` once at each time of warning that is still to come; those that have passed are in `expiryWarnings`. Returns
 * what ends it.
 */
export function watchExpiries(
  expiries: readonly Expiry[],
  clock: Clock,
  warn: (sentence: string, expiry: Expiry) => void,
): () => void {
  let lookedAt = clock.now();
  let cancel: () => void = () => undefined;
  const times = expiries.map((expiry) => ({ expiry, at: warningTimes(expiry) }));
  const arm = (): void => {
    const due = Math.min(...times.flatMap(({ at }) => at.filter((time) => time > lookedAt)));
    if (due === Infinity) return;
    cancel = clock.after(Math.min(due - lookedAt, LOOK_AGAIN_MS), look);
  };
  const look = (): void => {
    const now = Math.max(clock.now(), lookedAt);
    const reached = times.filter(({ at }) => at.some((time) => time > lookedAt && time <= now));
    lookedAt = now;
    arm();
    for (const { expiry } of reached) warn(sentence(expiry, now), expiry);
  };
  arm();
  return () => cancel();
}
