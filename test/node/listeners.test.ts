import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Address } from '../../src/node/address.ts';
import { createListeners, type Listeners } from '../../src/node/listeners.ts';
import { Served, until } from '../support/served.ts';
import { temporaryDirectory } from './command.ts';

const loopback: Address = { kind: 'tcp', host: '127.0.0.1', port: 0 };

function create(check: (addresses: readonly Address[]) => void = () => undefined): {
  readonly served: Served;
  readonly listeners: Listeners;
} {
  const served = new Served();
  const { server } = served;
  const listeners = createListeners({
    accept: (stream, peer, known) => known?.(server.accept(stream, peer)),
    events: server.events,
    check,
    listen: {},
    inherited: [],
  });
  return { served, listeners };
}

describe('listeners', () => {
  it('tell which one a connection came by, until it ended', async (t) => {
    const path = join(temporaryDirectory(t), 'vnc');
    const { served, listeners } = create();
    await listeners.add({ kind: 'unix', path });
    const socket = connect(path).on('error', () => undefined);
    await until(() => served.log.includes('initialized 1'));
    assert.deepEqual(listeners.origin(1)?.listener, { kind: 'unix', path });
    assert.ok((listeners.origin(1)?.since ?? 0) <= Date.now());
    let during: unknown;
    served.server.events.on('disconnected', ({ id }) => {
      during = listeners.origin(id);
    });
    socket.destroy();
    await until(() => during !== undefined);
    await until(() => listeners.origin(1) === undefined);
    await listeners.close();
  });

  it('keep what stays open, and take free ports', async () => {
    const { listeners } = create();
    const first = await listeners.add(loopback);
    assert.ok(first.kind === 'tcp' && first.port > 0);
    const [kept, second] = await listeners.replace([first, loopback]);
    assert.deepEqual(kept, first);
    assert.notDeepEqual(second, first);
    assert.equal(await listeners.remove(first), true);
    assert.equal(await listeners.remove(first), false);
    assert.deepEqual(listeners.addresses, [second]);
    await listeners.close();
  });

  it('change whole or not at all', async (t) => {
    const folder = temporaryDirectory(t);
    const { listeners } = create();
    const before = await listeners.add(loopback);
    const good: Address = { kind: 'unix', path: join(folder, 'good') };
    const bad: Address = { kind: 'unix', path: join(folder, 'nowhere', 'bad') };
    await assert.rejects(listeners.replace([good, bad]), /its directory does not exist/);
    assert.deepEqual(listeners.addresses, [before]);
    assert.ok(!existsSync(good.path));
    await assert.rejects(listeners.add(before), /this server listens there already/);
    await listeners.close();
  });

  it('open nothing that the policy is against, not even when it changed meanwhile', async () => {
    let asked = 0;
    const { listeners } = create(() => {
      asked += 1;
      if (asked === 2) throw new Error('no longer');
    });
    await assert.rejects(listeners.add(loopback), /no longer/);
    assert.deepEqual(listeners.addresses, []);
    await listeners.close();
  });

  it('tell of what is about to listen, so that nothing is offered there meanwhile that must not be', async () => {
    let during: readonly Address[] = [];
    const { listeners } = create(() => {
      during = listeners.wanted;
    });
    const before = await listeners.add(loopback);
    const adding = listeners.add({ ...loopback, host: '127.0.0.2' });
    assert.deepEqual(listeners.wanted, [before]);
    const after = await adding;
    // Asked the second time, when the new one took connections already.
    assert.deepEqual(during, [before, { ...loopback, host: '127.0.0.2' }]);
    assert.deepEqual(listeners.wanted, [before, after]);
    await listeners.close();
  });

  it('change one after the other', async () => {
    const { listeners } = create();
    const added = await Promise.all([listeners.add(loopback), listeners.add(loopback)]);
    assert.deepEqual(listeners.addresses, added);
    await listeners.close();
    await assert.rejects(listeners.add(loopback), /the server is closing/);
  });
});
