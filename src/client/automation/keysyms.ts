/** Unicode to X11 keysyms, and what a US keyboard needs Shift for. Used by typed text and by chords of keys. */

/** The keys whose keysyms other files name. */
export const Keysym = {
  BackSpace: 0xff08,
  Tab: 0xff09,
  Return: 0xff0d,
  Shift: 0xffe1,
} as const;

const UNICODE = 0x01000000;

/**
 * The keysym that types one character: Latin-1 is itself, everything else 0x01000000 above its code point, and the line
 * feed and the tab are keys. Undefined for what no key types: other control characters, halves of surrogate pairs, non-characters.
 */
export function keysymOf(character: string): number | undefined {
  const point = character.codePointAt(0);
  if (point === undefined || String.fromCodePoint(point) !== character) return undefined;
  if (character === '\n') return Keysym.Return;
  if (character === '\t') return Keysym.Tab;
  if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return undefined;
  if (point < 0x100) return point;
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  const nonCharacter = (point & 0xfffe) === 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
  return surrogate || nonCharacter ? undefined : UNICODE + point;
}

/** The character that a keysym of keysymOf types, line feed and tab excepted. */
export function characterOf(keysym: number): string | undefined {
  const point = keysym >= UNICODE ? keysym - UNICODE : keysym;
  if (point > 0x10ffff) return undefined;
  const character = String.fromCodePoint(point);
  return keysymOf(character) === keysym ? character : undefined;
}

const plain = "`1234567890-=[]\\;',./abcdefghijklmnopqrstuvwxyz";
const shifted = '~!@#$%^&*()_+{}|:"<>?ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Keysyms as a US keyboard gives them without Shift, to those that it gives with it. */
const withShift = new Map(
  Array.from(plain, (character, i) => [character.charCodeAt(0), shifted.charCodeAt(i)]),
);
const shiftedKeysyms = new Set(withShift.values());

/** Whether a US keyboard gives it with Shift only. */
export const needsShift = (keysym: number): boolean => shiftedKeysyms.has(keysym);

/** What the same key gives while Shift is down. */
export const shiftedKeysym = (keysym: number): number => withShift.get(keysym) ?? keysym;
