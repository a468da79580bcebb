/** Words as a shell would split them: for scripts of `sallyport do` and for keyring files. */

export interface Word {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const ESCAPED_IN_QUOTES = new Set(['"', '\\', '$', '`']);

/**
 * Splits at white space. Quotes of both kinds keep it, a backslash keeps what follows, and # where a word could begin starts a
 * comment. Throws TypeError that names the line of a quote that does not end.
 */
export function splitWords(source: string): Word[] {
  const words: Word[] = [];
  let line = 1;
  let at = 0;
  let word: { text: string; line: number } | undefined;
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  while (at < source.length) {
    const character = source[at++]!;
    if (character === '\n') {
      end();
      line++;
    } else if (/\s/.test(character)) end();
    else if (character === '#' && word === undefined) {
      while (at < source.length && source[at] !== '\n') at++;
    } else if (character === '\\' && source[at] === '\n') {
      // The line goes on.
      at++;
      line++;
    } else {
      word ??= { text: '', line };
      if (character === '"' || character === "'") {
        const close = quoted(source, at, line, character);
        word.text += close.text;
        line += close.lines;
        at = close.at;
      } else if (character === '\\' && at < source.length) word.text += source[at++]!;
      else word.text += character;
    }
  }
  end();
  return words;
}

/** From behind the opening quote to behind the closing one. */
function quoted(
  source: string,
  start: number,
  line: number,
  quote: string,
): { text: string; at: number; lines: number } {
  let text = '';
  let lines = 0;
  for (let at = start; at < source.length; at++) {
    const character = source[at]!;
    if (character === quote) return { text, at: at + 1, lines };
    const next = source[at + 1] ?? '';
    if (quote === '"' && character === '\\' && ESCAPED_IN_QUOTES.has(next)) {
      text += next;
      at++;
    } else {
      if (character === '\n') lines++;
      text += character;
    }
  }
  throw new TypeError(`line ${line}: the ${quote} does not end`);
}
