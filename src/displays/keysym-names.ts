/** X11 keysyms as the test card shows them: the character they type, and a name for the common keys without one. */

const named: Readonly<Record<number, string>> = {
  0xff08: 'BackSpace',
  0xff09: 'Tab',
  0xff0d: 'Return',
  0xff13: 'Pause',
  0xff14: 'Scroll_Lock',
  0xff1b: 'Escape',
  0xff50: 'Home',
  0xff51: 'Left',
  0xff52: 'Up',
  0xff53: 'Right',
  0xff54: 'Down',
  0xff55: 'Page_Up',
  0xff56: 'Page_Down',
  0xff57: 'End',
  0xff61: 'Print',
  0xff63: 'Insert',
  0xff67: 'Menu',
  0xff7f: 'Num_Lock',
  0xff8d: 'KP_Enter',
  0xffe1: 'Shift_L',
  0xffe2: 'Shift_R',
  0xffe3: 'Control_L',
  0xffe4: 'Control_R',
  0xffe5: 'Caps_Lock',
  0xffe7: 'Meta_L',
  0xffe8: 'Meta_R',
  0xffe9: 'Alt_L',
  0xffea: 'Alt_R',
  0xffeb: 'Super_L',
  0xffec: 'Super_R',
  0xfe03: 'ISO_Level3_Shift',
  0xffff: 'Delete',
};

/** The character that a keysym types, or undefined: Latin-1, Unicode (0x01000000 + code point) and the key pad. */
export function keysymCharacter(keysym: number): string | undefined {
  const latin1 = (keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff);
  if (latin1) return String.fromCharCode(keysym);
  if (keysym >= 0xffaa && keysym <= 0xffb9) return String.fromCharCode(keysym - 0xff80);
  const point = keysym - 0x01000000;
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point >= 0x100 && point <= 0x10ffff && !surrogate) return String.fromCodePoint(point);
  return undefined;
}

/** `a`, `Return`, `F5`, or the number. */
export function keysymName(keysym: number): string {
  const name = named[keysym];
  if (name !== undefined) return name;
  if (keysym >= 0xffbe && keysym <= 0xffd5) return `F${keysym - 0xffbd}`;
  if (keysym === 0x20) return 'space';
  return keysymCharacter(keysym) ?? `0x${keysym.toString(16)}`;
}
