/** Types text on a keyboard of a given layout, no faster than the server and the guest behind it take it. */
import type { VncClient } from '../client.ts';
import { UntypableError, withOutcome } from './input-outcome.ts';
import { Keysym, keysymOf, needsShift } from './keysyms.ts';
import { ALT_GR_CODE, ALT_GR_KEYSYM, SHIFT_CODE, strokesOf } from './layouts/layout.ts';
import type { LayoutName, Stroke } from './layouts/layout.ts';
import { findLayout } from './layouts/registry.ts';
import { awaitAnswer, awaitEcho, pause } from './pace.ts';

/** What typing takes. */
export interface TypeTextOptions {
  /**
   * The least time from one character to the next, milliseconds. Default 25: a guest's keyboard buffer holds some ten
   * keys only.
   */
  readonly keyDelayMs?: number;
  /**
   * The keyboard that the server's side has: QEMU's `-k`, or the guest's own. The keys and modifiers that give a character
   * there are sent, with scan codes where the server understands them. Default: an American one, without scan codes, and
   * what it has no key for as a Unicode keysym.
   */
  readonly layout?: LayoutName;
  /** Stops between two characters. */
  readonly signal?: AbortSignal;
}

/** What typing has done. */
export interface Typed {
  readonly outcome: 'sent';
  /** Characters that were typed: all of them. */
  readonly sent: number;
}

const KEY_DELAY_MS = 25;

/**
 * A line feed (or CR LF) types Return, a tab Tab. Resolves once the server has taken everything. Rejects with UntypableError
 * before anything is typed when there are characters that no key types, and with InputLostError, which says whether anything
 * was typed, when the connection is lost. `client` must be allowed to type: a server that lets this viewer only look on drops
 * keys silently.
 */
export async function typeText(
  client: VncClient,
  text: string,
  options: TypeTextOptions = {},
): Promise<Typed> {
  const { keyDelayMs = KEY_DELAY_MS, layout, signal } = options;
  const characters = planText(text, layout);
  const sent = await withOutcome(client, async (count) => {
    for (const strokes of characters) {
      if (signal?.aborted === true) throw signal.reason;
      const echo = awaitEcho(client, signal);
      for (const stroke of strokes) tap(client, stroke);
      count();
      await Promise.all([echo, pause(client, keyDelayMs, signal)]);
    }
    await awaitAnswer(client, signal);
  });
  return { outcome: 'sent', sent };
}

/** A key to tap. Without a scan code the server finds the key by its keysym. */
export type Tap = Omit<Stroke, 'keycode'> & { readonly keycode?: number };

/** The taps of each character, in their order. Throws UntypableError that names those that no key types. */
export function planText(text: string, layout?: LayoutName): readonly (readonly Tap[])[] {
  const characters = Array.from(text.normalize('NFC').replace(/\r\n?/g, '\n'));
  const find = layout === undefined ? anyTap : tapsOn(layout);
  const untypable = new Set(characters.filter((character) => find(character) === undefined));
  if (untypable.size > 0) throw new UntypableError(Array.from(untypable), layout);
  return characters.map((character) => find(character) ?? []);
}

function tapsOn(name: LayoutName): (character: string) => readonly Tap[] | undefined {
  const layout = findLayout(name);
  return (character) => strokesOf(layout, character);
}

function anyTap(character: string): readonly Tap[] | undefined {
  const keysym = keysymOf(character);
  if (keysym === undefined) return undefined;
  return [{ keysym, shift: needsShift(keysym), altGr: false }];
}

/**
 * The modifiers go with their character, because servers that know keys only (QEMU) look it up on a keyboard, and they must
 * be down.
 */
function tap(client: VncClient, { keysym, keycode, shift, altGr }: Tap): void {
  const own = keycode !== undefined;
  const held = [
    ...(shift ? [{ keysym: Keysym.Shift, ...(own ? { keycode: SHIFT_CODE } : {}) }] : []),
    ...(altGr ? [{ keysym: ALT_GR_KEYSYM, ...(own ? { keycode: ALT_GR_CODE } : {}) }] : []),
  ];
  const key = { keysym, ...(own ? { keycode } : {}) };
  for (const modifier of held) client.key({ down: true, ...modifier });
  client.key({ down: true, ...key });
  client.key({ down: false, ...key });
  for (const modifier of held.reverse()) client.key({ down: false, ...modifier });
}
