/** The mouse, in pixels of the screen. Each function resolves once the server has taken everything. */
import type { VncClient } from '../client.ts';
import { awaitAnswer, pause } from './pace.ts';

/** A place on the screen, in whole pixels from its top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What every use of the mouse takes. */
export interface PointerOptions {
  /** Gives up; a button that is down is released first. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a click takes. */
export interface ButtonOptions extends PointerOptions {
  /** 1 left (default), 2 middle, 3 right, 8 back. 4 to 7 are the wheel: see `scroll`. */
  readonly button?: number;
  /** From each press to its release, and from there to the next press, milliseconds. Default 30. */
  readonly holdMs?: number;
}

/** What dragging takes. */
export interface DragOptions extends ButtonOptions {
  /** Positions on the way, at least 1, since most programs begin to drag only when they see motion. Default 10. */
  readonly steps?: number;
  /** From each position to the next. Default: `holdMs`. */
  readonly stepMs?: number;
}

const HOLD_MS = 30;
const STEPS = 10;
/** RFB 7.5.5: the wheel is buttons 4 to 7. */
const Wheel = { up: 4, down: 5, left: 6, right: 7 } as const;

/** Moves there with these buttons held: what the others are made of, for those who keep count of the buttons themselves. */
export async function pointAt(
  client: VncClient,
  buttonMask: number,
  at: Point,
  { signal }: PointerOptions = {},
): Promise<void> {
  checkPoint(client, at);
  client.pointer(buttonMask, at.x, at.y);
  await awaitAnswer(client, signal);
}

/**
 * Moves the pointer. Like all of these rejects with RangeError for a place off the screen, TypeError when the server
 * takes relative motion only, and a VncError when the session closes (ERR_VNC_CLOSED or its cause).
 */
export async function move(
  client: VncClient,
  to: Point,
  { signal }: PointerOptions = {},
): Promise<void> {
  checkPoint(client, to);
  client.pointer(0, to.x, to.y);
  await awaitAnswer(client, signal);
}

/** Moves to the place, presses a button there and releases it. */
export async function click(
  client: VncClient,
  at: Point,
  options: ButtonOptions = {},
): Promise<void> {
  await clicks(client, at, 1, options);
}

/** Clicks twice, `holdMs` apart. */
export async function doubleClick(
  client: VncClient,
  at: Point,
  options: ButtonOptions = {},
): Promise<void> {
  await clicks(client, at, 2, options);
}

/** Presses at `from`, moves, and releases at `to`. When it is aborted on the way, it releases where it is. */
export async function drag(
  client: VncClient,
  from: Point,
  to: Point,
  options: DragOptions = {},
): Promise<void> {
  const { button = 1, holdMs = HOLD_MS, steps = STEPS, stepMs = holdMs, signal } = options;
  checkPoint(client, from);
  checkPoint(client, to);
  if (!(Number.isInteger(steps) && steps >= 1)) throw new RangeError(`${steps} steps`);
  const mask = maskOf(button);
  let at = from;
  client.pointer(0, at.x, at.y);
  client.pointer(mask, at.x, at.y);
  try {
    for (let step = 1; step <= steps; step++) {
      await pause(client, stepMs, signal);
      const part = step / steps;
      at = {
        x: Math.round(from.x + (to.x - from.x) * part),
        y: Math.round(from.y + (to.y - from.y) * part),
      };
      client.pointer(mask, at.x, at.y);
    }
    await pause(client, holdMs, signal);
  } finally {
    client.pointer(0, at.x, at.y);
  }
  await awaitAnswer(client, signal);
}

/** Turns the wheel by whole notches: `dy` down, `dx` to the right, or the other way when negative. */
export async function scroll(
  client: VncClient,
  at: Point,
  by: { readonly dx?: number; readonly dy?: number },
  { signal }: PointerOptions = {},
): Promise<void> {
  const { dx = 0, dy = 0 } = by;
  if (!Number.isInteger(dx) || !Number.isInteger(dy))
    throw new RangeError(`a wheel turns by whole notches, not by ${dx},${dy}`);
  await clicks(client, at, Math.abs(dy), {
    button: dy < 0 ? Wheel.up : Wheel.down,
    ...aborted(signal),
  });
  if (dx === 0) return;
  await clicks(client, at, Math.abs(dx), {
    button: dx < 0 ? Wheel.left : Wheel.right,
    ...aborted(signal),
  });
}

const aborted = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

async function clicks(
  client: VncClient,
  at: Point,
  count: number,
  options: ButtonOptions,
): Promise<void> {
  const { button = 1, holdMs = HOLD_MS, signal } = options;
  checkPoint(client, at);
  const mask = maskOf(button);
  client.pointer(0, at.x, at.y);
  for (let i = 0; i < count; i++) {
    if (i > 0) await pause(client, holdMs, signal);
    client.pointer(mask, at.x, at.y);
    try {
      await pause(client, holdMs, signal);
    } finally {
      client.pointer(0, at.x, at.y);
    }
  }
  await awaitAnswer(client, signal);
}

/** The bit of a button, 1 to 8, in a buttonMask. Throws RangeError. */
export function maskOf(button: number): number {
  if (!(Number.isInteger(button) && button >= 1 && button <= 8))
    throw new RangeError(`button ${button} is not one of 1 to 8`);
  return 1 << (button - 1);
}

/** A position off the screen is a mistake, such as in a script for another resolution: it is not clicked somewhere near. */
function checkPoint({ framebuffer, pointerMode }: VncClient, { x, y }: Point): void {
  const { width, height } = framebuffer;
  const isOn = [x, y].every(Number.isInteger) && x >= 0 && y >= 0 && x < width && y < height;
  if (!isOn) throw new RangeError(`${x},${y} is not on a screen of ${width}x${height}`);
  if (pointerMode === 'relative')
    throw new TypeError('the server takes relative motion only: it has no tablet to point with');
}
