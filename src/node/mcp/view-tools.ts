/** The tools that only look: screenshot, wait, wait_for_change, wait_for_stable. Registered by serve-mcp.ts. */
import { setTimeout } from 'node:timers/promises';
import { waitForChange, waitForStable } from '../../client/automation/wait.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import { SECONDS, type ArgumentSchema, type Tool, type ToolDefinition } from './tool.ts';

const PART = (what: string): ArgumentSchema => ({
  type: 'object',
  properties: {
    x: { type: 'integer', minimum: 0 },
    y: { type: 'integer', minimum: 0 },
    width: { type: 'integer', minimum: 1 },
    height: { type: 'integer', minimum: 1 },
  },
  required: ['x', 'y', 'width', 'height'],
  additionalProperties: false,
  description: what,
});

const DEFAULT_TIMEOUT_S = 30;
const MOST_TIMEOUT_S = 300;
const TIMEOUT = SECONDS(
  `Give up after so many seconds. Default ${DEFAULT_TIMEOUT_S}.`,
  MOST_TIMEOUT_S,
);

const screenshotTool: ToolDefinition<{ readonly part?: Rectangle }> = {
  name: 'screenshot',
  title: 'Take a screenshot',
  description:
    'A fresh picture of the whole screen, as PNG. Large screens are shown smaller. All coordinates that any tool takes or gives are pixels of the last such picture. Take one before you act for the first time, and after every step to see what it did. To read small text, ask for `part`: it is shown as sharp as the screen has it.',
  properties: {
    part: PART(
      'A closer look at this rectangle of the last picture, instead of the whole screen. It does not change what coordinates mean.',
    ),
  },
  run: (screen, { part }, signal) =>
    part === undefined ? screen.picture(signal) : screen.closeUp(part, signal),
};

const waitTool: ToolDefinition<{ readonly seconds: number }> = {
  name: 'wait',
  title: 'Wait',
  description:
    'Waits for a fixed time, then gives a picture of the screen. Prefer wait_for_change or wait_for_stable, which end as soon as there is something to see.',
  properties: { seconds: SECONDS('How long.', 60) },
  required: ['seconds'],
  run: async (screen, { seconds }, signal) => {
    await setTimeout(seconds * 1000, undefined, { signal });
    return screen.picture(signal);
  },
};

interface ChangeArguments {
  readonly part?: Rectangle;
  readonly timeout_seconds?: number;
}

const waitForChangeTool: ToolDefinition<ChangeArguments> = {
  name: 'wait_for_change',
  title: 'Wait until the screen changes',
  description:
    'Waits until the screen differs from the last picture you were given, at once if it already does, then gives a new picture. Use it after an action whose effect takes time. A clock or a blinking cursor is a change too: name the `part` that matters.',
  properties: {
    part: PART('Only this rectangle of the last picture is looked at.'),
    timeout_seconds: TIMEOUT,
  },
  cure: 'Nothing has changed: the last action may have had no effect. Take a screenshot, then try another way or wait longer.',
  run: async (screen, { part, timeout_seconds = DEFAULT_TIMEOUT_S }, signal) => {
    const client = await screen.client();
    const region = part === undefined ? undefined : screen.region(client, part);
    const since = screen.seen(client, region);
    await waitForChange(client, {
      signal,
      timeoutMs: timeout_seconds * 1000,
      ...(region === undefined ? {} : { region }),
      ...(since === undefined ? {} : { since }),
    });
    return screen.picture(signal);
  },
};

interface StableArguments extends ChangeArguments {
  readonly still_seconds?: number;
}

const DEFAULT_STILL_S = 1;

const waitForStableTool: ToolDefinition<StableArguments> = {
  name: 'wait_for_stable',
  title: 'Wait until the screen is still',
  description:
    'Waits until nothing on the screen has changed for a while, then gives a picture. Use it while something loads, boots or scrolls. A clock or a blinking cursor never is still: name the `part` that matters.',
  properties: {
    part: PART('Only this rectangle of the last picture is looked at.'),
    still_seconds: SECONDS(`How long nothing may change. Default ${DEFAULT_STILL_S}.`, 30),
    timeout_seconds: TIMEOUT,
  },
  cure: 'Something on the screen keeps changing. Take a screenshot, and name a part that leaves it out.',
  run: async (screen, args, signal) => {
    const { part, still_seconds = DEFAULT_STILL_S, timeout_seconds = DEFAULT_TIMEOUT_S } = args;
    const client = await screen.client();
    await waitForStable(client, {
      signal,
      stableMs: still_seconds * 1000,
      timeoutMs: timeout_seconds * 1000,
      ...(part === undefined ? {} : { region: screen.region(client, part) }),
    });
    return screen.picture(signal);
  },
};

export const viewTools: readonly Tool[] = [
  screenshotTool,
  waitTool,
  waitForChangeTool,
  waitForStableTool,
];
