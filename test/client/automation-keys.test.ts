import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseKeys, planKeys } from '../../src/client/automation/chord.ts';
import { pressKeys } from '../../src/client/automation/keys.ts';
import { UntypableError } from '../../src/client/automation/input-outcome.ts';
import { keysymOf } from '../../src/client/automation/keysyms.ts';
import { keysymName } from '../../src/displays/keysym-names.ts';
import { scriptedServer } from './scripted-server.ts';

const [CTRL, ALT, SHIFT, DEL] = [0xffe3, 0xffe9, 0xffe1, 0xffff];

describe('keysymOf', () => {
  it('is the character itself for Latin-1, and 0x01000000 above it for all else', () => {
    assert.equal(keysymOf('a'), 0x61);
    assert.equal(keysymOf('é'), 0xe9);
    assert.equal(keysymOf('€'), 0x010020ac);
    assert.equal(keysymOf('😀'), 0x0101f600);
  });
  it('makes Return of a line feed and Tab of a tab', () => {
    assert.equal(keysymOf('\n'), 0xff0d);
    assert.equal(keysymOf('\t'), 0xff09);
  });
  it('has none for control characters, halves of pairs, non-characters, and more than one', () => {
    for (const text of ['', '\0', '\u001b', '\u007f', '\u0085', '\ud800', '\uffff', '\ufdd0', 'ab'])
      assert.equal(keysymOf(text), undefined, JSON.stringify(text));
  });
});

describe('parseKeys', () => {
  it('takes both spellings, in any case', () => {
    for (const keys of [
      'ctrl-alt-del',
      'ctrl+alt+Delete',
      'Control_L+Alt_L+DELETE',
      'CTRL-ALT-del',
    ])
      assert.deepEqual(parseKeys(keys), [CTRL, ALT, DEL], keys);
  });
  it('takes + and - for keys where a name should begin', () => {
    assert.deepEqual(parseKeys('-'), [0x2d]);
    assert.deepEqual(parseKeys('ctrl--'), [CTRL, 0x2d]);
    assert.deepEqual(parseKeys('ctrl-='), [CTRL, 0x3d]);
    assert.deepEqual(parseKeys('ctrl-+'), [CTRL, SHIFT, 0x2b]);
  });
  it("knows vncdotool's names, X11's, QEMU's and those of web pages", () => {
    for (const [name, keysym] of [
      ['bsp', 0xff08],
      ['enter', 0xff0d],
      ['pgup', 0xff55],
      ['rmeta', 0xffe8],
      ['kp5', 0xffb5],
      ['spacebar', 0x20],
      ['Page_Down', 0xff56],
      ['Super_L', 0xffeb],
      ['ISO_Level3_Shift', 0xfe03],
      ['F24', 0xffd5],
      ['ret', 0xff0d],
      ['spc', 0x20],
      ['ArrowLeft', 0xff51],
      ['Control', 0xffe3],
    ] as const)
      assert.deepEqual(parseKeys(name), [keysym], name);
  });
  it('reads back every name under which the test card shows a key', () => {
    for (let keysym = 0xff00; keysym <= 0xffff; keysym++) {
      const name = keysymName(keysym);
      if (name.length > 1) assert.deepEqual(parseKeys(name), [keysym], name);
    }
  });
  it('takes the word of X11 and vncdotool where others mean another key', () => {
    assert.deepEqual(parseKeys('meta'), [0xffe7]);
    assert.deepEqual(parseKeys('break'), [0xff6b]);
  });
  it('takes numbers, and characters by code point', () => {
    assert.deepEqual(parseKeys('0xff0d'), [0xff0d]);
    assert.deepEqual(parseKeys('U20AC'), [0x010020ac]);
    assert.deepEqual(parseKeys('alt-U0061'), [ALT, 0x61]);
  });
  it('holds Shift for what a US keyboard needs it for, and sends what that keyboard would', () => {
    assert.deepEqual(parseKeys('A'), [SHIFT, 0x41]);
    assert.deepEqual(parseKeys('ctrl-A'), [CTRL, SHIFT, 0x41]);
    assert.deepEqual(parseKeys('shift-a'), [SHIFT, 0x41]);
    assert.deepEqual(parseKeys('ctrl-shift-1'), [CTRL, SHIFT, 0x21]);
    assert.deepEqual(parseKeys('shift-F10'), [SHIFT, 0xffc7]);
  });
  it('names what it does not know', () => {
    assert.throws(() => parseKeys('ctrl-foo'), {
      name: 'TypeError',
      message: 'key "foo" in "ctrl-foo" is not known',
    });
    for (const keys of ['', 'ctrl-', 'foo', '-a', 'ctrl-alt--del', '0x0', 'U110000', '\n\n'])
      assert.throws(() => parseKeys(keys), TypeError, keys);
  });
});

