import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drain } from '../../src/cli/drain.ts';
import type { Serving } from '../../src/node/serve.ts';
import { Served } from '../support/served.ts';

const never = new Promise<never>(() => undefined);

function serving(served: Served): Pick<Serving, 'on' | 'server' | 'stopListening'> & {
  stopped: number;
} {
  const self = {
    stopped: 0,
    on: served.server.events.on.bind(served.server.events),
    server: served.server,
    stopListening: async () => {
      self.stopped += 1;
    },
  };
  return self;
}

describe('drain', () => {
  it('stops listening, and is over at once when no viewer is there', async () => {
    const target = serving(new Served());
    assert.equal(await drain(target, 60_000, never), 'no viewers are left');
    assert.equal(target.stopped, 1);
  });

  it('waits for the last viewer to leave', async () => {
    const served = new Served();
    const [first, second] = [await served.session(), await served.session()];
    const over = drain(serving(served), 60_000, never);
    first.stream.end();
    await first.gone;
    assert.equal(served.server.viewers.length, 1, 'the other stays');
    second.stream.end();
    assert.equal(await over, 'all viewers have left');
    await served.server.close();
  });

  it('waits no longer than it was told to', async () => {
    const served = new Served();
    await served.session();
    assert.equal(await drain(serving(served), 1, never), 'time is up, 1 still here');
    await served.server.close();
  });

  it('waits no longer when asked a second time', async () => {
    const served = new Served();
    await served.session();
    const over = drain(serving(served), 60_000, Promise.resolve('SIGTERM'));
    assert.match(await over, /^asked again/);
    await served.server.close();
  });
});
