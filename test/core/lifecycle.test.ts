import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spawnSync } from 'node:child_process';
import { ClosedError } from '../../src/core/errors.ts';
import { Emitter } from '../../src/core/emitter.ts';
import { Lifecycle } from '../../src/core/lifecycle.ts';

const reason = new ClosedError('for the test');

describe('Lifecycle', () => {
  it('is open until closed, then closing, then closed', async () => {
    const life = new Lifecycle();
    assert.deepEqual([life.state, life.isOpen, life.reason], ['open', true, undefined]);
    life.throwIfClosed();
    const closed = life.close(reason);
    assert.deepEqual([life.state, life.isOpen, life.reason], ['closing', false, reason]);
    assert.equal(await closed, reason);
    assert.equal(life.state, 'closed');
    assert.equal(await life.closed, reason);
  });

  it('throws the reason once it is not open', async () => {
    const life = new Lifecycle();
    const closed = life.close(reason);
    assert.throws(() => life.throwIfClosed(), reason);
    await closed;
    assert.throws(() => life.throwIfClosed(), reason);
  });

  it('closes without a reason as ClosedError', async () => {
    assert.ok((await new Lifecycle().close()) instanceof ClosedError);
  });

  it('keeps the first reason, and disposes once', async () => {
    const life = new Lifecycle();
    let disposed = 0;
    life.defer(() => {
      disposed++;
    });
    const all = [life.close(reason), life.close(new ClosedError('second')), life.close()];
    assert.deepEqual(await Promise.all(all), [reason, reason, reason]);
    await life.close(new ClosedError('third'));
    assert.equal(disposed, 1);
  });

  it('disposes after the callback that closed it has returned, last added first, one after the other', async () => {
    const life = new Lifecycle();
    const seen: string[] = [];
    life.defer(() => void seen.push('first added'));
    life.defer(async () => {
      seen.push('slow begins');
      await Promise.resolve();
      await Promise.resolve();
      seen.push('slow ends');
    });
    life.defer(() => void seen.push('last added'));
    const callback = (): void => {
      void life.close(reason);
      seen.push('callback goes on');
    };
    callback();
    await life.closed;
    assert.deepEqual(seen, [
      'callback goes on',
      'last added',
      'slow begins',
      'slow ends',
      'first added',
    ]);
  });

  it('marks at once, on the caller’s stack, each mark once', () => {
    const life = new Lifecycle();
    const seen: unknown[] = [];
    life.onClosing((why) => seen.push(why));
    void life.close(reason);
    assert.deepEqual(seen, [reason]);
    void life.close();
    assert.deepEqual(seen, [reason]);
    life.onClosing((why) => seen.push(why));
    assert.deepEqual(seen, [reason, reason]);
  });

  it('may be closed by a mark', async () => {
    const life = new Lifecycle();
    life.onClosing(() => void life.close(new ClosedError('inner')));
    assert.equal(await life.close(reason), reason);
  });

  it('may be closed by a disposer', async () => {
    const life = new Lifecycle();
    const seen: string[] = [];
    life.defer(() => void seen.push('first added'));
    life.defer(() => {
      void life.close(new ClosedError('inner'));
      seen.push('closer');
    });
    assert.equal(await life.close(reason), reason);
    assert.deepEqual(seen, ['closer', 'first added']);
  });

  it('may be closed by a listener of the event it emits, and the other listeners still hear it', async () => {
    const life = new Lifecycle();
    const events = new Emitter<{ message: number }>();
    const seen: string[] = [];
    life.defer(() => events.clear());
    events.on('message', () => void life.close(reason));
    events.on('message', (n) => seen.push(`${n} ${life.state}`));
    events.emit('message', 1);
    assert.equal(await life.closed, reason);
    events.emit('message', 2);
    assert.deepEqual(seen, ['1 closing']);
  });

  it('runs a disposer that was added while closing', async () => {
    const life = new Lifecycle();
    const seen: string[] = [];
    life.defer(() => {
      life.defer(() => void seen.push('added by a disposer'));
    });
    void life.close(reason);
    life.defer(() => void seen.push('added while closing'));
    await life.closed;
    assert.deepEqual(seen.sort(), ['added by a disposer', 'added while closing']);
  });

  it('runs a disposer that was added too late, so that it cannot leak', async () => {
    const life = new Lifecycle();
    await life.close(reason);
    const ran = new Promise<void>((resolve) => life.defer(resolve));
    await ran;
  });

  it('marks all and still disposes when a mark throws', () => {
    const url = new URL('../../src/core/lifecycle.js', import.meta.url).href;
    const script = `
      import { Lifecycle } from ${JSON.stringify(url)};
      const life = new Lifecycle();
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      life.onClosing(() => { throw new Error('mark'); });
      life.onClosing(() => console.log('second mark'));
      life.defer(() => console.log('disposed'));
      life.defer(() => { throw new Error('disposer'); });
      life.closed.then(() => console.log('closed'));
      life.close();
    `;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    assert.deepEqual(result.stdout.toString().trim().split('\n').sort(), [
      'closed',
      'disposed',
      'second mark',
      'uncaught disposer',
      'uncaught mark',
    ]);
  });
});
