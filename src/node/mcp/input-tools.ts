/** The tools that act: move, click, drag, scroll, type, key, cursor_position. Registered by serve-mcp.ts with control only. */
import { parseKeys } from '../../client/automation/chord.ts';
import { pressKeys } from '../../client/automation/keys.ts';
import { click, doubleClick, drag, move, scroll } from '../../client/automation/pointer.ts';
import { typeText } from '../../client/automation/type-text.ts';
import type { VncClient } from '../../client/client.ts';
import { messageOf } from '../../core/errors.ts';
import {
  COORDINATE,
  text,
  ToolFault,
  type ArgumentSchema,
  type Tool,
  type ToolDefinition,
} from './tool.ts';

interface PointArguments {
  readonly x: number;
  readonly y: number;
}

const POINT = { x: COORDINATE('x'), y: COORDINATE('y') };

const Button = { left: 1, middle: 2, right: 3 } as const;
type ButtonName = keyof typeof Button;
const BUTTON: ArgumentSchema = {
  enum: Object.keys(Button),
  description: 'Mouse button. Default left.',
};

/** Keys that are held meanwhile, such as `ctrl+shift`. */
async function holding<T>(
  client: VncClient,
  modifiers: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const down: number[] = [];
  try {
    for (const keysym of modifiers === undefined ? [] : keysymsOf(modifiers)) {
      client.key({ down: true, keysym });
      down.unshift(keysym);
    }
    return await work();
  } finally {
    for (const keysym of down) client.key({ down: false, keysym });
  }
}

function keysymsOf(keys: string): readonly number[] {
  try {
    return parseKeys(keys);
  } catch (error) {
    throw new ToolFault(
      messageOf(error),
      'Name keys as X11 does (Return, Escape, Tab, Page_Up, F5, Left, Super_L) or by their character, and join those that are held together: ctrl+alt+Delete.',
    );
  }
}

const cursorPositionTool: ToolDefinition<unknown> = {
  name: 'cursor_position',
  title: 'Tell where the pointer is',
  description:
    'Where these tools have left the mouse pointer, in pixels of the last picture. It is not known before they have moved it, and somebody else may have moved it since.',
  properties: {},
  run: async (screen) => {
    const at = screen.pointer(await screen.client());
    if (at === undefined)
      throw new ToolFault(
        'the pointer has not been moved yet, so that its place is not known',
        'Use move first.',
      );
    return [text(`${at.x},${at.y}`)];
  },
};

const moveTool: ToolDefinition<PointArguments> = {
  name: 'move',
  title: 'Move the pointer',
  description:
    'Moves the mouse pointer without pressing a button, such as to show a tooltip or to open a menu by hovering. There is no need to move before a click.',
  properties: POINT,
  required: ['x', 'y'],
  run: (screen, args, signal) =>
    screen.input(async (client) => {
      const at = screen.place(client, args);
      await move(client, at, { signal });
      screen.left(at);
      return [text(`Moved to ${args.x},${args.y}.`)];
    }),
};

interface ClickArguments extends PointArguments {
  readonly button?: ButtonName;
  readonly double?: boolean;
  readonly modifiers?: string;
}

const clickTool: ToolDefinition<ClickArguments> = {
  name: 'click',
  title: 'Click',
  description:
    'Clicks at a place of the screen: once with the left button, unless said otherwise. Aim at the middle of what is to be clicked. Take a screenshot afterwards to see what it did.',
  properties: {
    ...POINT,
    button: BUTTON,
    double: { type: 'boolean', description: 'Twice, quickly. Default false.' },
    modifiers: {
      type: 'string',
      maxLength: 100,
      description: 'Keys to hold meanwhile, joined by +: shift, ctrl+alt.',
    },
  },
  required: ['x', 'y'],
  run: (screen, { x, y, button = 'left', double = false, modifiers }, signal) =>
    screen.input(async (client) => {
      const at = screen.place(client, { x, y });
      const clicked = double ? doubleClick : click;
      const options = { button: Button[button], signal };
      await holding(client, modifiers, () => clicked(client, at, options));
      screen.left(at);
      return [text(`${double ? 'Double-clicked' : 'Clicked'} ${button} at ${x},${y}.`)];
    }),
};

interface DragArguments {
  readonly from_x: number;
  readonly from_y: number;
  readonly to_x: number;
  readonly to_y: number;
  readonly button?: ButtonName;
  readonly modifiers?: string;
}

