/** How typed text and keys are sent to servers that know scan codes, and what is told when the connection is lost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdKeys, pressKeys, releaseKeys } from '../../../src/client/automation/keys.ts';
import { pasteText } from '../../../src/client/automation/paste.ts';
import { drag, pointAt } from '../../../src/client/automation/pointer.ts';
import { typeText } from '../../../src/client/automation/type-text.ts';
import { screenshot } from '../../../src/client/automation/screenshot.ts';
import type { KeyEvent } from '../../../src/rfb/messages/key-event.ts';
import {
  pixels,
  rectangle,
  scriptedServer,
  update,
  type ScriptedServer,
} from '../scripted-server.ts';

const QEMU_KEYS = -258;

const events = async (server: ScriptedServer, count: number): Promise<string> => {
  const seen: KeyEvent[] = [];
  while (seen.length < count) seen.push(await server.nextOf('KeyEvent'));
  return seen
    .map(({ down, keysym, keycode = 0 }) => {
      const code = keycode === 0 ? '' : `/${keycode.toString(16)}`;
      return `${down ? '' : '-'}${keysym.toString(16)}${code}`;
    })
    .join(' ');
};

describe('typeText for a layout', () => {
  it('sends scan codes with the modifiers to a server that understands them', async () => {
    const server = scriptedServer();
    // QemuExtendedKeyEvent, acknowledged.
    server.send(`${update(1)} ${rectangle(0, 0, 0, 0, QEMU_KEYS)} 02`);
    await server.nextOf('FramebufferUpdateRequest');
    await server.nextOf('FramebufferUpdateRequest');
    const typed = typeText(server.client, '@Z', { layout: 'de', keyDelayMs: 0 });
    assert.equal(
      await events(server, 8),
      'fe03/b8 40/10 -40/10 -fe03/b8 ffe1/2a 5a/15 -5a/15 -ffe1/2a',
    );
    await Promise.all([assert.rejects(typed), server.close()]);
  });
  it('sends keysyms alone to one that does not', async () => {
    const server = scriptedServer();
    const typed = typeText(server.client, '€', { layout: 'fr' });
    assert.equal(await events(server, 4), 'fe03 20ac -20ac -fe03');
    await Promise.all([assert.rejects(typed), server.close()]);
  });
});

describe('the outcome of input', () => {
  it('is "not started" when the connection was lost before', async () => {
    const server = scriptedServer();
    await server.close();
    for (const attempt of [
      () => typeText(server.client, 'ab'),
      () => pressKeys(server.client, 'ctrl-c'),
      () => holdKeys(server.client, 'shift'),
      () => releaseKeys(server.client, 'shift'),
    ])
      await assert.rejects(attempt, {
        name: 'InputLostError',
        code: 'ERR_VNC_CLOSED',
        outcome: 'not started',
        handedOver: 0,
      });
  });
  it('is "unknown" when it is lost on the way, with what was handed over until then', async () => {
    const server = scriptedServer();
    const typed = typeText(server.client, 'abc', { keyDelayMs: 0 });
    await events(server, 4);
    await server.close();
    await assert.rejects(typed, { outcome: 'unknown', handedOver: 2 });
  });
  it('is "unknown" for keys whose release nobody answered', async () => {
    const server = scriptedServer();
    const pressed = pressKeys(server.client, 'a', { holdMs: 0 });
    await events(server, 2);
    await server.close();
    await assert.rejects(pressed, { outcome: 'unknown', handedOver: 1 });
  });
});

describe('holdKeys and releaseKeys', () => {
  it('press in order, and release in the opposite one', async () => {
    const server = scriptedServer();
    const held = holdKeys(server.client, 'ctrl-shift');
    assert.equal(await events(server, 2), 'ffe3 ffe1');
    server.send(`${update(1)} ${rectangle(0, 0, 1, 1, 0)} ${pixels(1, 0)}`);
    assert.deepEqual(await held, { outcome: 'sent' });
    const released = releaseKeys(server.client, 'ctrl-shift');
    assert.equal(await events(server, 2), '-ffe1 -ffe3');
    await Promise.all([assert.rejects(released), server.close()]);
  });
});

describe('drag', () => {
  it('waits stepMs between positions, whatever the buttons are held', async () => {
    const server = scriptedServer();
    const dragged = drag(
      server.client,
      { x: 0, y: 0 },
      { x: 3, y: 0 },
      { steps: 3, stepMs: 0, holdMs: 0, button: 3 },
    );
    const seen: string[] = [];
    while (seen.length < 6) {
      const { buttonMask, x, y } = await server.nextOf('PointerEvent');
      seen.push(`${buttonMask}@${x},${y}`);
    }
    assert.equal(seen.join(' '), '0@0,0 4@0,0 4@1,0 4@2,0 4@3,0 0@3,0');
    await Promise.all([assert.rejects(dragged), server.close()]);
  });
});

describe('pointAt', () => {
  it('moves with buttons that somebody else counts', async () => {
    const server = scriptedServer();
    const moved = pointAt(server.client, 5, { x: 1, y: 2 });
    const { buttonMask, x, y } = await server.nextOf('PointerEvent');
    assert.deepEqual([buttonMask, x, y], [5, 1, 2]);
    await assert.rejects(pointAt(server.client, 0, { x: 4, y: 0 }), RangeError);
    await Promise.all([assert.rejects(moved), server.close()]);
  });
});

describe('pasteText', () => {
  it('sends Latin-1, and refuses what it cannot carry', async () => {
    const server = scriptedServer();
    await assert.rejects(
      pasteText(server.client, 'price: 5 €'),
      /carries Latin-1 only, and no "€"/,
    );
    const pasted = pasteText(server.client, 'café');
    assert.equal((await server.nextOf('ClientCutText')).text, 'café');
    await Promise.all([assert.rejects(pasted), server.close()]);
  });
});

describe('screenshot', () => {
  it('can be smaller', async () => {
    const server = scriptedServer();
    const shot = screenshot(server.client, {
      scale: 0.5,
      region: { x: 0, y: 0, width: 2, height: 2 },
    });
    server.send(
      `${update(1)} ${rectangle(0, 0, 4, 4, 0)} ${pixels(4, 0x102030)}${pixels(4, 0x304050)}${pixels(8, 0)}`,
    );
    assert.deepEqual(await shot, { width: 1, height: 1, pixels: Uint32Array.of(0xff203040) });
    await assert.rejects(screenshot(server.client, { scale: 2 }), RangeError);
    await server.close();
  });
});
