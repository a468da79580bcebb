import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitError, SecurityError } from '../../src/core/errors.ts';
import { judgeShare } from '../../src/server/share-policy.ts';
import { Served, until } from '../support/served.ts';

describe('the share policy', () => {
  // QEMU's table; "without the right" is ours.
  const table = [
    ['allow-exclusive', 'shared', false, 'admit'],
    ['allow-exclusive', 'shared', true, 'refuse'],
    ['allow-exclusive', 'exclusive', false, 'admit-alone'],
    ['allow-exclusive', 'exclusive', true, 'admit-alone'],
    ['allow-exclusive', 'exclusive without the right', false, 'admit'],
    ['allow-exclusive', 'exclusive without the right', true, 'refuse'],
    ['force-shared', 'shared', false, 'admit'],
    ['force-shared', 'exclusive', false, 'refuse'],
    ['force-shared', 'exclusive without the right', false, 'refuse'],
    ['ignore', 'shared', true, 'admit'],
    ['ignore', 'exclusive', false, 'admit'],
    ['ignore', 'exclusive without the right', true, 'admit'],
  ] as const;
  for (const [policy, request, exclusiveLives, verdict] of table) {
    it(`${policy}: ${request}, ${exclusiveLives ? 'beside an exclusive one' : 'beside shared ones'}: ${verdict}`, () => {
      const shared = request === 'shared';
      const mayExclude = request !== 'exclusive without the right';
      assert.equal(judgeShare(policy, { shared, mayExclude }, exclusiveLives), verdict);
    });
  }

  it('by default the flag is ignored: gvncviewer always asks for the desktop alone', async () => {
    const served = new Served();
    await served.session({ shared: true });
    await served.session({ shared: false });
    assert.equal(served.server.viewers.length, 2);
    await served.server.close();
  });

  it('allow-exclusive: the newcomer closes shared and exclusive sessions, but nobody who is logging in', async () => {
    const served = new Served({ share: 'allow-exclusive' });
    let letIn: () => void = () => undefined;
    const pending = served.connect({ before: () => new Promise<void>((r) => (letIn = r)) });
    const shared = await served.session();
    const first = await served.session({ shared: false });
    assert.equal((await shared.gone).message, 'another viewer asked for the desktop alone');
    const second = await served.session({ shared: false });
    assert.equal((await first.gone).message, 'another viewer asked for the desktop alone');
    await first.receivesEnd();
    assert.deepEqual(
      served.server.viewers.map((viewer) => viewer.id),
      [second.id],
    );
    letIn();
    pending.stream.end();
    assert.ok((await pending.gone) instanceof SecurityError);
    await served.server.close();
  });

  it('allow-exclusive: a shared viewer is refused without a byte of ServerInit, and may come later', async () => {
    const served = new Served({ share: 'allow-exclusive' });
    const alone = await served.session({ shared: false });
    const refused = served.connect();
    refused.stream.end();
    assert.ok((await refused.gone) instanceof SecurityError);
    await refused.receivesEnd();
    alone.stream.end();
    await alone.gone;
    await served.session();
    assert.equal(served.server.viewers.length, 1);
    await served.server.close();
  });
});

describe('caps', () => {
  const forever = () => new Promise<never>(() => undefined);

  it('a newcomer above maxUnauthenticated is closed, and nobody inside is', async () => {
    const served = new Served({ limits: { maxUnauthenticated: 2 } });
    let letIn: () => void = () => undefined;
    served.connect({ before: () => new Promise<void>((r) => (letIn = r)) });
    served.connect({ before: forever });
    const reason = await served.connect().gone;
    assert.ok(reason instanceof LimitError);
    assert.equal(reason.limit, 'maxUnauthenticated');
    // One that logs in gives its place back.
    letIn();
    await until(() => served.server.viewers.length === 1);
    await served.session();
    assert.equal(served.server.viewers.length, 2);
    await served.server.close();
  });

  it('one address cannot take all the places', async () => {
    const served = new Served({ limits: { maxUnauthenticatedPerAddress: 1 } });
    served.connect({ before: forever, peer: { host: '10.0.0.1' } });
    const reason = await served.connect({ peer: { host: '10.0.0.1' } }).gone;
    assert.ok(reason instanceof LimitError);
    assert.equal(reason.limit, 'maxUnauthenticatedPerAddress');
    await served.session({ peer: { host: '10.0.0.2' } });
    await served.server.close();
  });

  it('a hundred newcomers while one is logging in do not put it out', async () => {
    const served = new Served({ limits: { maxUnauthenticated: 1 } });
    let letIn: () => void = () => undefined;
    const honest = served.connect({ before: () => new Promise<void>((r) => (letIn = r)) });
    for (let i = 0; i < 100; i++) await served.connect().gone;
    letIn();
    await until(() => served.server.viewers.length === 1);
    assert.equal(served.server.viewers[0]?.id, honest.id);
    await served.server.close();
  });

  it('a viewer above maxSessions is refused after its login', async () => {
    const served = new Served({ limits: { maxSessions: 1 } });
    await served.session();
    const refused = served.connect();
    refused.stream.end();
    const reason = await refused.gone;
    assert.ok(reason instanceof LimitError);
    assert.equal(reason.limit, 'maxSessions');
    await served.server.close();
  });

  it('an exclusive viewer gets in at maxSessions, because the others leave', async () => {
    const served = new Served({ limits: { maxSessions: 1 }, share: 'allow-exclusive' });
    const first = await served.session();
    await served.session({ shared: false });
    await first.gone;
    assert.equal(served.server.viewers.length, 1);
    await served.server.close();
  });
});
