import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Congestion } from '../../src/server/congestion.ts';

/** A line with a rate, a delay and a queue without end; marks come back over a line that is never full. */
function simulate(options: {
  readonly bytesPerMs: number | ((now: number) => number);
  readonly delayMs: number;
  readonly chunkBytes: number;
  readonly forMs: number;
}): { readonly congestion: Congestion; readonly delivered: number; readonly worstQueueMs: number } {
  const congestion = new Congestion();
  const rate = options.bytesPerMs;
  const rateAt = typeof rate === 'number' ? () => rate : rate;
  const answers: { readonly id: number; readonly at: number }[] = [];
  let lineFreeAt = 0;
  let delivered = 0;
  let worstQueueMs = 0;
  for (let now = 0; now < options.forMs; now += 0.25) {
    while (answers[0] !== undefined && answers[0].at <= now)
      congestion.answered(answers.shift()!.id, now);
    while (congestion.hasRoom) {
      congestion.sent(options.chunkBytes);
      const id = congestion.mark(now);
      lineFreeAt = Math.max(lineFreeAt, now) + options.chunkBytes / rateAt(now);
      if (now > options.forMs / 2) worstQueueMs = Math.max(worstQueueMs, lineFreeAt - now);
      if (lineFreeAt < options.forMs) delivered += options.chunkBytes;
      if (id !== undefined) answers.push({ id, at: lineFreeAt + options.delayMs });
    }
  }
  return { congestion, delivered, worstQueueMs };
}

const MBIT = 125; // bytes a millisecond

describe('Congestion', () => {
  for (const [mbit, delayMs] of [
    [1, 20],
    [10, 5],
    [10, 100],
    [100, 20],
    [1000, 1],
    [300, 150],
  ] as const) {
    it(`fills a line of ${mbit} Mbit/s with ${delayMs} ms, and queues little in front of it`, () => {
      const forMs = 8000;
      const { delivered, worstQueueMs, congestion } = simulate({
        bytesPerMs: mbit * MBIT,
        delayMs,
        chunkBytes: 16 * 1024,
        forMs,
      });
      assert.ok(delivered > 0.8 * forMs * mbit * MBIT, `delivered ${delivered}`);
      const chunkMs = (16 * 1024) / (mbit * MBIT);
      assert.ok(worstQueueMs <= 2.5 * (delayMs + 2 * chunkMs) + 2, `queued ${worstQueueMs} ms`);
      assert.ok(Math.abs(congestion.bytesPerMs / (mbit * MBIT) - 1) < 0.35);
    });
  }

  it('follows a line that becomes ten times slower', () => {
    const { worstQueueMs } = simulate({
      bytesPerMs: (now) => (now < 1000 ? 100 * MBIT : 10 * MBIT),
      delayMs: 10,
      chunkBytes: 16 * 1024,
      forMs: 8000,
    });
    assert.ok(worstQueueMs < 150, `queued ${worstQueueMs} ms`);
  });

  it('does not take a quiet screen for a slow line', () => {
    const congestion = new Congestion();
    const now = { ms: 0 };
    const exchange = (bytes: number, tookMs: number): void => {
      congestion.sent(bytes);
      const id = congestion.mark(now.ms)!;
      now.ms += tookMs;
      congestion.answered(id, now.ms);
    };
    for (let i = 0; i < 10; i++) exchange(1_000_000, 20);
    const { windowBytes } = congestion;
    for (let i = 0; i < 100; i++) exchange(20, 10);
    assert.ok(congestion.windowBytes >= windowBytes / 2);
  });

  it('stops at the window and goes on when a mark comes back', () => {
    const congestion = new Congestion();
    congestion.sent(200_000);
    const id = congestion.mark(0)!;
    assert.equal(congestion.hasRoom, false);
    assert.equal(congestion.inFlight, 200_000);
    congestion.answered(id, 10);
    assert.equal(congestion.inFlight, 0);
    assert.equal(congestion.hasRoom, true);
    assert.equal(congestion.roundTripMs, 10);
  });

  it('takes an answered mark for all in front of it, and ignores marks that it does not know', () => {
    const congestion = new Congestion();
    congestion.sent(1000);
    const first = congestion.mark(0)!;
    congestion.sent(1000);
    const second = congestion.mark(1)!;
    congestion.answered(second, 5);
    assert.equal(congestion.inFlight, 0);
    congestion.answered(first, 6);
    congestion.answered(77, 6);
    assert.equal(congestion.inFlight, 0);
  });

  it('keeps a bounded number of marks open for a viewer that never answers', () => {
    const congestion = new Congestion();
    const ids = Array.from({ length: 100 }, (_, i) => congestion.mark(i));
    assert.ok(ids.filter((id) => id !== undefined).length <= 32);
  });

  it('lets at least one chunk out however slow the line', () => {
    const congestion = new Congestion();
    congestion.sent(10);
    congestion.answered(congestion.mark(0)!, 60_000);
    assert.ok(congestion.windowBytes >= 16 * 1024);
  });
});
