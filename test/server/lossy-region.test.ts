import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LossyRegion } from '../../src/server/lossy-region.ts';

const whole = [{ x: 0, y: 0, width: 1000, height: 1000 }];
const square = (x: number, y: number, side = 64) => ({ x, y, width: side, height: side });

describe('LossyRegion', () => {
  it('gives back what kept still, once', () => {
    const region = new LossyRegion();
    region.sent(square(0, 0), [square(0, 0)], 0);
    assert.equal(region.isDue(whole, 100), false);
    assert.equal(region.isDue(whole, 700), true);
    assert.deepEqual(region.take(whole, 700), [square(0, 0)]);
    assert.equal(region.isDue(whole, 5000), false);
    assert.equal(region.dueInMs(whole, 5000), undefined);
  });

  it('takes nothing for calm before a whole span has passed, wherever in a span it was sent', () => {
    for (const last of [0, 1, 150, 299, 300]) {
      const region = new LossyRegion();
      region.sent(square(0, 0), [square(0, 0)], 0);
      region.sent(square(0, 0), [square(0, 0)], last);
      assert.equal(region.isDue(whole, last + 299), false, `${last}`);
      assert.equal(region.isDue(whole, last + 601), true, `${last}`);
    }
  });

  it('waits for a film to end, while what is beside it is made exact', () => {
    const region = new LossyRegion();
    region.sent(square(500, 0), [square(500, 0)], 0);
    for (let now = 0; now < 2000; now += 16) {
      region.sent(square(0, 0), [square(0, 0)], now);
      for (const r of region.take(whole, now)) assert.deepEqual(r, square(500, 0));
    }
    assert.equal(region.isDue(whole, 2000 + 100), false);
    assert.equal(region.isDue(whole, 2000 + 700), true);
    assert.deepEqual(region.take(whole, 2700), [square(0, 0)]);
  });

  it('forgets what was sent exactly', () => {
    const region = new LossyRegion();
    region.sent(square(0, 0, 128), [square(0, 0)], 0);
    region.sent(square(0, 0), [], 10);
    assert.equal(region.isEmpty, true);
  });

  it('follows what moves', () => {
    const region = new LossyRegion();
    region.sent(square(0, 0), [square(0, 0)], 0);
    region.moved({ from: { x: 0, y: 0 }, to: square(200, 300) }, 10);
    const taken = region.take(whole, 1000).concat(region.take(whole, 2000));
    assert.ok(taken.some((r) => r.x === 200 && r.y === 300));
  });

  it('gives back a bounded part at a time, and only where it is wanted', () => {
    const region = new LossyRegion();
    const large = { x: 0, y: 0, width: 1920, height: 1080 };
    region.sent(large, [large], 0);
    const elsewhere = [{ x: 2000, y: 0, width: 10, height: 10 }];
    assert.deepEqual(region.take(elsewhere, 1000), []);
    assert.equal(region.dueInMs(elsewhere, 1000), undefined);
    let rounds = 0;
    for (; region.isDue([large], 1000); rounds++) {
      const pixels = region.take([large], 1000).reduce((sum, r) => sum + r.width * r.height, 0);
      assert.ok(pixels > 0 && pixels <= 2 * 128 * 1024);
    }
    assert.ok(rounds > 4);
  });

  it('tells when to look again', () => {
    const region = new LossyRegion();
    region.sent(square(0, 0), [square(0, 0)], 1000);
    const dueInMs = region.dueInMs(whole, 1000)!;
    assert.ok(dueInMs > 0 && dueInMs <= 300);
    assert.ok((region.dueInMs(whole, 1000 + dueInMs) ?? 0) <= 300);
    assert.equal(region.dueInMs(whole, 2000), 0);
  });
});
