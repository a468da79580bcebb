import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';
import type { ServerEvents } from '../../src/server/server.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest } from '../support/served.ts';
import { Encoding } from '../../src/rfb/constants.ts';

function collect<Name extends keyof ServerEvents>(
  served: Served,
  name: Name,
): ServerEvents[Name][] {
  const list: ServerEvents[Name][] = [];
  served.server.events.on(name, (event) => list.push(event));
  return list;
}

describe('server events', () => {
  it('a change of rights tells the old ones, the new ones and whose doing it was', async () => {
    const served = new Served();
    const changes = collect(served, 'rightschanged');
    const { id } = await served.session({ name: 'alice' });
    served.server.setRights(id, viewOnlyRights, 'monitor');
    served.server.setRights(id, allRights);
    assert.equal(served.server.setRights(99, allRights), false);
    assert.deepEqual(
      changes.map(({ viewer, old, by }) => [viewer.id, old.pointer, viewer.rights.pointer, by]),
      [
        [id, true, false, 'monitor'],
        [id, false, true, 'server'],
      ],
    );
    await served.server.close();
  });

  it('a kick tells the reason and whose doing it was, once, before disconnected', async () => {
    const served = new Served();
    const kicks = collect(served, 'kicked');
    const viewer = await served.session();
    served.server.events.on('kicked', ({ id }) => served.log.push(`kicked ${id}`));
    assert.equal(served.server.kick(viewer.id, 'maintenance', 'monitor'), true);
    assert.equal(served.server.kick(viewer.id, 'again', 'monitor'), false);
    await viewer.gone;
    assert.deepEqual(
      kicks.map(({ id, reason, by }) => ({ id, reason, by })),
      [{ id: viewer.id, reason: 'maintenance', by: 'monitor' }],
    );
    assert.deepEqual(served.log.slice(-2), ['kicked 1', 'disconnected 1: maintenance']);
  });

  it('a viewer that asks for the desktop alone is named as the one who kicked the others', async () => {
    const served = new Served({ share: 'allow-exclusive' });
    const kicks = collect(served, 'kicked');
    const first = await served.session();
    const second = await served.session({ shared: false });
    await first.gone;
    assert.deepEqual(
      kicks.map(({ id, by, byId }) => ({ id, by, byId })),
      [{ id: first.id, by: 'viewer', byId: second.id }],
    );
    await served.server.close();
  });

  it('a resize tells the size, and the viewer that asked for it', async () => {
    const served = new Served({ display: new FakeDisplay({ resizable: true }) });
    const resizes = collect(served, 'resized');
    const viewer = await served.session();
    served.display.setSize(5, 6);
    viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
    viewer.send('fb 00 0002 0003 01 00 00000000 0000 0000 0002 0003 00000000');
    await until(() => resizes.length === 2);
    assert.deepEqual(resizes, [
      { width: 5, height: 6, by: 'server' },
      { width: 2, height: 3, by: 'viewer', byId: viewer.id },
    ]);
    await served.server.close();
    served.display.setSize(7, 7);
    assert.equal(resizes.length, 2, 'a closed server tells nothing');
  });

  it('a clipboard that passes is told with its direction and length, and nothing of its text', async () => {
    const served = new Served();
    const clips = collect(served, 'clipboard');
    const viewer = await served.session();
    // "zoé!" in Latin-1: four bytes on the wire, five of UTF-8.
    viewer.send('06 000000 00000004 7a6fe921');
    await until(() => clips.length === 1);
    served.display.events.emit('clipboard', 'secret');
    await until(() => clips.length === 2);
    assert.deepEqual(
      clips.map(({ viewer: { id }, ...rest }) => ({ id, ...rest })),
      [
        { id: viewer.id, direction: 'in', bytes: 5 },
        { id: viewer.id, direction: 'out', bytes: 6 },
      ],
    );
    await served.server.close();
  });

  it('a clipboard that a viewer may not pass is not told', async () => {
    const served = new Served();
    const clips = collect(served, 'clipboard');
    const viewer = await served.session({ rights: { clipboardIn: false, clipboardOut: false } });
    viewer.send('06 000000 00000001 78');
    viewer.send('04 01 0000 00000061');
    served.display.events.emit('clipboard', 'secret');
    await until(() => served.display.keys.length === 1);
    assert.deepEqual(clips, []);
    await served.server.close();
  });

  it('disconnected tells exactly what went over the session, in both directions', async () => {
    const served = new Served();
    const ends = collect(served, 'disconnected');
    const viewer = await served.session();
    viewer.send(updateRequest(false));
    // FramebufferUpdate with one rectangle of 4x4 raw pixels.
    const update = 4 + 12 + 4 * 4 * 4;
    await viewer.reader.bytes(update);
    served.server.kick(viewer.id);
    await viewer.gone;
    const [end] = ends;
    assert.ok(end !== undefined);
    assert.deepEqual(
      { bytesIn: end.bytesIn, bytesOut: end.bytesOut, updates: end.updates },
      { bytesIn: 10, bytesOut: update, updates: 1 },
    );
    assert.ok(Number.isInteger(end.durationMs) && end.durationMs >= 0);
  });

  it('a connection that never became a session moved nothing', async () => {
    const served = new Served();
    const ends = collect(served, 'disconnected');
    const viewer = served.connect({ before: () => new Promise<never>(() => undefined) });
    await until(() => served.log.length === 1);
    served.server.kick(viewer.id);
    await viewer.gone;
    const { bytesIn, bytesOut, updates } = ends[0]!;
    assert.deepEqual({ bytesIn, bytesOut, updates }, { bytesIn: 0, bytesOut: 0, updates: 0 });
  });
});
