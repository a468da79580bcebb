import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { pause, StagedDeadline, withDeadline } from '../../src/core/deadline.ts';
import { TimeoutError } from '../../src/core/errors.ts';

const never = (): Promise<never> => new Promise(() => undefined);

/** Runs with a clock that stands still until told. */
async function withClock(run: () => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await run();
  } finally {
    mock.timers.reset();
  }
}

describe('withDeadline', () => {
  it('settles as the work does, in time', async () => {
    const fail = (): void => assert.fail('no timeout');
    assert.equal(await withDeadline(Promise.resolve(5), 1000, 'work', fail), 5);
    const fault = new Error('fault');
    await assert.rejects(withDeadline(Promise.reject(fault), 1000, 'work', fail), fault);
  });

  it('rejects with TimeoutError after its time, and calls onTimeout with the same error', () =>
    withClock(async () => {
      const seen: TimeoutError[] = [];
      const result = withDeadline(never(), 20, 'work', (e) => seen.push(e), 'tls');
      mock.timers.tick(19);
      assert.equal(seen.length, 0);
      mock.timers.tick(1);
      await assert.rejects(result, (error) => {
        assert.ok(error instanceof TimeoutError);
        assert.deepEqual([error.afterMs, error.phase], [20, 'tls']);
        return error === seen[0];
      });
      assert.equal(seen.length, 1);
    }));

  it('reports the deadline, though onTimeout makes the work reject at once', () =>
    withClock(async () => {
      let end: (error: Error) => void = () => undefined;
      const work = new Promise<never>((_, reject) => {
        end = reject;
      });
      const result = withDeadline(work, 5, 'work', (error) => end(error));
      mock.timers.tick(5);
      await assert.rejects(result, TimeoutError);
    }));

  it('leaves no timer behind when the work was in time', () =>
    withClock(async () => {
      let timedOut = false;
      await withDeadline(Promise.resolve(), 5, 'work', () => {
        timedOut = true;
      });
      mock.timers.tick(1000);
      assert.equal(timedOut, false);
    }));

  it('leaves no unhandled rejection when the work fails after its time', () =>
    withClock(async () => {
      let end: (error: Error) => void = () => undefined;
      const work = new Promise<never>((_, reject) => {
        end = reject;
      });
      const result = withDeadline(work, 5, 'work', () => undefined);
      mock.timers.tick(5);
      await assert.rejects(result, TimeoutError);
      end(new Error('late'));
      await Promise.resolve();
    }));
});

describe('StagedDeadline', () => {
  it('gives each stage its own time, and names it', () =>
    withClock(async () => {
      const deadline = new StagedDeadline(10, 100_000, () => undefined);
      const first = deadline.run('version', never());
      mock.timers.tick(10);
      await assert.rejects(first, (error) => {
        assert.ok(error instanceof TimeoutError);
        assert.equal(error.message, 'the version stage took longer than 10 ms');
        return error.phase === 'version';
      });
      assert.equal(await deadline.run('security', Promise.resolve(1)), 1);
    }));

  it('gives a stage no more than what is left of the whole', () =>
    withClock(async () => {
      const deadline = new StagedDeadline(100_000, 10, () => undefined);
      const stage = deadline.run('tls', never());
      mock.timers.tick(10);
      await assert.rejects(stage, (error) => error instanceof TimeoutError && error.afterMs <= 10);
    }));
});

describe('pause', () => {
  it('ends when it is over, or when its signal says so', () =>
    withClock(async () => {
      const over = pause(100, new AbortController().signal);
      mock.timers.tick(100);
      await over;
      const stop = new AbortController();
      const early = pause(100, stop.signal);
      stop.abort();
      await early;
      await pause(100, stop.signal);
    }));
});
