/** QEMU's commands that act on the display: send-key, input-send-event and screendump. */
import type { Display } from '../server/display.ts';
import { command, type CommandTable } from './command.ts';
import type { Members } from './members.ts';
import { keyOfCode, qcodes, type Key } from './qcodes.ts';
import { QmpError } from './qmp-error.ts';
import { screendump } from './screendump.ts';

const HOLD_MS = 100;
/** Keys of a monitor that forgets to let go would be everybody's trouble. */
const MAX_HOLD_MS = 10_000;
/** QEMU's axes run from 0 to this. */
const AXIS_MAX = 0x7fff;

const SHIFTS: ReadonlySet<number> = new Set([0xffe1, 0xffe2]);

const BUTTONS = {
  left: 0x01,
  middle: 0x02,
  right: 0x04,
  'wheel-up': 0x08,
  'wheel-down': 0x10,
  'wheel-left': 0x20,
  'wheel-right': 0x40,
  side: 0x80,
} as const;
const buttonNames = Object.keys(BUTTONS) as readonly (keyof typeof BUTTONS)[];

type InputEvent =
  | { readonly type: 'key'; readonly key: Key; readonly down: boolean }
  | { readonly type: 'btn'; readonly mask: number; readonly down: boolean }
  | { readonly type: 'rel' | 'abs'; readonly axis: 'x' | 'y'; readonly value: number };

export function inputCommands(display: Display): CommandTable {
  /** Down keys, so that letters follow Shift as on a keyboard. */
  const held = new Set<number>();
  const pointer = { x: 0, y: 0, dx: 0, dy: 0, buttonMask: 0, moved: false };

  const press = (key: Key, down: boolean): void => {
    if (down) held.add(key.keysym);
    else held.delete(key.keysym);
    const shift = Array.from(held).some((keysym) => SHIFTS.has(keysym));
    const keysym = shift ? key.shifted : key.keysym;
    display.key({ type: 'KeyEvent', down, keysym, keycode: key.keycode });
  };

  /** What was moved since, told at once, as QEMU does at the end of a list. */
  const sendPointer = (): void => {
    const { buttonMask, x, y, dx, dy } = pointer;
    const relative = display.pointerMode === 'relative';
    display.pointer(relative ? { buttonMask, x: dx, y: dy } : { buttonMask, x, y });
    Object.assign(pointer, { dx: 0, dy: 0, moved: false });
  };

  const move = (axis: 'x' | 'y', to: number): void => {
    const { width, height } = display.framebuffer;
    const last = (axis === 'x' ? width : height) - 1;
    const at = Math.max(0, Math.min(last, to));
    pointer[axis === 'x' ? 'dx' : 'dy'] += at - pointer[axis];
    pointer[axis] = at;
    pointer.moved = true;
  };

  const apply = (event: InputEvent): void => {
    if (event.type === 'key') press(event.key, event.down);
    else if (event.type === 'btn') {
      // A click and its release in one list are two states.
      if (event.down) pointer.buttonMask |= event.mask;
      else pointer.buttonMask &= ~event.mask;
      sendPointer();
    } else if (event.type === 'abs') {
      const { width, height } = display.framebuffer;
      const last = (event.axis === 'x' ? width : height) - 1;
      move(event.axis, Math.round((event.value / AXIS_MAX) * last));
    } else if (display.pointerMode === 'relative') {
      pointer[event.axis === 'x' ? 'dx' : 'dy'] += event.value;
      pointer.moved = true;
    } else move(event.axis, pointer[event.axis] + event.value);
  };

  return {
    'send-key': command(
      (a) => ({
        keys: a.array('keys', keyValue),
        holdMs: a.optional('hold-time', () => a.integer('hold-time')) ?? HOLD_MS,
      }),
      async ({ keys, holdMs }) => {
        if (holdMs < 0 || holdMs > MAX_HOLD_MS)
          throw new QmpError(`Parameter 'hold-time' is not between 0 and ${MAX_HOLD_MS}`);
        for (const key of keys) press(key, true);
        await new Promise((resolve) => setTimeout(resolve, holdMs));
        for (const key of keys.toReversed()) press(key, false);
      },
    ),

    'input-send-event': command(
      (a) => ({
        device: a.optional('device', () => a.string('device')),
        head: a.optional('head', () => a.integer('head')),
        events: a.array('events', inputEvent),
      }),
      ({ device, events }) => {
        if (device !== undefined) throw noDevice(device);
        for (const event of events) apply(event);
        if (pointer.moved) sendPointer();
      },
    ),

    screendump: command(
      (a) => ({
        filename: a.string('filename'),
        device: a.optional('device', () => a.string('device')),
        head: a.optional('head', () => a.integer('head')),
        format: a.optional('format', () => a.word('format', ['ppm', 'png'])) ?? 'ppm',
      }),
      async ({ filename, device, head, format }) => {
        if (device !== undefined) throw noDevice(device);
        if (head !== undefined)
          throw new QmpError("'head' must be specified together with 'device'");
        await screendump(display.framebuffer, filename, format);
      },
    ),
  };
}

const noDevice = (name: string): QmpError =>
  new QmpError(`Device '${name}' not found`, 'DeviceNotFound');

function keyValue(a: Members): Key {
  const type = a.word('type', ['qcode', 'number']);
  if (type === 'number') return keyOfCode(a.integer('data'));
  const name = a.string('data');
  const key = qcodes.get(name);
  if (key === undefined) throw new QmpError(`Parameter 'data' does not accept value '${name}'`);
  return key;
}

function inputEvent(a: Members): InputEvent {
  const type = a.word('type', ['key', 'btn', 'rel', 'abs']);
  return a.object('data', (data): InputEvent => {
    switch (type) {
      case 'key': {
        const key = data.object('key', keyValue);
        return { type, key, down: data.boolean('down') };
      }
      case 'btn': {
        const mask = BUTTONS[data.word('button', buttonNames)];
        return { type, mask, down: data.boolean('down') };
      }
      case 'rel':
      case 'abs':
        return { type, axis: data.word('axis', ['x', 'y']), value: data.integer('value') };
    }
  });
}
