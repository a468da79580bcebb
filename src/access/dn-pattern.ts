/**
 * Distinguished names as text (RFC 4514 section 3) and patterns for them, compared attribute by attribute: an escaped
 * comma inside a value never looks like the comma between two. Used by name rules and by whoever issues certificates.
 */

/** One attribute of a name. `hex` values are the DER of something that is no text. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
  readonly hex: boolean;
}

/**
 * A name as a list of sets of attributes, each attribute a list of tokens: code points, and negative numbers for what is
 * syntax. So a comma in a value (44) and a comma between attributes (SEPARATOR) cannot be confused by any pattern.
 */
export type NameTokens = readonly (readonly (readonly number[])[])[];

const SEPARATOR = -1;
const PLUS = -2;
const EQUALS = -3;
const HEX = -4;
const ANY_RUN = -5;
const ANY_ONE = -6;
/** A space that was not escaped, which goes when it stands beside syntax, and a number sign that was. Gone after reading. */
const SPACE = -7;
const LITERAL_HASH = -8;

/** Other spellings of GnuTLS's attribute types, in upper case: OpenSSL's, and numbers. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['EMAILADDRESS', 'EMAIL'],
  ['E', 'EMAIL'],
  ['1.2.840.113549.1.9.1', 'EMAIL'],
  ['SN', 'SURNAME'],
  ['GN', 'GIVENNAME'],
  ['STREETADDRESS', 'STREET'],
  ['S', 'ST'],
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
]);

const isWildcard = (token: number): boolean => token === ANY_RUN || token === ANY_ONE;

/** Cuts text into tokens and resolves what is escaped. */
function tokenize(text: string, wildcards: boolean): number[] {
  const syntax = new Map<string, number>([
    [',', SEPARATOR],
    ['+', PLUS],
    ['=', EQUALS],
  ]);
  if (wildcards) syntax.set('*', ANY_RUN).set('?', ANY_ONE);
  const tokens: number[] = [];
  const characters = Array.from(text);
  let bytes: number[] = [];
  const flush = (): void => {
    for (const code of codePoints(decodeUtf8(bytes, text)))
      tokens.push(code === 0x23 ? LITERAL_HASH : code);
    bytes = [];
  };
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    if (character !== '\\') {
      flush();
      if ('";<>'.includes(character))
        throw malformed(text, `${character} must be written \\${character}`);
      tokens.push(
        syntax.get(character) ?? (character === ' ' ? SPACE : (character.codePointAt(0) ?? 0)),
      );
      continue;
    }
    const pair = `${characters[i + 1] ?? ''}${characters[i + 2] ?? ''}`;
    if (/^[0-9a-f]{2}$/i.test(pair)) {
      bytes.push(Number.parseInt(pair, 16));
      i += 2;
      continue;
    }
    flush();
    const escaped = characters[++i];
    if (escaped === undefined || /[0-9a-z]/i.test(escaped))
      throw malformed(
        text,
        'a backslash is followed by neither a special character nor two digits',
      );
    tokens.push(escaped === '#' ? LITERAL_HASH : (escaped.codePointAt(0) ?? 0));
  }
  flush();
  return tokens;
}

const codePoints = (text: string): number[] =>
  Array.from(text, (character) => character.codePointAt(0) ?? 0);

function decodeUtf8(bytes: readonly number[], text: string): string {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    throw malformed(text, 'escaped bytes are not UTF-8');
  }
}

const malformed = (text: string, why: string): TypeError =>
  new TypeError(`"${text}" is not a distinguished name: ${why}`);

