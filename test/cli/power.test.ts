/** `sallyport power`, and the switch of guests that are started here. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { PowerAction } from '../../src/client/power.ts';
import { powerCommand } from '../../src/cli/power.ts';
import { startQemuDisplay } from '../../src/displays/qemu.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { bareMachine, qemuCommand } from '../support/grub.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { fails, succeeds } from './in-process.ts';

describe('sallyport power', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-power-'));
  const at = (name: string): string => `unix:${join(folder, name)}`;
  const switchable = new FakeDisplay({
    power: async (action: PowerAction) => action !== 'reboot',
  });
  const started: Serving[] = [];
  before(async () => {
    started.push(await serve({ display: switchable, listen: at('vm'), security: 'None' }));
    started.push(
      await serve({ display: new FakeDisplay(), listen: at('desktop'), security: 'None' }),
    );
  });
  after(async () => {
    await Promise.all(started.map((serving) => serving.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('does it where the server has a switch', async () => {
    await succeeds(powerCommand(), at('vm'), 'shutdown');
    await succeeds(powerCommand(), at('vm'), 'reset');
    assert.deepEqual(switchable.powers, ['shutdown', 'reset']);
  });

  it('says so where it cannot be done', async () => {
    await fails(powerCommand(), 1, /cannot do this: reboot/, at('vm'), 'reboot');
    await fails(powerCommand(), 1, /has no power switch/, at('desktop'), 'reset');
    await fails(powerCommand(), 2, /Allowed choices are shutdown, reboot, reset/, at('vm'), 'off');
  });
});

describe('the switch of a guest', { skip: withoutPeers(qemuCommand) }, () => {
  const start = (powerControl: boolean) =>
    startQemuDisplay({ command: qemuCommand, args: [...bareMachine, '-no-reboot'], powerControl });

  it('is there when it was asked for', async () => {
    const display = await start(true);
    await until('the switch', () => display.power !== undefined);
    // With -no-reboot a reset ends QEMU, so that it can be seen.
    assert.equal(await display.power?.('reboot'), false);
    void display.power?.('reset').catch(() => undefined);
    let end: object | undefined;
    void display.process.exited.then((how) => {
      end = how;
    });
    await until('the end of QEMU', () => end !== undefined);
    assert.deepEqual(end, { code: 0, signal: null });
    await display.close();
  });

  it('is not there otherwise', async () => {
    const display = await start(false);
    // What it says of itself comes with its first answer.
    await until('a picture', () => display.framebuffer.pixels.some((p) => (p & 0xffffff) !== 0));
    assert.equal(display.power, undefined);
    await display.close();
  });
});
