/** Text for terminals: width, wrapping, colours, quoting for a shell, and taming what peers wrote. */

export interface TerminalStyle {
  readonly columns: number;
  /** Box-drawing characters can be shown. */
  readonly unicode: boolean;
  readonly colour: boolean;
}

/** What a stream can show: colours on a terminal unless NO_COLOR is set, lines of 72..100 columns. */
export function terminalStyle(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): TerminalStyle {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  const tty = stream.isTTY === true;
  const noColour = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return {
    columns: Math.max(72, Math.min(100, stream.columns ?? 80)),
    unicode: /utf-?8/i.test(locale),
    colour: tty && !noColour,
  };
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const;
export type Ink = keyof typeof codes;

/** A run of text in one colour. Widths count characters, never escape sequences. */
export interface Span {
  readonly text: string;
  readonly ink?: Ink;
}

export const widthOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { text }) => sum + Array.from(text).length, 0);

export const paint = (spans: readonly Span[], colour: boolean): string =>
  spans
    .map(({ text, ink }) =>
      colour && ink !== undefined ? `\u001b[${codes[ink]}m${text}\u001b[0m` : text,
    )
    .join('');

/** Breaks at spaces into lines of at most `width`; a longer word gets a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A shell command in as many lines as it needs, each but the last ending in a backslash, so that it can be pasted. */
export function wrapCommand(pieces: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    if (line !== '' && line.length + 1 + piece.length + 2 > width) {
      lines.push(`${line} \\`);
      line = `  ${piece}`;
    } else line = line === '' ? piece : `${line} ${piece}`;
  }
  return [...lines, line];
}

/** A word that a POSIX shell takes as it is. */
export const shellQuote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Control and formatting characters as `\x1b`: names come from peers, and must not steer a terminal or forge a line. */
export const printable = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  );
