import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { RefreshNudge } from '../../src/displays/refresh-nudge.ts';
import type { KeyEvent } from '../../src/rfb/messages/key-event.ts';

const key = (down: boolean, keysym: number, keycode?: number): KeyEvent => ({
  type: 'KeyEvent',
  down,
  keysym,
  ...(keycode === undefined ? {} : { keycode }),
});

describe('RefreshNudge', () => {
  let sent: KeyEvent[] = [];
  let nudge = new RefreshNudge(() => undefined);
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    sent = [];
    nudge = new RefreshNudge((event) => sent.push(event));
  });
  afterEach(() => mock.timers.reset());

  it('releases a key again when nothing changed soon after it', () => {
    nudge.key(key(true, 0x61));
    nudge.key(key(false, 0x61));
    mock.timers.tick(9);
    assert.deepEqual(sent, []);
    mock.timers.tick(1);
    assert.deepEqual(sent, [key(false, 0x61)]);
    mock.timers.tick(30);
    assert.equal(sent.length, 2);
    mock.timers.tick(1000);
    assert.equal(sent.length, 3);
  });

  it('ends when something changed', () => {
    nudge.key(key(false, 0x61));
    mock.timers.tick(10);
    nudge.stop();
    mock.timers.tick(1000);
    assert.equal(sent.length, 1);
  });

  it('says nothing when something changed', () => {
    nudge.key(key(false, 0x61));
    nudge.stop();
    mock.timers.tick(1000);
    assert.deepEqual(sent, []);
  });

  it('never releases a key that is down', () => {
    nudge.key(key(false, 0x61, 30));
    mock.timers.tick(10);
    nudge.stop();
    sent = [];
    nudge.key(key(true, 0x41, 30));
    mock.timers.tick(10);
    assert.deepEqual(sent, []);
  });

  it('releases another key than those that are down, where scan codes tell them apart', () => {
    nudge.key(key(false, 0x61, 30));
    nudge.key(key(true, 0xffe1, 42));
    mock.timers.tick(10);
    assert.deepEqual(sent, [key(false, 0x61, 30)]);
  });

  it('does not trust keysyms to tell keys apart', () => {
    for (const [released, down] of [
      [key(false, 0x61), key(true, 0x41)],
      [key(false, 0x61, 30), key(true, 0x41)],
      [key(false, 0x61), key(true, 0x41, 30)],
    ] as const) {
      nudge = new RefreshNudge((event) => sent.push(event));
      nudge.key(released);
      nudge.key(down);
      mock.timers.tick(10);
    }
    assert.deepEqual(sent, []);
  });
});