/** Splits a list at a token. */
function split(tokens: readonly number[], at: number): number[][] {
  const parts: number[][] = [[]];
  for (const token of tokens) {
    if (token === at) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function trim(tokens: readonly number[]): number[] {
  let start = 0;
  let end = tokens.length;
  while (tokens[start] === SPACE) start++;
  while (end > start && tokens[end - 1] === SPACE) end--;
  return tokens.slice(start, end);
}

const plain = (token: number): number =>
  token === SPACE ? 0x20 : token === LITERAL_HASH ? 0x23 : token;

const textOf = (tokens: readonly number[]): string =>
  tokens.map((token) => String.fromCodePoint(plain(token))).join('');

/** Type and value with the type in its one spelling; a lone wildcard stands for whole attributes. */
function attribute(tokens: readonly number[], text: string): number[] {
  const equals = tokens.indexOf(EQUALS);
  const type = trim(equals < 0 ? tokens : tokens.slice(0, equals));
  if (equals < 0) {
    if (type.length > 0 && type.every(isWildcard)) return type;
    throw malformed(text, 'each part must read TYPE=value, such as CN=alice');
  }
  const value = trim(tokens.slice(equals + 1)).map((token) => (token === EQUALS ? 0x3d : token));
  return [...canonicalType(type, text), EQUALS, ...hexValue(value, text).map(plain)];
}

function canonicalType(type: readonly number[], text: string): number[] {
  if (type.some(isWildcard))
    return type.map((token) =>
      isWildcard(token)
        ? token
        : (String.fromCodePoint(plain(token)).toUpperCase().codePointAt(0) ?? 0),
    );
  const name = textOf(type)
    .toUpperCase()
    .replace(/^OID\./, '');
  if (!/^([A-Z][A-Z0-9-]*|\d+(\.\d+)+)$/.test(name))
    throw malformed(text, `"${textOf(type)}" is no attribute type`);
  return codePoints(aliases.get(name) ?? name);
}

/** `#0c0161` names bytes, not text; an escaped number sign is just a character. */
function hexValue(value: readonly number[], text: string): readonly number[] {
  if (value[0] !== 0x23) return value;
  const rest = value.slice(1);
  if (rest.some(isWildcard)) return [HEX, ...rest];
  const digits = textOf(rest).toLowerCase();
  if (!/^([0-9a-f]{2})+$/.test(digits)) throw malformed(text, 'digits after # are not hexadecimal');
  return [HEX, ...codePoints(digits)];
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Reads a name or, with `wildcards`, a pattern. Attributes of one set are sorted. Throws TypeError with a sentence. */
export function readName(text: string, { wildcards }: { readonly wildcards: boolean }): NameTokens {
  if (text.trim() === '') return [];
  return split(tokenize(text, wildcards), SEPARATOR).map((set) =>
    split(set, PLUS)
      .map((tokens) => attribute(tokens, text))
      .sort(compareTokens),
  );
}

/** The attributes of a name without wildcards, one a set, in order. Throws TypeError, also on a set of several. */
export function readNameAttributes(text: string): NameAttribute[] {
  return readName(text, { wildcards: false }).map((set) => {
    const [tokens] = set;
    if (tokens === undefined || set.length > 1)
      throw malformed(text, 'several attributes joined by + are not supported here');
    const equals = tokens.indexOf(EQUALS);
    const hex = tokens[equals + 1] === HEX;
    return {
      type: textOf(tokens.slice(0, equals)),
      value: textOf(tokens.slice(equals + (hex ? 2 : 1))),
      hex,
    };
  });
}

/** One list with the syntax between. No spread into a call: a hostile name may have more tokens than a stack has room. */
function flatten(name: NameTokens): number[] {
  const flat: number[] = [];
  for (const [i, set] of name.entries()) {
    if (i > 0) flat.push(SEPARATOR);
    for (const [j, tokens] of set.entries()) {
      if (j > 0) flat.push(PLUS);
      for (const token of tokens) flat.push(token);
    }
  }
  return flat;
}

/** A name ready to be compared with many patterns: in the order of the certificate, and the other way round. */
export interface FlatName {
  readonly forward: readonly number[];
  readonly backward: readonly number[];
}

export const flatName = (name: NameTokens): FlatName => ({
  forward: flatten(name),
  backward: flatten([...name].reverse()),
});

/** A pattern ready to be compared with many names. */
export const flatPattern = (pattern: NameTokens): readonly number[] => flatten(pattern);

/**
 * Whether a name matches a pattern, in the order of the certificate or the other way round: QEMU wants the one,
 * `certtool` and RFC 4514 print the other. Types are compared without case, values exactly. As in QEMU's `glob` format
 * a wildcard covers the whole string, so `*` crosses from one attribute into the next.
 */
export const nameMatches = (pattern: readonly number[], name: FlatName): boolean =>
  globMatches(pattern, name.forward) || globMatches(pattern, name.backward);

/** A text that a pattern without wildcards shares with the names that match it, in one of their orders. */
export const exactNameKey = (pattern: readonly number[]): string | undefined =>
  pattern.some(isWildcard) ? undefined : pattern.join(' ');

export const nameKeys = ({ forward, backward }: FlatName): string[] => [
  forward.join(' '),
  backward.join(' '),
];

/** Text against a pattern of `*` and `?`, whole string. */
export function textMatches(pattern: string, text: string): boolean {
  const tokens = Array.from(pattern, (character) =>
    character === '*' ? ANY_RUN : character === '?' ? ANY_ONE : (character.codePointAt(0) ?? 0),
  );
  return globMatches(tokens, codePoints(text));
}

/** Goes back to the last `*` only, so the time is at most the product of both lengths, whatever a peer's name holds. */
function globMatches(pattern: readonly number[], subject: readonly number[]): boolean {
  let p = 0;
  let s = 0;
  let star = -1;
  let resume = 0;
  while (s < subject.length) {
    const want = pattern[p];
    const have = subject[s] ?? 0;
    if (want === ANY_RUN) {
      star = p++;
      resume = s;
    } else if (want !== undefined && (want === have || (want === ANY_ONE && have >= 0))) {
      p++;
      s++;
    } else if (star >= 0) {
      p = star + 1;
      s = ++resume;
    } else return false;
  }
  while (pattern[p] === ANY_RUN) p++;
  return p === pattern.length;
}
