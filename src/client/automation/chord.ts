/**
 * A chord, from the names of its keys to what is sent: `Return`, `ctrl-alt-del`, `ctrl+alt+Delete`, `shift-F10`, `ctrl-+`. Used
 * by keys.ts, and by all that read chords before they press them.
 */
import { UntypableError } from './input-outcome.ts';
import { keysymsByName } from './key-names.ts';
import { characterOf, keysymOf, Keysym, needsShift, shiftedKeysym } from './keysyms.ts';
import { ALT_GR_CODE, ALT_GR_KEYSYM, SHIFT_CODE } from './layouts/layout.ts';
import type { Layout, LayoutName, Stroke } from './layouts/layout.ts';
import { findLayout } from './layouts/registry.ts';

/** A key to press. Without a scan code the server finds it by its keysym. */
export interface ChordKey {
  readonly keysym: number;
  /** XT scan code. */
  readonly keycode?: number;
}

const isShift = (keysym: number): boolean => keysym === Keysym.Shift || keysym === 0xffe2;
const isAltGr = (keysym: number): boolean => keysym === ALT_GR_KEYSYM;

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

/**
 * The same on a keyboard of a layout, with the scan codes of the keys that have characters there, and the modifiers that those
 * need. Without a layout it is as parseKeys has it. Throws TypeError for a name that is not known, and UntypableError for a
 * character that is on no key of this keyboard.
 */
export function planKeys(text: string, name?: LayoutName): readonly ChordKey[] {
  if (name === undefined) return parseKeys(text).map((keysym) => ({ keysym }));
  const layout = findLayout(name);
  const keysyms = split(text).map((each) => keysymNamed(each, text));
  const held = { shift: keysyms.some(isShift), altGr: keysyms.some(isAltGr) };
  return keysyms.flatMap((keysym): ChordKey[] => {
    const character = characterOf(keysym);
    if (character === undefined) return [{ keysym }];
    const found = layout.get(character);
    if (found === undefined) throw new UntypableError([character], name);
    const stroke = withHeld(layout, found, held);
    return [
      ...(stroke.shift && !held.shift ? [{ keysym: Keysym.Shift, keycode: SHIFT_CODE }] : []),
      ...(stroke.altGr && !held.altGr ? [{ keysym: ALT_GR_KEYSYM, keycode: ALT_GR_CODE }] : []),
      { keysym: stroke.keysym, keycode: stroke.keycode },
    ];
  });
}

/** What the same key gives beside the modifiers that are named, if it gives anything. */
function withHeld(
  layout: Layout,
  stroke: Stroke,
  held: { readonly shift: boolean; readonly altGr: boolean },
): Stroke {
  const shift = stroke.shift || held.shift;
  const altGr = stroke.altGr || held.altGr;
  const same = Array.from(layout.values()).find(
    (each) => each.keycode === stroke.keycode && each.shift === shift && each.altGr === altGr,
  );
  return same ?? stroke;
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
