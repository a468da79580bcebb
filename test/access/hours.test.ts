import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHours } from '../../src/access/hours.ts';

const at = (hours: string, time: string): boolean => parseHours(hours).includes(Date.parse(time));

// 2026-01-05 is a Monday.
describe('hours', () => {
  it('begin with their first minute and end before their last', () => {
    const office = 'Mon-Fri 08:00-18:00 UTC';
    assert.ok(!at(office, '2026-01-05T07:59:59Z'));
    assert.ok(at(office, '2026-01-05T08:00:00Z'));
    assert.ok(at(office, '2026-01-09T17:59:59Z'));
    assert.ok(!at(office, '2026-01-09T18:00:00Z'));
    assert.ok(!at(office, '2026-01-10T12:00:00Z'));
  });
  it('take single days, ranges over the weekend, and daily', () => {
    assert.ok(at('Sat,Mon 00:00-24:00 UTC', '2026-01-05T23:59:00Z'));
    assert.ok(!at('Sat,Mon 00:00-24:00 UTC', '2026-01-06T00:00:00Z'));
    assert.ok(at('fri-mon 00:00-24:00 UTC', '2026-01-11T12:00:00Z'));
    assert.ok(at('daily 12:00-13:00 UTC', '2026-01-07T12:30:00Z'));
  });
  it('past midnight belong to the day on which they begin', () => {
    const night = 'Fri 22:00-06:00 UTC';
    assert.ok(at(night, '2026-01-09T22:00:00Z'));
    assert.ok(at(night, '2026-01-10T05:59:00Z'));
    assert.ok(!at(night, '2026-01-09T05:00:00Z'));
    assert.ok(!at(night, '2026-01-10T22:00:00Z'));
  });
  it('follow the clock of their zone through the change to summer time', () => {
    const berlin = 'daily 08:00-09:00 Europe/Berlin';
    assert.ok(at(berlin, '2026-01-05T07:30:00Z'));
    assert.ok(!at(berlin, '2026-07-06T07:30:00Z'));
    assert.ok(at(berlin, '2026-07-06T06:30:00Z'));
  });
  it('refuse what they cannot read, and say how it is written', () => {
    for (const [text, why] of [
      ['Mon 8-9', /does not read DAYS HH:MM-HH:MM/],
      ['Moon 08:00-09:00', /has the days "Moon"/],
      ['Mon 08:00-25:00', /no time of day/],
      ['Mon 08:60-09:00', /no time of day/],
      ['Mon 08:00-08:00', /is empty/],
      ['Mon 08:00-09:00 Mars/Base', /zone "Mars\/Base"/],
    ] as const) {
      assert.throws(() => parseHours(text), why, text);
    }
  });
});
