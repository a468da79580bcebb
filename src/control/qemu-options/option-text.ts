/**
 * QEMU's option strings, `a,b=c,d=on`: a comma inside a value is written twice, a word without `=` is a switch, and the
 * first one may stand for a name that is understood. An object may also be JSON. Used by the readers of `-vnc` and `-object`.
 */

/** The words of one option string, handed out by name. What nobody took is an error of its writer's. */
export class OptionWords {
  /** `-vnc`, `-object secret`; in messages. */
  readonly subject: string;
  readonly #words: Map<string, string[]>;

  constructor(subject: string, words: Map<string, string[]>) {
    this.subject = subject;
    this.#words = words;
  }

  /** Names that nobody took yet. */
  get names(): string[] {
    return Array.from(this.#words.keys());
  }

  all(name: string): readonly string[] {
    const values = this.#words.get(name) ?? [];
    this.#words.delete(name);
    return values;
  }

  /** The last one counts, as in QEMU. */
  text(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '') throw this.fault(`needs ${name}=`);
    return value;
  }

  /** Undefined when it does not say. */
  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (['on', 'yes', 'y', 'true'].includes(value)) return true;
    if (['off', 'no', 'n', 'false'].includes(value)) return false;
    throw this.fault(`has ${name}=${value}, which is neither on nor off`);
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value)) throw this.fault(`has ${name}=${value}, which is no number`);
    return Number(value);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined)
      throw this.fault(`has ${name}=${value}, which is none of ${choices.join(', ')}`);
    return found;
  }

  fault(why: string): TypeError {
    return new TypeError(`${this.subject} ${why}`);
  }
}

/** `implied` is the name of a first word without one. Throws TypeError. */
export function parseOptionText(text: string, implied: string, subject: string): OptionWords {
  const words = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    const values = words.get(name);
    if (values === undefined) words.set(name, [value]);
    else values.push(value);
  };
  if (text.startsWith('{')) {
    flatten(parseJsonObject(text, subject), '', add);
    return new OptionWords(subject, words);
  }
  for (const [index, word] of splitAtCommas(text).entries()) {
    const equals = word.indexOf('=');
    if (equals > 0) add(word.slice(0, equals), word.slice(equals + 1));
    else if (equals === 0 || (word === '' && index > 0))
      throw new TypeError(`${subject} has an option without a name: ${JSON.stringify(word)}`);
    else if (index === 0) add(implied, word);
    else if (/^no[a-z]/.test(word) && word !== 'non-adaptive') add(word.slice(2), 'off');
    else add(word, 'on');
  }
  return new OptionWords(subject, words);
}

/** `a,,b,c` is `a,b` and `c`. */
function splitAtCommas(text: string): string[] {
  const words: string[] = [];
  let word = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character !== ',') word += character;
    else if (text[at + 1] === ',') {
      word += ',';
      at += 1;
    } else {
      words.push(word);
      word = '';
    }
  }
  return [...words, word];
}

function parseJsonObject(text: string, subject: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${subject} begins like JSON and is none`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${subject} is JSON, but no object`);
  return value;
}

/** `{"rules": [{"match": "x"}]}` is `rules.0.match=x`. */
function flatten(value: unknown, name: string, add: (name: string, value: string) => void): void {
  if (typeof value === 'object' && value !== null) {
    const prefix = name === '' ? '' : `${name}.`;
    for (const [key, inner] of Object.entries(value)) flatten(inner, `${prefix}${key}`, add);
    return;
  }
  add(name, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value));
}