const dragTool: ToolDefinition<DragArguments> = {
  name: 'drag',
  title: 'Drag',
  description:
    'Presses a button at one place, moves to another, and releases it there: to move windows and sliders, or to select text.',
  properties: {
    from_x: COORDINATE('x', 'start'),
    from_y: COORDINATE('y', 'start'),
    to_x: COORDINATE('x', 'end'),
    to_y: COORDINATE('y', 'end'),
    button: BUTTON,
    modifiers: { type: 'string', maxLength: 100, description: 'Keys to hold meanwhile.' },
  },
  required: ['from_x', 'from_y', 'to_x', 'to_y'],
  run: (screen, { from_x, from_y, to_x, to_y, button = 'left', modifiers }, signal) =>
    screen.input(async (client) => {
      const from = screen.place(client, { x: from_x, y: from_y });
      const to = screen.place(client, { x: to_x, y: to_y });
      const options = { button: Button[button], signal };
      await holding(client, modifiers, () => drag(client, from, to, options));
      screen.left(to);
      return [text(`Dragged from ${from_x},${from_y} to ${to_x},${to_y}.`)];
    }),
};

type Direction = 'up' | 'down' | 'left' | 'right';

interface ScrollArguments extends PointArguments {
  readonly direction: Direction;
  readonly notches?: number;
}

const Turn: Readonly<Record<Direction, readonly [dx: number, dy: number]>> = {
  up: [0, -1],
  down: [0, 1],
  left: [-1, 0],
  right: [1, 0],
};
const DEFAULT_NOTCHES = 3;

const scrollTool: ToolDefinition<ScrollArguments> = {
  name: 'scroll',
  title: 'Turn the mouse wheel',
  description:
    'Turns the mouse wheel over a place of the screen. `down` shows what is further down. A notch is about three lines of text.',
  properties: {
    ...POINT,
    direction: { enum: Object.keys(Turn), description: 'Where to.' },
    notches: {
      type: 'integer',
      minimum: 1,
      maximum: 50,
      description: `How far. Default ${DEFAULT_NOTCHES}.`,
    },
  },
  required: ['x', 'y', 'direction'],
  run: (screen, { x, y, direction, notches = DEFAULT_NOTCHES }, signal) =>
    screen.input(async (client) => {
      const at = screen.place(client, { x, y });
      const [dx, dy] = Turn[direction];
      await scroll(client, at, { dx: dx * notches, dy: dy * notches }, { signal });
      screen.left(at);
      return [text(`Scrolled ${direction} by ${notches} at ${x},${y}.`)];
    }),
};

/** At the pace of a slow guest this takes a minute: hosts do not wait much longer for an answer. */
const MOST_CHARACTERS = 500;

const typeTool: ToolDefinition<{ readonly text: string }> = {
  name: 'type',
  title: 'Type text',
  description:
    'Types text where the keyboard focus is: click into the field first. A line feed presses Return, a tab presses Tab. For keys that write nothing, and for shortcuts, use `key`. It takes up to a tenth of a second a character: type long texts in parts.',
  properties: {
    text: {
      type: 'string',
      minLength: 1,
      maxLength: MOST_CHARACTERS,
      description: 'What to type.',
    },
  },
  required: ['text'],
  cure: 'Nothing was typed. Leave those characters out.',
  run: (screen, args, signal) =>
    screen.input(async (client) => {
      const { sent } = await typeText(client, args.text, { signal });
      // Never the text itself, which may be a password.
      return [text(`Typed ${sent} characters.`)];
    }),
};

const keyTool: ToolDefinition<{ readonly keys: string }> = {
  name: 'key',
  title: 'Press keys',
  description:
    'Presses a key, or several that are held together, joined by +. Several presses, one after the other, are set apart by spaces. Examples: `Return`, `ctrl+s`, `alt+F4`, `ctrl+alt+Delete`, `Down Down Return`.',
  properties: {
    keys: {
      type: 'string',
      minLength: 1,
      maxLength: 500,
      description: 'Names of X11, such as Escape, Page_Up, F5 and Super_L, or single characters.',
    },
  },
  required: ['keys'],
  run: (screen, { keys }, signal) =>
    screen.input(async (client) => {
      const chords = keys.split(' ').filter((chord) => chord !== '');
      if (chords.length === 0)
        throw new ToolFault('no key is named', 'The space bar is called space.');
      // All of them before the first is pressed.
      for (const chord of chords) keysymsOf(chord);
      for (const chord of chords) await pressKeys(client, chord, { signal });
      return [text(`Pressed ${chords.join(' ')}.`)];
    }),
};

export const inputTools: readonly Tool[] = [
  cursorPositionTool,
  moveTool,
  clickTool,
  dragTool,
  scrollTool,
  typeTool,
  keyTool,
];
