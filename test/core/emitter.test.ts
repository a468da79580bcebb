import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Emitter } from '../../src/core/emitter.ts';

type Events = { ping: number; done: undefined };

const recorder = (): { emitter: Emitter<Events>; seen: string[] } => ({
  emitter: new Emitter<Events>(),
  seen: [],
});

describe('Emitter', () => {
  it('calls listeners in order of subscription, on the caller’s stack', () => {
    const { emitter, seen } = recorder();
    emitter.on('ping', (n) => seen.push(`a${n}`));
    emitter.on('ping', (n) => seen.push(`b${n}`));
    emitter.emit('ping', 1);
    emitter.emit('ping', 2);
    emitter.emit('done', undefined);
    assert.deepEqual(seen, ['a1', 'b1', 'a2', 'b2']);
  });

  it('ends a subscription with the function that it returned, twice without harm', () => {
    const { emitter, seen } = recorder();
    const off = emitter.on('ping', (n) => seen.push(`a${n}`));
    emitter.on('ping', (n) => seen.push(`b${n}`));
    off();
    off();
    emitter.emit('ping', 1);
    assert.deepEqual(seen, ['b1']);
  });

  it('keeps two subscriptions of one listener apart', () => {
    const { emitter, seen } = recorder();
    const listener = (n: number): unknown => seen.push(`a${n}`);
    const off = emitter.on('ping', listener);
    emitter.on('ping', listener);
    emitter.emit('ping', 1);
    off();
    emitter.emit('ping', 2);
    assert.deepEqual(seen, ['a1', 'a1', 'a2']);
  });

  it('skips a listener that an earlier one removed during the event', () => {
    const { emitter, seen } = recorder();
    emitter.on('ping', () => off());
    const off = emitter.on('ping', (n) => seen.push(`b${n}`));
    emitter.emit('ping', 1);
    assert.deepEqual(seen, []);
  });

  it('calls a listener that was added during the event from the next event on', () => {
    const { emitter, seen } = recorder();
    emitter.on('ping', (n) => {
      if (n === 1) emitter.on('ping', (m) => seen.push(`late${m}`));
    });
    emitter.emit('ping', 1);
    emitter.emit('ping', 2);
    assert.deepEqual(seen, ['late2']);
  });

  it('may be cleared by a listener: the rest of the round is skipped', () => {
    const { emitter, seen } = recorder();
    emitter.on('ping', () => emitter.clear());
    emitter.on('ping', (n) => seen.push(`b${n}`));
    emitter.emit('ping', 1);
    assert.deepEqual(seen, []);
    assert.equal(emitter.listenerCount(), 0);
  });

  it('may emit from within a listener', () => {
    const { emitter, seen } = recorder();
    emitter.on('ping', (n) => {
      seen.push(`a${n}`);
      if (n < 3) emitter.emit('ping', n + 1);
    });
    emitter.emit('ping', 1);
    assert.deepEqual(seen, ['a1', 'a2', 'a3']);
  });

  it('resolves once() with the next value, and is gone then', async () => {
    const { emitter } = recorder();
    const next = emitter.once('ping');
    emitter.emit('ping', 7);
    emitter.emit('ping', 8);
    assert.equal(await next, 7);
    assert.equal(emitter.listenerCount('ping'), 0);
  });

  it('counts subscriptions to one event, or to all', () => {
    const { emitter } = recorder();
    emitter.on('ping', () => undefined);
    emitter.on('ping', () => undefined);
    emitter.on('done', () => undefined);
    assert.deepEqual(
      [emitter.listenerCount('ping'), emitter.listenerCount('done'), emitter.listenerCount()],
      [2, 1, 3],
    );
  });

  it('calls the others when a listener throws, and throws its error as an uncaught one afterwards', () => {
    // The test runner takes uncaught errors for failures: another process has to throw it.
    const url = new URL('../../src/core/emitter.js', import.meta.url).href;
    const script = `
      import { Emitter } from ${JSON.stringify(url)};
      const emitter = new Emitter();
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      emitter.on('ping', () => { throw new Error('mine'); });
      emitter.on('ping', () => console.log('second'));
      emitter.emit('ping', 1);
      console.log('after');
    `;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    assert.equal(result.stdout.toString(), 'second\nafter\nuncaught mine\n');
  });
});
