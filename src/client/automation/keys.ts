/**
 * Keys by name, alone or held together: `Return`, `ctrl-alt-del`, `ctrl+alt+Delete`, `shift-F10`, `ctrl-+`. Used by the
 * library and by `sallyport key`.
 */
import type { VncClient } from '../client.ts';
import { keysymsByName } from './key-names.ts';
import { withOutcome } from './input-outcome.ts';
import { keysymOf, Keysym, needsShift, shiftedKeysym } from './keysyms.ts';
import { awaitAnswer, pause } from './pace.ts';
import type { WaitLimits } from './wait-for.ts';

/** What pressing keys takes. */
export interface PressOptions extends Pick<WaitLimits, 'signal'> {
  /** How long all are held, milliseconds. Default 30, within which every guest looks at its keyboard. */
  readonly holdMs?: number;
}

const HOLD_MS = 30;

const isShift = (keysym: number): boolean => keysym === 0xffe1 || keysym === 0xffe2;

/**
 * Keysyms in the order in which they are pressed; they are released in the opposite one. What a US keyboard needs Shift
 * for gets it, and what is named beside Shift becomes what that keyboard would send. Throws TypeError that quotes a name
 * that is not known.
 */
export function parseKeys(text: string): readonly number[] {
  const keysyms = split(text).map((name) => keysymNamed(name, text));
  if (keysyms.some(isShift)) return keysyms.map(shiftedKeysym);
  const last = keysyms.at(-1);
  return last !== undefined && needsShift(last)
    ? [...keysyms.slice(0, -1), Keysym.Shift, last]
    : keysyms;
}

/** All were pressed and released. */
export interface Pressed {
  readonly outcome: 'sent';
}

/**
 * Presses and releases them; resolves once the server has taken them. Rejects with InputLostError, which says whether
 * anything was pressed, when the connection is lost.
 */
export async function pressKeys(
  client: VncClient,
  keys: string,
  options: PressOptions = {},
): Promise<Pressed> {
  const keysyms = parseKeys(keys);
  const { holdMs = HOLD_MS, signal } = options;
  await withOutcome(client, async (count) => {
    const down: number[] = [];
    try {
      count();
      for (const keysym of keysyms) {
        client.key({ down: true, keysym });
        down.unshift(keysym);
      }
      await pause(client, holdMs, signal);
    } finally {
      // Nothing stays down, whatever happened: a Control key that does would spoil all that follows.
      for (const keysym of down) client.key({ down: false, keysym });
    }
    await awaitAnswer(client, signal);
  });
  return { outcome: 'sent' };
}

/** Presses them and leaves them down, for what comes next; resolves once the server has taken them. */
export const holdKeys = (client: VncClient, keys: string): Promise<Pressed> =>
  sendKeys(client, parseKeys(keys), true);

/** Releases what holdKeys pressed. */
export const releaseKeys = (client: VncClient, keys: string): Promise<Pressed> =>
  sendKeys(client, parseKeys(keys).toReversed(), false);

async function sendKeys(
  client: VncClient,
  keysyms: readonly number[],
  down: boolean,
): Promise<Pressed> {
  await withOutcome(client, async (count) => {
    count();
    for (const keysym of keysyms) client.key({ down, keysym });
    await awaitAnswer(client);
  });
  return { outcome: 'sent' };
}

/** At + and -, which are keys themselves where a name should begin. */
function split(text: string): string[] {
  const names: string[] = [];
  let name = '';
  for (const character of text) {
    if ('+-'.includes(character) && name !== '') {
      names.push(name);
      name = '';
    } else name += character;
  }
  if (name === '')
    throw new TypeError(`keys ${JSON.stringify(text)} are not names joined by + or -`);
  return [...names, name];
}

function keysymNamed(name: string, keys: string): number {
  const keysym = keysymsByName.get(name.toLowerCase()) ?? keysymOf(name) ?? numbered(name);
  if (keysym !== undefined) return keysym;
  const where = name === keys ? '' : ` in ${JSON.stringify(keys)}`;
  throw new TypeError(`key ${JSON.stringify(name)}${where} is not known`);
}

/** `0xff0d`, or X11's `U20AC`. */
function numbered(name: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(name)) return Number(name) || undefined;
  const point = /^U([0-9a-f]{4,6})$/i.exec(name)?.[1];
  if (point === undefined || Number.parseInt(point, 16) > 0x10ffff) return undefined;
  return keysymOf(String.fromCodePoint(Number.parseInt(point, 16)));
}
