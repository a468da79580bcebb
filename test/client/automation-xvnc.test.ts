/** Automation of a desktop that knows every keysym: TigerVNC's X server, with a terminal that writes down what is typed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pressKeys } from '../../src/client/automation/keys.ts';
import { click } from '../../src/client/automation/pointer.ts';
import { screenshot } from '../../src/client/automation/screenshot.ts';
import { typeText } from '../../src/client/automation/type-text.ts';
import { waitForRegion, waitForStable } from '../../src/client/automation/wait.ts';
import type { VncClient } from '../../src/client/client.ts';
import { connect } from '../../src/node/connect.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startXvnc, type Xvnc } from '../support/xvnc.ts';

describe('automation of an X desktop', { skip: withoutPeers('Xtigervnc', 'xterm') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'automation-'));
  const typed = join(folder, 'typed');
  let xvnc: Xvnc;
  let client: VncClient;
  before(async () => {
    xvnc = await startXvnc('400x300');
    // The shell has made the file before anything can be typed.
    xvnc.run('xterm', ['-geometry', '60x20+0+0', '-en', 'UTF-8', '-e', `cat > ${typed}`]);
    await until('xterm', () => {
      try {
        return readFileSync(typed).length === 0;
      } catch {
        return false;
      }
    });
    client = await connect(`unix:${xvnc.path}`, { security: 'None', jpeg: false });
    await waitForStable(client, { stableMs: 200 });
    // Without a window manager the window under the pointer has the keyboard.
    await click(client, { x: 100, y: 100 });
  });
  after(async () => {
    await client?.close();
    await xvnc?.close();
    rmSync(folder, { recursive: true });
  });

  it('types what a US keyboard has, and what it has not', async () => {
    const text = 'The "quick" {brown} fox; jumps_over 3^2 & ~1 lazy dogs!? #$%*()+=|<>[]@:\n';
    await typeText(client, text);
    await typeText(client, 'Grüße, 5 €, λ, Ж\n');
    await until('the text', () => readFileSync(typed, 'utf8').endsWith('Ж\n'));
    assert.equal(readFileSync(typed, 'utf8'), `${text}Grüße, 5 €, λ, Ж\n`);
  });

  it('presses keys together', async () => {
    await typeText(client, 'forgotten');
    await pressKeys(client, 'ctrl-u');
    await typeText(client, 'kept');
    await pressKeys(client, 'shift-a');
    await pressKeys(client, 'Return');
    await until('the line', () => readFileSync(typed, 'utf8').endsWith('\nkeptA\n'));
  });

  it('finds again the part of the screen that it has taken a picture of', async () => {
    await waitForStable(client, { stableMs: 200 });
    const region = { x: 2, y: 2, width: 150, height: 20 };
    const picture = await screenshot(client, { region });
    assert.ok(new Set(picture.pixels).size > 1, 'there is something to see');
    assert.equal(await waitForRegion(client, picture, region), 0);
  });
});
