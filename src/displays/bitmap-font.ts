/**
 * The test card's own letters: printable ASCII, five pixels wide and nine high (seven above the base line, two below),
 * in a cell of six by ten. Used by drawing.ts.
 */

export const CELL_WIDTH = 6;
export const CELL_HEIGHT = 10;
/** Rows of a glyph, the lowest of the cell being the gap to the next line. */
export const GLYPH_ROWS = 9;
export const GLYPH_COLUMNS = 5;

/**
 * One digit in base 32 is one row, its bits the five pixels, leftmost highest: `e` is `.###.`, `h` is `#...#`, `v` is
 * `#####`. Rows that are missing at the end are empty.
 */
const rows: Readonly<Record<string, string>> = {
  ' ': '',
  '!': '4444404',
  '"': 'aaa',
  '#': 'aavavaa',
  $: '4fke5u4',
  '%': 'op248j3',
  '&': 'cik8lid',
  "'": '448',
  '(': '2488842',
  ')': '8422248',
  '*': '04lel4',
  '+': '044v44',
  ',': '00000c48',
  '-': '000v',
  '.': '00000cc',
  '/': '01248g',
  '0': 'ehjlphe',
  '1': '4c4444e',
  '2': 'eh1248v',
  '3': 'v2421he',
  '4': '26aiv22',
  '5': 'vgu11he',
  '6': '68guhhe',
  '7': 'v124888',
  '8': 'ehhehhe',
  '9': 'ehhf12c',
  ':': '0cc0cc',
  ';': '0cc0c48',
  '<': '248g842',
  '=': '00v0v',
  '>': '8421248',
  '?': 'eh12404',
  '@': 'eh1dlle',
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'sihhhis',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehgnhhf',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hikokih',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hhpljhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllla',
  X: 'hha4ahh',
  Y: 'hhha444',
  Z: 'v1248gv',
  '[': 'e88888e',
  '\\': '0g8421',
  ']': 'e22222e',
  '^': '4ah',
  _: '0000000v',
  '`': '842',
  a: '00e1fhf',
  b: 'ggmphhu',
  c: '00ehghe',
  d: '11djhhf',
  e: '00ehvge',
  f: '698s888',
  g: '00fhhhf1e',
  h: 'ggmphhh',
  i: '40c444e',
  j: '2062222ic',
  k: 'ggikoki',
  l: 'c44444e',
  m: '00qllll',
  n: '00mphhh',
  o: '00ehhhe',
  p: '00uhhhugg',
  q: '00fhhhf11',
  r: '00mpggg',
  s: '00fge1u',
  t: '88s8896',
  u: '00hhhjd',
  v: '00hhha4',
  w: '00hhlla',
  x: '00ha4ah',
  y: '00hhhhf1e',
  z: '00v248v',
  '{': '644c446',
  '|': '444444444',
  '}': 'c44644c',
  '~': '008l2',
};

/** What stands for a character that has no glyph: an empty box. */
const unknownRows = 'vhhhhhv';

/** Nine numbers of five bits, bit 4 the leftmost pixel. */
export type Glyph = readonly number[];

const parse = (digits: string): Glyph =>
  Array.from({ length: GLYPH_ROWS }, (_, row) => Number.parseInt(digits[row] ?? '0', 32));

const glyphs = new Map<string, Glyph>(
  Object.entries(rows).map(([character, digits]) => [character, parse(digits)]),
);
const unknownGlyph = parse(unknownRows);

export const glyphOf = (character: string): Glyph => glyphs.get(character) ?? unknownGlyph;

/** Whether a pixel of a glyph is ink; outside the glyph nothing is. */
export const isInk = (glyph: Glyph, column: number, row: number): boolean =>
  column >= 0 && column < GLYPH_COLUMNS && (((glyph[row] ?? 0) >> (4 - column)) & 1) === 1;
