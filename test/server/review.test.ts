import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError } from '../../src/core/errors.ts';
import {
  allRights,
  viewOnlyRights,
  type Identity,
  type Judgement,
} from '../../src/security/identity.ts';
import { createServer, type VncServer } from '../../src/server/server.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { utf8 } from '../../src/wire/text.ts';
import { toHex } from '../../src/wire/hex.ts';
import { fakeAuthenticator, localPeer } from '../support/fake-authenticator.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { TestViewer, until, updateRequest } from '../support/served.ts';

const version = toHex(utf8('RFB 003.008\n'));
const press = '04 01 0000 00000061';

class Policy {
  readonly asked: Identity[] = [];
  say: (identity: Identity) => Judgement = () => ({ rights: allRights });
  readonly judge = (identity: Identity): Judgement => {
    this.asked.push(identity);
    return this.say(identity);
  };
}

function serve(): { server: VncServer; display: FakeDisplay; policy: Policy } {
  const display = new FakeDisplay({ width: 1, height: 1, name: 'desk' });
  const policy = new Policy();
  const server = createServer({
    display,
    offer: { types: [1], subtypes: [] },
    authenticator: fakeAuthenticator(),
    judge: policy.judge,
  });
  return { server, display, policy };
}

function connect(server: VncServer): TestViewer {
  const [ours, theirs] = memoryPair();
  return new TestViewer(server, server.accept(ours, localPeer), theirs);
}

async function login(server: VncServer): Promise<TestViewer> {
  const there = server.events.once('initialized');
  const viewer = connect(server);
  viewer.send(`${version} 01 01`);
  await there;
  await viewer.reader.skip(12 + 2 + 4 + 24 + 4);
  return viewer;
}

const rightsOf = (server: VncServer) => server.viewers.map(({ rights }) => rights);
/** Lets every message that was sent be handled. */
async function settled(viewer: TestViewer): Promise<void> {
  viewer.send(updateRequest(false));
  await viewer.reader.skip(4 + 12 + 4);
}

describe('when the access policy changed', () => {
  it('rights are lowered and raised in the session', async () => {
    const { server, display, policy } = serve();
    const viewer = await login(server);
    policy.say = () => ({ rights: viewOnlyRights });
    server.review();
    assert.deepEqual(rightsOf(server), [viewOnlyRights]);
    viewer.send(press);
    await settled(viewer);
    assert.deepEqual(display.keys, []);
    policy.say = () => ({ rights: allRights });
    server.review();
    viewer.send(press);
    await settled(viewer);
    assert.equal(display.keys.length, 1);
    await server.close();
  });

  it('a session that may not stay is closed, with the reason', async () => {
    const { server, policy } = serve();
    const [first, second] = [await login(server), await login(server)];
    let judged = 0;
    policy.say = () =>
      ++judged === 1 ? { denied: 'no rule lets in alice' } : { rights: allRights };
    server.review();
    const reason = await first.gone;
    assert.ok(reason instanceof AuthenticationError);
    assert.equal(reason.code, 'ERR_VNC_NOT_ALLOWED');
    assert.equal(reason.message, 'the access policy changed: no rule lets in alice');
    assert.deepEqual(
      server.viewers.map(({ id }) => id),
      [second.id],
    );
    await server.close();
  });

  it('what was set by hand stays until the policy says something else', async () => {
    const { server, policy } = serve();
    const viewer = await login(server);
    server.setRights(viewer.id, viewOnlyRights);
    server.review();
    assert.deepEqual(rightsOf(server), [viewOnlyRights]);
    const noPower = { ...allRights, power: false };
    policy.say = () => ({ rights: noPower });
    server.review();
    assert.deepEqual(rightsOf(server), [noPower]);
    await server.close();
  });

  it('somebody between password and ClientInit gets what it says now, or is refused', async () => {
    const { server, policy } = serve();
    const viewer = connect(server);
    viewer.send(`${version} 01`);
    await viewer.reader.skip(12 + 2 + 4);
    policy.say = () => ({ rights: viewOnlyRights });
    const there = server.events.once('initialized');
    viewer.send('01');
    assert.deepEqual((await there).rights, viewOnlyRights);

    const late = connect(server);
    late.send(`${version} 01`);
    await late.reader.skip(12 + 2 + 4);
    policy.say = () => ({ denied: 'gone' });
    const failed = server.events.once('authenticationfailed');
    late.send('01');
    assert.equal((await failed).reason, 'the access policy changed: gone');
    await late.receivesEnd();
    late.stream.end();
    await late.gone;
    await server.close();
  });

  it('the display hears of it once, and not when nothing changed', async () => {
    const { server, display, policy } = serve();
    await login(server);
    await login(server);
    await until(() => server.viewers.length === 2);
    const before = display.viewerLists.length;
    server.review();
    policy.say = () => ({ rights: viewOnlyRights });
    server.review();
    assert.equal(display.viewerLists.length, before + 1);
    await server.close();
  });

  it('nothing happens where there is no policy', async () => {
    const server = createServer({
      display: new FakeDisplay({ width: 1, height: 1, name: 'desk' }),
      offer: { types: [1], subtypes: [] },
      authenticator: fakeAuthenticator(),
    });
    await login(server);
    server.review();
    assert.deepEqual(rightsOf(server), [allRights]);
    await server.close();
  });
});
