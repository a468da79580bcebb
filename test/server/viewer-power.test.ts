import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClosedError, ProtocolError } from '../../src/core/errors.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { allRights } from '../../src/security/identity.ts';
import type { PowerAction } from '../../src/server/display.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until } from '../support/served.ts';

const init = 'fa 00 01 01';
const failed = 'fa 00 01 00';

const withPower = (power: (action: PowerAction) => Promise<boolean>): Served =>
  new Served({ display: new FakeDisplay({ power }) });

describe('xvp, server', () => {
  it('is offered once, and shutdown, reboot and reset reach the display', async () => {
    const served = withPower(() => Promise.resolve(true));
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.Xvp));
    viewer.send(setEncodings(Encoding.Xvp));
    await viewer.receives(init);
    for (const code of ['02', '03', '04']) {
      viewer.send(`fa 00 01 ${code}`);
      const count = served.display.powers.length;
      await until(() => served.display.powers.length > count);
      // What was done is not answered.
      await Promise.resolve();
    }
    assert.deepEqual(served.display.powers, ['shutdown', 'reboot', 'reset']);
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    await served.server.close();
  });

  it('answers Fail to what the display refuses, cannot do, or nobody knows', async () => {
    const answers = [
      () => Promise.resolve(false),
      () => Promise.reject(new ClosedError('the guest is gone')),
    ];
    for (const answer of answers) {
      const served = withPower(answer);
      const viewer = await served.session();
      viewer.send(setEncodings(Encoding.Xvp));
      await viewer.receives(init);
      viewer.send('fa 00 01 02');
      await viewer.receives(failed);
      viewer.send('fa 00 01 09');
      await viewer.receives(failed);
      await served.server.close();
    }
  });

  it('does one thing at a time', async () => {
    let finish: (isDone: boolean) => void = () => undefined;
    const served = withPower(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.Xvp));
    await viewer.receives(init);
    viewer.send('fa 00 01 02 fa 00 01 04');
    await viewer.receives(failed);
    assert.deepEqual(served.display.powers, ['shutdown']);
    finish(false);
    await viewer.receives(failed);
    await served.server.close();
  });

  it('is not offered without the right or without a switch, until the right is given', async () => {
    const served = withPower(() => Promise.resolve(true));
    const viewer = await served.session({ rights: { power: false } });
    viewer.send(setEncodings(Encoding.Xvp));
    viewer.send('fa 00 01 02');
    await viewer.receives(failed);
    served.server.setRights(viewer.id, allRights);
    await viewer.receives(init);
    served.server.setRights(viewer.id, { ...allRights, power: false });
    viewer.send('fa 00 01 02');
    await viewer.receives(failed);
    assert.deepEqual(served.display.powers, []);
    await served.server.close();

    const without = new Served();
    const other = await without.session();
    other.send(setEncodings(Encoding.Xvp));
    other.send('fa 00 01 02');
    await other.receives(failed);
    await without.server.close();
  });

  it('a display that throws ends the connection as its own fault', async () => {
    const served = withPower(() => Promise.reject(new Error('bug')));
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.Xvp));
    await viewer.receives(init);
    viewer.send('fa 00 01 02');
    assert.ok((await viewer.gone) instanceof ClosedError);
  });

  it('is a fault of a viewer that did not name it', async () => {
    const served = withPower(() => Promise.resolve(true));
    const viewer = await served.session();
    viewer.send('fa 00 01 02');
    assert.ok((await viewer.gone) instanceof ProtocolError);
    assert.deepEqual(served.display.powers, []);
  });
});
