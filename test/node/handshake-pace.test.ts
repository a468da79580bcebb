import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPace } from '../../src/node/handshake-pace.ts';

const never = new Promise<never>(() => undefined);

describe('handshake pace', () => {
  it('lets a burst through at once, and the next ones at the given distance', async () => {
    const pace = createPace({ everyMs: 10, burst: 3 });
    const startedAt = performance.now();
    for (let index = 0; index < 3; index += 1) await pace.turn(never);
    const burstMs = performance.now() - startedAt;
    for (let index = 0; index < 3; index += 1) await pace.turn(never);
    const allMs = performance.now() - startedAt;
    assert.ok(burstMs < 10, `burst took ${burstMs} ms`);
    assert.ok(allMs >= 28, `six turns took only ${allMs} ms`);
  });

  it('serves in order', async () => {
    const pace = createPace({ everyMs: 1, burst: 1 });
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (index) => {
        await pace.turn(never);
        order.push(index);
      }),
    );
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
  });

  it('lets go of who left, and gives the turn to the next', async () => {
    const pace = createPace({ everyMs: 20, burst: 1 });
    await pace.turn(never);
    let leave = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const startedAt = performance.now();
    const impatient = Array.from({ length: 50 }, () => pace.turn(gone));
    const patient = pace.turn(never);
    assert.equal(pace.waiting, 51);
    leave();
    await Promise.all(impatient);
    assert.equal(pace.waiting, 1);
    await patient;
    assert.ok(performance.now() - startedAt < 1000);
    assert.equal(pace.waiting, 0);
  });

  it('keeps no timer once nobody waits', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const pace = createPace({ everyMs: 60_000, burst: 1 });
    await pace.turn(never);
    let leave = (): void => undefined;
    const waiting = pace.turn(
      new Promise<void>((resolve) => {
        leave = resolve;
      }),
    );
    assert.equal(timers(), before + 1);
    leave();
    await waiting;
    assert.equal(timers(), before);
  });
});
