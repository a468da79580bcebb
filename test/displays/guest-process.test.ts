import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ClosedError } from '../../src/core/errors.ts';
import { startGuestProcess } from '../../src/displays/guest-process.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';

/** SIGTERM is bit 14 of the mask. */
const ignoresTerm = (pid: number): boolean =>
  (Number(`0x${/SigIgn:\s*([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]}`) &
    0x4000) !==
  0;

describe('guest process', () => {
  it('tells exit code and last words in one sentence', async () => {
    const guest = await startGuestProcess('sh', ['-c', 'echo one >&2; echo two >&2; exit 3']);
    assert.deepEqual(await guest.exited, { code: 3, signal: null });
    assert.equal(guest.describeExit(), 'sh ended with exit code 3: one; two');
    await guest.end();
  });

  it('keeps control characters out of that sentence', async () => {
    const guest = await startGuestProcess('sh', ['-c', "printf 'a\\033[31mb' >&2; exit 1"]);
    await guest.exited;
    assert.equal(guest.describeExit(), 'sh ended with exit code 1: a·[31mb');
  });

  it('ends it, by force when it does not listen', async () => {
    const polite = await startGuestProcess('sleep', ['60']);
    assert.ok(isRunning(polite.pid));
    assert.equal(polite.describeExit(), undefined);
    await polite.end();
    assert.equal((await polite.exited).signal, 'SIGTERM');
    assert.ok(!isRunning(polite.pid));

    const deaf = await startGuestProcess('sh', ['-c', 'trap "" TERM; while :; do sleep 0.1; done']);
    await until('the trap', () => ignoresTerm(deaf.pid));
    await deaf.end();
    assert.equal((await deaf.exited).signal, 'SIGKILL');
  });

  it('rejects when there is no such program', async () => {
    await assert.rejects(
      startGuestProcess('no-such-program-here', []),
      (error) =>
        error instanceof ClosedError &&
        error.message === 'cannot start no-such-program-here: no such program',
    );
  });
});
