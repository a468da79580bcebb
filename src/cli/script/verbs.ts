/** The commands of vncdotool's scripts. Whatever can be wrong with one is seen when it is prepared, before anything is sent. */
import { readFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { planKeys } from '../../client/automation/chord.ts';
import { holdKeys, pressKeys, releaseKeys } from '../../client/automation/keys.ts';
import type { LayoutName } from '../../client/automation/layouts/layout.ts';
import { pasteText } from '../../client/automation/paste.ts';
import { maskOf, pointAt, type Point } from '../../client/automation/pointer.ts';
import { screenshot } from '../../client/automation/screenshot.ts';
import { planText, typeText } from '../../client/automation/type-text.ts';
import { waitForRegion } from '../../client/automation/wait.ts';
import { messageOf, TimeoutError } from '../../core/errors.ts';
import { CommandFailure, ExitCode } from '../failure.ts';
import { readPicture, writePicture } from '../picture-files.ts';
import { parseButton, parsePoint, parseRegion, parseTolerance } from '../places.ts';
import type { Action, Stage } from './stage.ts';

export interface ScriptOptions {
  readonly layout?: LayoutName;
}

export interface Verb {
  readonly names: readonly string[];
  /** A name for each word that follows; one in brackets, the last, may be left out if it is no number. */
  readonly words: string;
  readonly about: string;
  /** Throws TypeError or RangeError. */
  readonly prepare: (words: readonly string[], options: ScriptOptions) => Action | Promise<Action>;
}

const DRAG_STEPS = 10;
const DRAG_STEP_MS = 20;
const CLICK_MS = 30;

export const verbs: readonly Verb[] = [
  {
    names: ['key'],
    words: 'KEYS',
    about: 'press and release, as in ctrl-alt-del',
    prepare: ([keys = ''], options) => pressing(pressKeys, keys, options),
  },
  {
    names: ['keydown', 'kdown'],
    words: 'KEYS',
    about: 'press, and leave down',
    prepare: ([keys = ''], options) => pressing(holdKeys, keys, options),
  },
  {
    names: ['keyup', 'kup'],
    words: 'KEYS',
    about: 'release',
    prepare: ([keys = ''], options) => pressing(releaseKeys, keys, options),
  },
  {
    names: ['type'],
    words: 'TEXT',
    about: 'type',
    prepare: ([text = ''], options) => typing(text, options),
  },
  {
    names: ['typefile'],
    words: 'FILE',
    about: 'type what is in a file',
    prepare: async ([file = ''], options) => typing(await readTextFile(file), options),
  },
  {
    names: ['paste'],
    words: 'TEXT',
    about: 'put text on the clipboard',
    prepare: ([text = '']) => pasting(text),
  },
  {
    names: ['pastefile'],
    words: 'FILE',
    about: 'put what is in a file on the clipboard',
    prepare: async ([file = '']) => pasting(await readTextFile(file)),
  },
  {
    names: ['move', 'mousemove'],
    words: 'X Y',
    about: 'move the pointer',
    prepare: ([x, y]) => {
      const to = parsePoint(`${x},${y}`);
      return (stage) => pointTo(stage, to);
    },
  },
  {
    names: ['click'],
    words: 'BUTTON',
    about: 'press and release a button where the pointer is',
    prepare: ([button = '']) => {
      const mask = maskOf(parseButton(button));
      return async (stage) => {
        await pressed(stage, stage.buttonMask | mask);
        await after(CLICK_MS);
        await pressed(stage, stage.buttonMask & ~mask);
      };
    },
  },
  {
    names: ['mousedown', 'mdown'],
    words: 'BUTTON',
    about: 'press a button, and leave it down',
    prepare: ([button = '']) => {
      const mask = maskOf(parseButton(button));
      return (stage) => pressed(stage, stage.buttonMask | mask);
    },
  },
  {
    names: ['mouseup', 'mup'],
    words: 'BUTTON',
    about: 'release it',
    prepare: ([button = '']) => {
      const mask = maskOf(parseButton(button));
      return (stage) => pressed(stage, stage.buttonMask & ~mask);
    },
  },
  {
    names: ['drag'],
    words: 'X Y',
    about: 'move the pointer in small steps, with the buttons that are down',
    prepare: ([x, y]) => {
      const to = parsePoint(`${x},${y}`);
      return (stage) => dragTo(stage, to);
    },
  },
  {
    names: ['capture'],
    words: 'FILE',
    about: 'save the screen as a PNG',
    prepare: ([file = '']) => {
      checkPng(file);
      return async ({ client, timeoutMs, incremental }) =>
        writePicture(file, await screenshot(client, { timeoutMs, fresh: !incremental }));
    },
  },
  {
    names: ['rcapture'],
    words: 'FILE X Y WIDTH HEIGHT',
    about: 'save a part of it',
    prepare: ([file = '', ...place]) => {
      checkPng(file);
      const region = parseRegion(place.join(','));
      return async ({ client, timeoutMs, incremental }) =>
        writePicture(file, await screenshot(client, { timeoutMs, region, fresh: !incremental }));
    },
  },
  {
    names: ['expect'],
    words: 'FILE [FUZZ]',
    about: 'wait until the screen shows a picture',
    prepare: ([file = '', fuzz]) => expecting(file, { x: 0, y: 0 }, fuzz),
  },
  {
    names: ['rexpect'],
    words: 'FILE X Y [FUZZ]',
    about: 'wait until a part of it does',
    prepare: ([file = '', x, y, fuzz]) => expecting(file, parsePoint(`${x},${y}`), fuzz),
  },
  {
    names: ['pause', 'sleep'],
    words: 'SECONDS',
    about: 'wait',
    prepare: ([text = '']) => {
      if (!/^\d*\.?\d+$/.test(text))
        throw new RangeError(`${JSON.stringify(text)} is not a number of seconds`);
      const ms = Number(text) * 1000;
      return ({ warp }) => after(ms / warp);
    },
  },
];

function pressing(press: typeof holdKeys, keys: string, options: ScriptOptions): Action {
  planKeys(keys, options.layout);
  return async ({ client }) => void (await press(client, keys, options));
}

function typing(text: string, { layout }: ScriptOptions): Action {
  planText(text, layout);
  return async ({ client }) =>
    void (await typeText(client, text, layout === undefined ? {} : { layout }));
}

const pasting =
  (text: string): Action =>
  ({ client }) =>
    pasteText(client, text);

async function readTextFile(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new TypeError(`${file}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function checkPng(file: string): void {
  if (file !== '-' && !/\.png$/i.test(file))
    throw new TypeError(`${JSON.stringify(file)} is no PNG by its name: no other kind is written`);
}

async function pointTo(stage: Stage, to: Point): Promise<void> {
  await pointAt(stage.client, stage.buttonMask, to);
  stage.at = to;
}

async function pressed(stage: Stage, buttonMask: number): Promise<void> {
  await pointAt(stage.client, buttonMask, stage.at);
  stage.buttonMask = buttonMask;
}

async function dragTo(stage: Stage, to: Point): Promise<void> {
  const from = stage.at;
  for (let step = 1; step <= DRAG_STEPS; step++) {
    const part = step / DRAG_STEPS;
    await pointTo(stage, {
      x: Math.round(from.x + (to.x - from.x) * part),
      y: Math.round(from.y + (to.y - from.y) * part),
    });
    await after(DRAG_STEP_MS);
  }
}

async function expecting(file: string, { x, y }: Point, fuzz: string | undefined): Promise<Action> {
  const tolerance = parseTolerance(fuzz ?? '0');
  const picture = await readPicture(file);
  return async ({ client, timeoutMs }) => {
    await waitForRegion(client, picture, { x, y, tolerance, timeoutMs }).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
      throw new CommandFailure(ExitCode.Runtime, `not seen: ${error.message}`, error);
    });
  };
}
