/**
 * A keyboard as a table: which key, with which modifiers, gives which character. The tables in this folder are those of X11
 * (xkeyboard-config), from which QEMU's keymaps are made as well. Used by typed text.
 */

export type LayoutName = 'us' | 'uk' | 'de' | 'fr' | 'es' | 'jp';

/** A row of keys, by their XT scan codes (QEMU's numbers), and what each gives. A space in a level is no character. */
export interface Row {
  readonly codes: readonly number[];
  readonly plain: string;
  readonly shift: string;
  readonly altGr?: string;
}

/** Combining marks in a row (`\u0302`) are dead keys: they wait for the letter that they go on. */
export interface LayoutTable {
  readonly name: LayoutName;
  readonly rows: readonly Row[];
}

/** One key to tap, and what must be held with it. */
export interface Stroke {
  readonly keysym: number;
  /** XT scan code. */
  readonly keycode: number;
  readonly shift: boolean;
  readonly altGr: boolean;
}

/** From a character, or a combining mark, to the key that gives it. */
export type Layout = ReadonlyMap<string, Stroke>;

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Where the keys are. Row E is that of the digits, with the key left of 1. */
export const Codes: Readonly<Record<'rowE' | 'rowD' | 'rowC' | 'rowB', readonly number[]>> = {
  rowE: [0x29, ...range(0x02, 0x0d)],
  rowD: range(0x10, 0x1b),
  /** With the key that is left of Return on ISO keyboards, above it on American ones. */
  rowC: [...range(0x1e, 0x28), 0x2b],
  /** With the key right of the left Shift, which American keyboards do not have. */
  rowB: [0x56, ...range(0x2c, 0x35)],
};

/** Keys that no layout moves. */
const SPACE = 0x39;
const RETURN = 0x1c;
const TAB = 0x0f;
export const SHIFT_CODE = 0x2a;
export const ALT_GR_CODE = 0xb8;

export const ALT_GR_KEYSYM = 0xfe03;

/** X11's keysyms of dead keys, by the mark that they put on. */
const deadKeysyms: ReadonlyMap<string, number> = new Map([
  ['\u0300', 0xfe50],
  ['\u0301', 0xfe51],
  ['\u0302', 0xfe52],
  ['\u0303', 0xfe53],
  ['\u0308', 0xfe57],
]);

/** The euro is older than the rule by which Unicode has keysyms; servers that look keysyms up know this one alone. */
const EURO = 0x20ac;

/** The first key that gives a character is the one; `plain` before `shift` before `altGr`. */
export function layoutOf({ rows }: LayoutTable): Layout {
  const map = new Map<string, Stroke>([
    [' ', stroke(0x20, SPACE)],
    ['\n', stroke(0xff0d, RETURN)],
    ['\t', stroke(0xff09, TAB)],
  ]);
  for (const level of ['plain', 'shift', 'altGr'] as const) {
    for (const row of rows) {
      for (const [i, character] of Array.from(row[level] ?? '').entries()) {
        const keycode = row.codes[i];
        if (character === ' ' || keycode === undefined || map.has(character)) continue;
        map.set(character, {
          ...stroke(keysymFor(character), keycode),
          shift: level === 'shift',
          altGr: level === 'altGr',
        });
      }
    }
  }
  return map;
}

const stroke = (keysym: number, keycode: number): Stroke => ({
  keysym,
  keycode,
  shift: false,
  altGr: false,
});

function keysymFor(character: string): number {
  const dead = deadKeysyms.get(character);
  if (dead !== undefined) return dead;
  return character === '€' ? EURO : (character.codePointAt(0) ?? 0);
}

/** What a dead key gives together with the space bar. */
const spacing: ReadonlyMap<string, string> = new Map([
  ['`', '\u0300'],
  ['´', '\u0301'],
  ['^', '\u0302'],
  ['~', '\u0303'],
  ['¨', '\u0308'],
]);

/** The strokes that give one character: its key, or a dead key and a letter. Undefined when this keyboard has none. */
export function strokesOf(layout: Layout, character: string): readonly Stroke[] | undefined {
  const direct = layout.get(character);
  if (direct !== undefined) return [direct];
  const [base, mark, ...more] = spacing.has(character)
    ? [' ', spacing.get(character)]
    : Array.from(character.normalize('NFD'));
  if (base === undefined || mark === undefined || more.length > 0) return undefined;
  const [dead, letter] = [layout.get(mark), layout.get(base)];
  return dead === undefined || letter === undefined ? undefined : [dead, letter];
}
