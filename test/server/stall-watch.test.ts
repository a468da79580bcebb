import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TimeoutError, type VncError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { StallWatch } from '../../src/server/stall-watch.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { until } from '../support/served.ts';

const limits = resolveLimits({ writeStallMs: 1 });

/** A stream of which so much waits at each look; the last number stays. */
function backlogged(...backlogs: number[]): ReturnType<typeof memoryPair>[0] {
  const [stream] = memoryPair();
  return Object.defineProperty(stream, 'backlogBytes', {
    get: () => (backlogs.length > 1 ? backlogs.shift() : backlogs[0]),
  });
}

describe('StallWatch', () => {
  it('lets a viewer be slow as long as something moves', async () => {
    // Every look of every timer sees a byte less, until nothing waits and the timer is not set again.
    const backlogs = Array.from({ length: 30 }, (_, i) => 29 - i);
    const stalls: VncError[] = [];
    const watch = new StallWatch(backlogged(...backlogs), limits, (reason) => stalls.push(reason));
    watch.wrote(100, 0);
    await until(() => !process.getActiveResourcesInfo().includes('Timeout'));
    assert.deepEqual(stalls, []);
  });

  it('ends one that takes nothing more, even after it took something', async () => {
    const stalls: VncError[] = [];
    const watch = new StallWatch(backlogged(9, 9, 9, 5), limits, (reason) => stalls.push(reason));
    watch.wrote(100, 0);
    await until(() => stalls.length > 0);
    assert.ok(stalls[0] instanceof TimeoutError);
    watch.stop();
  });
});
