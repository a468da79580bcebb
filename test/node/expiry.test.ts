import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expiryWarnings, watchExpiries, type Expiry } from '../../src/node/expiry.ts';
import { FakeClock } from '../support/fake-clock.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const date = (day: number): Date => new Date(START + day * DAY_MS);

const expiry = (what: Expiry['what'], from: number, until: number): Expiry => ({
  file: `${what}.pem`,
  what,
  from: date(from),
  until: date(until),
});

/** Days from the start on which a warning came, with its first words. */
function warningsOf(expiries: readonly Expiry[], days: number): string[] {
  const clock = new FakeClock(START);
  const told: string[] = [];
  const stop = watchExpiries(expiries, clock, (sentence) => {
    told.push(`day ${(clock.now() - START) / DAY_MS}: ${sentence.split(' on ')[0] ?? ''}`);
  });
  clock.advance(days * DAY_MS);
  stop();
  assert.equal(clock.pending, 0, 'no timer is left');
  return told;
}

describe('expiry warnings while running', () => {
  for (const what of ['certificate', 'authority'] as const)
    it(`come 30, 7 and 1 days before the ${what} expires, and when it has, once each`, () => {
      assert.deepEqual(warningsOf([expiry(what, -60, 90)], 200), [
        `day 60: ${what}.pem expires`,
        `day 83: ${what}.pem expires`,
        `day 89: ${what}.pem expires`,
        `day 90: ${what}.pem expired`,
      ]);
    });

  it('come for a revocation list only in the second half of its life', () => {
    const lasting = warningsOf([expiry('revocation list', 0, 90)], 200);
    assert.deepEqual(
      lasting.map((line) => line.split(':')[0]),
      ['day 60', 'day 83', 'day 89', 'day 90'],
    );
    const monthly = warningsOf([expiry('revocation list', 0, 30)], 200);
    assert.deepEqual(
      monthly.map((line) => line.split(':')[0]),
      ['day 23', 'day 29', 'day 30'],
    );
    const weekly = warningsOf([expiry('revocation list', 0, 7)], 200);
    assert.deepEqual(
      weekly.map((line) => line.split(':')[0]),
      ['day 6', 'day 7'],
    );
  });

  it('leave out those whose time had passed when the files were loaded', () => {
    assert.deepEqual(warningsOf([expiry('certificate', -80, 5)], 20), [
      'day 4: certificate.pem expires',
      'day 5: certificate.pem expired',
    ]);
  });

  it('say what will happen', () => {
    const told: string[] = [];
    const clock = new FakeClock(START);
    const all = [expiry('certificate', -9, 1), expiry('revocation list', -9, 1)];
    watchExpiries(all, clock, (sentence) => told.push(sentence));
    clock.advance(2 * DAY_MS);
    assert.deepEqual(told, [
      'certificate.pem expired on 2026-01-02T00:00:00Z; since then viewers refuse this server',
      'revocation list.pem expired on 2026-01-02T00:00:00Z; since then every client certificate is refused',
    ]);
  });

  it('come late, and once, after the machine slept through their time', () => {
    const told: string[] = [];
    let now = START;
    const timers: Array<() => void> = [];
    const clock = {
      now: () => now,
      after: (_: number, run: () => void) => {
        timers.push(run);
        return () => undefined;
      },
    };
    watchExpiries([expiry('certificate', -60, 40)], clock, (sentence) => told.push(sentence));
    now = date(35).getTime();
    timers.pop()?.();
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /expires on 2026-02-10/);
  });

  it('end when they are stopped', () => {
    const clock = new FakeClock(START);
    const told: string[] = [];
    watchExpiries([expiry('certificate', 0, 90)], clock, (sentence) => told.push(sentence))();
    clock.advance(100 * DAY_MS);
    assert.deepEqual(told, []);
  });
});

describe('expiry warnings on loading', () => {
  it('have one sentence for each that expires soon', () => {
    const all = [
      expiry('certificate', -60, 29),
      expiry('authority', -60, 300),
      expiry('revocation list', -1, 29),
      expiry('revocation list', -25, 5),
    ];
    assert.deepEqual(expiryWarnings(all, date(0)), [
      'certificate.pem expires on 2026-01-30T00:00:00Z; from then on viewers refuse this server',
      'revocation list.pem expires on 2026-01-06T00:00:00Z; from then on every client certificate is refused',
    ]);
  });

  it('leave what has expired to those who refuse it', () => {
    assert.deepEqual(expiryWarnings([expiry('certificate', -60, -1)], date(0)), []);
  });
});
