/**
 * Cuts a stream of text into JSON values as QEMU's monitor does: several on a line, or one over many lines; strings in
 * double or in single quotes. What is broken is one error, after which the next line is read afresh.
 */

export type JsonItem = { readonly value: unknown } | { readonly fault: string };

export interface JsonReader {
  /** The values that are complete now, in order. */
  readonly feed: (text: string) => readonly JsonItem[];
}

/** One value, characters. QEMU would take 64 MiB. */
const MAX_VALUE_CHARS: number = 1024 * 1024;
/** Brackets in brackets, as in QEMU. */
const MAX_DEPTH = 1024;

const SPACE = /\s/;
const STRUCTURE = '{}[]:,';

export function createJsonReader(maxChars: number = MAX_VALUE_CHARS): JsonReader {
  /** The value that is being read, with double quotes only. */
  let parts: string[] = [];
  let length = 0;
  let depth = 0;
  let quote = '';
  let escaped = false;
  /** After a fault inside a value, the rest of its line means nothing. */
  let skipsLine = false;
  let items: JsonItem[] = [];

  const reset = (): void => {
    parts = [];
    length = 0;
    depth = 0;
    quote = '';
    escaped = false;
  };
  const fail = (fault: string): void => {
    items.push({ fault });
    reset();
  };
  const finish = (): void => {
    const text = parts.join('');
    reset();
    if (text === '') return;
    try {
      items.push({ value: JSON.parse(text) as unknown });
    } catch {
      items.push({ fault: faultIn(text) });
    }
  };
  const keep = (character: string): void => {
    parts.push(character);
    length += 1;
  };

  const inString = (c: string): void => {
    if (c < ' ') {
      // A string that does not end on its line was never meant to be one.
      fail('JSON parse error, a control character in a string');
      skipsLine = c !== '\n';
    } else if (escaped) {
      escaped = false;
      // JSON does not know \', which a string in single quotes needs.
      if (c === "'") parts.pop();
      keep(c);
    } else if (c === '\\') {
      escaped = true;
      keep(c);
    } else if (c === quote) {
      quote = '';
      keep('"');
      if (depth === 0) finish();
    } else if (c === '"') {
      keep('\\');
      keep(c);
    } else keep(c);
  };

  const outside = (c: string): void => {
    if (c === '"' || c === "'") {
      if (depth === 0) finish();
      quote = c;
      keep('"');
    } else if (SPACE.test(c)) {
      if (depth === 0) finish();
      else keep(' ');
    } else if (!STRUCTURE.includes(c)) keep(c);
    else if (c === '{' || c === '[') {
      if (depth === 0) finish();
      depth += 1;
      keep(c);
      if (depth > MAX_DEPTH) {
        fail('JSON parse error, too many brackets in brackets');
        skipsLine = true;
      }
    } else if (depth === 0) {
      finish();
      fail('JSON parse error, expecting value');
    } else {
      keep(c);
      if (c === '}' || c === ']') depth -= 1;
      if (depth === 0) finish();
    }
  };

  return {
    feed: (text) => {
      items = [];
      for (const c of text) {
        if (skipsLine) skipsLine = c !== '\n';
        else if (quote !== '') inString(c);
        else outside(c);
        if (length > maxChars) {
          fail(`JSON parse error, more than ${maxChars} characters`);
          skipsLine = true;
        }
      }
      return items;
    },
  };
}

/** QEMU's words. The text itself is not quoted, but for a bare word: it may hold a password. */
function faultIn(text: string): string {
  const outsideStrings = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const word = /[a-z]+/.exec(outsideStrings.replace(/\b(?:true|false|null)\b/g, ''))?.[0];
  return word === undefined
    ? 'JSON parse error, not a JSON value'
    : `JSON parse error, invalid keyword '${word}'`;
}
