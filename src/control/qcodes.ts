/**
 * QEMU's names of keys (QKeyCode): the XT scan code as the extended key event carries it, with bit 7 for the E0 prefix,
 * and the keysyms that a US keyboard gives without and with Shift.
 */

export interface Key {
  readonly keycode: number;
  readonly keysym: number;
  readonly shifted: number;
}

/** Keys that type: from this scan code on, name and characters. */
const typing: ReadonlyArray<readonly [number, string]> = [
  [0x02, '1:1! 2:2@ 3:3# 4:4$ 5:5% 6:6^ 7:7& 8:8* 9:9( 0:0) minus:-_ equal:=+'],
  [0x10, 'q:qQ w:wW e:eE r:rR t:tT y:yY u:uU i:iI o:oO p:pP bracket_left:[{ bracket_right:]}'],
  [
    0x1e,
    `a:aA s:sS d:dD f:fF g:gG h:hH j:jJ k:kK l:lL semicolon:;: apostrophe:'" grave_accent:\`~`,
  ],
  [0x2b, 'backslash:\\| z:zZ x:xX c:cC v:vV b:bB n:nN m:mM comma:,< dot:.> slash:/?'],
  [0x56, 'less:<>'],
  [0x73, 'ro:\\_'],
  [0x7d, 'yen:\u00a5|'],
];

/** The others: name, scan code, keysym. */
const others: ReadonlyArray<readonly [string, number, number]> = [
  ['esc', 0x01, 0xff1b],
  ['backspace', 0x0e, 0xff08],
  ['tab', 0x0f, 0xff09],
  ['ret', 0x1c, 0xff0d],
  ['spc', 0x39, 0x20],
  ['shift', 0x2a, 0xffe1],
  ['shift_r', 0x36, 0xffe2],
  ['ctrl', 0x1d, 0xffe3],
  ['ctrl_r', 0x9d, 0xffe4],
  ['alt', 0x38, 0xffe9],
  ['alt_r', 0xb8, 0xffea],
  ['meta_l', 0xdb, 0xffeb],
  ['meta_r', 0xdc, 0xffec],
  ['menu', 0x9e, 0xff67],
  ['compose', 0xdd, 0xff67],
  ['caps_lock', 0x3a, 0xffe5],
  ['num_lock', 0x45, 0xff7f],
  ['scroll_lock', 0x46, 0xff14],
  ['sysrq', 0x54, 0xff15],
  ['print', 0xb7, 0xff61],
  ['pause', 0xc6, 0xff13],
  ['home', 0xc7, 0xff50],
  ['up', 0xc8, 0xff52],
  ['pgup', 0xc9, 0xff55],
  ['left', 0xcb, 0xff51],
  ['right', 0xcd, 0xff53],
  ['end', 0xcf, 0xff57],
  ['down', 0xd0, 0xff54],
  ['pgdn', 0xd1, 0xff56],
  ['insert', 0xd2, 0xff63],
  ['delete', 0xd3, 0xffff],
  ['asterisk', 0x37, 0xffaa],
  ['kp_multiply', 0x37, 0xffaa],
  ['kp_divide', 0xb5, 0xffaf],
  ['kp_subtract', 0x4a, 0xffad],
  ['kp_add', 0x4e, 0xffab],
  ['kp_enter', 0x9c, 0xff8d],
  ['kp_decimal', 0x53, 0xffae],
  ['kp_comma', 0x7e, 0xffac],
  ['kp_equals', 0x59, 0xffbd],
  ['kp_0', 0x52, 0xffb0],
  ['kp_1', 0x4f, 0xffb1],
  ['kp_2', 0x50, 0xffb2],
  ['kp_3', 0x51, 0xffb3],
  ['kp_4', 0x4b, 0xffb4],
  ['kp_5', 0x4c, 0xffb5],
  ['kp_6', 0x4d, 0xffb6],
  ['kp_7', 0x47, 0xffb7],
  ['kp_8', 0x48, 0xffb8],
  ['kp_9', 0x49, 0xffb9],
  ['help', 0xf5, 0xff6a],
  ['stop', 0xe8, 0xff69],
  ['muhenkan', 0x7b, 0xff22],
  ['henkan', 0x79, 0xff23],
  ['hiragana', 0x77, 0xff25],
  ['katakanahiragana', 0x70, 0xff27],
  ['lang1', 0x72, 0xff31],
  ['lang2', 0x71, 0xff34],
  ['power', 0xde, 0x1008ff2a],
  ['sleep', 0xdf, 0x1008ff2f],
  ['wake', 0xe3, 0x1008ff2b],
  ['audioprev', 0x90, 0x1008ff16],
  ['audionext', 0x99, 0x1008ff17],
  ['audiomute', 0xa0, 0x1008ff12],
  ['audioplay', 0xa2, 0x1008ff14],
  ['audiostop', 0xa4, 0x1008ff15],
  ['volumedown', 0xae, 0x1008ff11],
  ['volumeup', 0xb0, 0x1008ff13],
  ['calculator', 0xa1, 0x1008ff1d],
  ['mail', 0xec, 0x1008ff19],
  ['computer', 0xeb, 0x1008ff33],
  ['mediaselect', 0xed, 0x1008ff32],
  ['ac_home', 0xb2, 0x1008ff18],
  ['ac_bookmarks', 0xe6, 0x1008ff30],
  ['ac_refresh', 0xe7, 0x1008ff29],
  ['ac_forward', 0xe9, 0x1008ff27],
  ['ac_back', 0xea, 0x1008ff26],
];

/** Scan codes of F1 to F24, which were added piece by piece. */
const functionKeys = [
  0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58, 0x5d, 0x5e, 0x5f, 0x55,
  0x83, 0xf7, 0x84, 0x5a, 0x74, 0xf9, 0x6d, 0x6f,
];
const F1 = 0xffbe;

/** By QEMU's name. */
export const qcodes: ReadonlyMap<string, Key> = new Map([
  ...typing.flatMap(([first, keys]) =>
    keys.split(' ').map((word, i): [string, Key] => {
      const colon = word.indexOf(':');
      const [plain = '', shifted = ''] = word.slice(colon + 1);
      const keysyms = { keysym: plain.charCodeAt(0), shifted: shifted.charCodeAt(0) };
      return [word.slice(0, colon), { keycode: first + i, ...keysyms }];
    }),
  ),
  ...others.map(([name, keycode, keysym]): [string, Key] => [
    name,
    { keycode, keysym, shifted: keysym },
  ]),
  ...functionKeys.map((keycode, i): [string, Key] => [
    `f${i + 1}`,
    { keycode, keysym: F1 + i, shifted: F1 + i },
  ]),
]);

const byKeycode = new Map(Array.from(qcodes.values(), (key) => [key.keycode, key]));

/** A key by its scan code; one that nobody has a name for has no keysym. */
export const keyOfCode = (keycode: number): Key =>
  byKeycode.get(keycode) ?? { keycode, keysym: 0, shifted: 0 };