describe('planKeys', () => {
  it('is as parseKeys has it without a layout', () => {
    assert.deepEqual(planKeys('ctrl-A'), [{ keysym: CTRL }, { keysym: SHIFT }, { keysym: 0x41 }]);
  });
  it('takes the key that has the character on the keyboard of a layout', () => {
    const [z, q, y] = [{ keysym: 0x7a, keycode: 0x15 }, 0x10, 0x2c];
    assert.deepEqual(planKeys('ctrl-z', 'de'), [{ keysym: CTRL }, z]);
    assert.deepEqual(planKeys('y', 'de'), [{ keysym: 0x79, keycode: y }]);
    assert.deepEqual(planKeys('a', 'fr'), [{ keysym: 0x61, keycode: q }]);
    assert.deepEqual(planKeys('space', 'fr'), [{ keysym: 0x20, keycode: 0x39 }]);
  });
  it('holds Shift and AltGr for what that keyboard needs them for', () => {
    const [shift, altGr] = [
      { keysym: SHIFT, keycode: 0x2a },
      { keysym: 0xfe03, keycode: 0xb8 },
    ];
    assert.deepEqual(planKeys('/', 'de'), [shift, { keysym: 0x2f, keycode: 0x08 }]);
    assert.deepEqual(planKeys('ctrl-@', 'de'), [
      { keysym: CTRL },
      altGr,
      { keysym: 0x40, keycode: 0x10 },
    ]);
    assert.deepEqual(planKeys('€', 'de'), [altGr, { keysym: 0x20ac, keycode: 0x12 }]);
  });
  it('makes of what is named beside Shift and AltGr what that keyboard would send', () => {
    assert.deepEqual(planKeys('shift-7', 'de'), [
      { keysym: SHIFT },
      { keysym: 0x2f, keycode: 0x08 },
    ]);
    assert.deepEqual(planKeys('altgr-q', 'de'), [
      { keysym: 0xfe03 },
      { keysym: 0x40, keycode: 0x10 },
    ]);
  });
  it('leaves keys that no layout moves to their keysyms', () => {
    assert.deepEqual(planKeys('ctrl-alt-del', 'de'), planKeys('ctrl-alt-del'));
    assert.deepEqual(planKeys('0xff0d', 'us'), [{ keysym: 0xff0d }]);
    assert.deepEqual(planKeys('0xffffffff', 'us'), [{ keysym: 0xffffffff }]);
  });
  it('refuses what is on no key of that keyboard', () => {
    assert.throws(() => planKeys('ctrl-ß', 'us'), UntypableError);
    assert.throws(() => planKeys('ctrl-foo', 'us'), { name: 'TypeError' });
  });
});

describe('pressKeys', () => {
  it('presses in order, and releases in the opposite one', async () => {
    const { client, nextOf, close } = scriptedServer();
    const pressed = pressKeys(client, 'ctrl-alt-del', { holdMs: 0 });
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { down, keysym } = await nextOf('KeyEvent');
      seen.push(`${down ? 'down' : 'up'} ${keysymName(keysym)}`);
    }
    assert.deepEqual(seen, [
      'down Control_L',
      'down Alt_L',
      'down Delete',
      'up Delete',
      'up Alt_L',
      'up Control_L',
    ]);
    await close();
    await assert.rejects(pressed, { code: 'ERR_VNC_CLOSED' });
  });
  it('leaves nothing down when it is aborted', async () => {
    const { client, nextOf, close } = scriptedServer();
    const abort = new AbortController();
    const pressed = pressKeys(client, 'ctrl-c', { holdMs: 60_000, signal: abort.signal });
    await nextOf('KeyEvent');
    await nextOf('KeyEvent');
    abort.abort(new Error('enough'));
    await assert.rejects(pressed, /enough/);
    assert.deepEqual(await nextOf('KeyEvent'), { type: 'KeyEvent', down: false, keysym: 0x63 });
    assert.deepEqual(await nextOf('KeyEvent'), { type: 'KeyEvent', down: false, keysym: CTRL });
    await close();
  });
  it('sends nothing of what it cannot read', async () => {
    const { client, next, close } = scriptedServer();
    await assert.rejects(pressKeys(client, 'ctrl-nonsense'), TypeError);
    client.clipboard('next');
    const types: string[] = [];
    while (types.at(-1) !== 'ClientCutText') types.push((await next()).type);
    assert.ok(!types.includes('KeyEvent'));
    await close();
  });
});
