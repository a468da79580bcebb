/** Types text as on a US keyboard, no faster than the server and the guest behind it take it. */
import type { VncClient } from '../client.ts';
import { Keysym, keysymOf, needsShift } from './keysyms.ts';
import { awaitAnswer, awaitEcho, pause } from './pace.ts';

/** What typing takes. */
export interface TypeTextOptions {
  /**
   * The least time from one character to the next, milliseconds. Default 25: a guest's keyboard buffer holds some ten
   * keys only.
   */
  readonly keyDelayMs?: number;
  /** Stops between two characters. */
  readonly signal?: AbortSignal;
}

/** What typing has done. */
export interface Typed {
  /** Characters that were typed: all of them. */
  readonly sent: number;
}

const KEY_DELAY_MS = 25;
/** How many characters an error names. */
const NAMED = 10;

/**
 * Types as on a US keyboard, no faster than the server and what is behind it take it. A line feed (or CR LF) types
 * Return, a tab Tab. Resolves once the server has taken everything. Throws RangeError before
 * anything is typed when there are characters that no key types. `client` must be allowed to type: a server that lets this
 * viewer only look on drops keys silently.
 */
export async function typeText(
  client: VncClient,
  text: string,
  options: TypeTextOptions = {},
): Promise<Typed> {
  const { keyDelayMs = KEY_DELAY_MS, signal } = options;
  const keysyms = textKeysyms(text);
  for (const keysym of keysyms) {
    if (signal?.aborted === true) throw signal.reason;
    const echo = awaitEcho(client, signal);
    tap(client, keysym);
    await Promise.all([echo, pause(client, keyDelayMs, signal)]);
  }
  await awaitAnswer(client, signal);
  return { sent: keysyms.length };
}

/**
 * Shift goes with its character, because servers that know keys only (QEMU) look it up on a US keyboard, and it must be
 * down.
 */
function tap(client: VncClient, keysym: number): void {
  const shift = needsShift(keysym);
  if (shift) client.key({ down: true, keysym: Keysym.Shift });
  client.key({ down: true, keysym });
  client.key({ down: false, keysym });
  if (shift) client.key({ down: false, keysym: Keysym.Shift });
}

/** In the order of the characters. Throws RangeError that names those that no key types. */
export function textKeysyms(text: string): number[] {
  const characters = Array.from(text.replace(/\r\n?/g, '\n'));
  const unknown = new Set(characters.filter((character) => keysymOf(character) === undefined));
  if (unknown.size > 0) {
    const list = Array.from(unknown, codePointName).slice(0, NAMED).join(', ');
    const more = unknown.size > NAMED ? ` and ${unknown.size - NAMED} more` : '';
    throw new RangeError(`no key types ${list}${more}`);
  }
  return characters.flatMap((character) => keysymOf(character) ?? []);
}

const codePointName = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
