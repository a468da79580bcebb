/** A script from the command line, a file or a pipe: its words, as commands that are ready to run. Used by do.ts. */
import { readFile, stat } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import { readText } from '../standard-input.ts';
import { splitWords, type Word } from '../words.ts';
import type { Step } from './stage.ts';
import { verbs, type ScriptOptions, type Verb } from './verbs.ts';

/** Where a word stands, for messages: a file's line, or nothing on the command line. */
interface Placed extends Word {
  readonly file?: string;
}

/** Files that name files that name files. */
const MAX_DEPTH = 8;

const byName: ReadonlyMap<string, Verb> = new Map(
  verbs.flatMap((verb) => verb.names.map((name) => [name, verb] as const)),
);

/**
 * `-` and names of files stand for what is in them. Everything is read and checked. Throws TypeError or RangeError that names
 * the command, and its file and line if it has one.
 */
export async function parseScript(
  words: readonly string[],
  options: ScriptOptions = {},
): Promise<Step[]> {
  return stepsOf(
    words.map((text) => ({ text, line: 0 })),
    options,
    0,
  );
}

async function stepsOf(
  words: readonly Placed[],
  options: ScriptOptions,
  depth: number,
): Promise<Step[]> {
  const steps: Step[] = [];
  let at = 0;
  while (at < words.length) {
    const first = words[at++]!;
    const verb = byName.get(first.text);
    if (verb === undefined) {
      steps.push(...(await stepsOf(await included(first, depth), options, depth + 1)));
      continue;
    }
    const args = argumentsOf(verb, words, at, first);
    at += args.length;
    try {
      const action = await verb.prepare(args, options);
      steps.push({ words: [first.text, ...args].join(' '), action });
    } catch (error) {
      throw placed(first, error);
    }
  }
  return steps;
}

function argumentsOf(
  verb: Verb,
  words: readonly Placed[],
  from: number,
  first: Placed,
): readonly string[] {
  const args: string[] = [];
  for (const name of verb.words.split(' ')) {
    const word = words[from + args.length]?.text;
    const isOptional = name.startsWith('[');
    if (isOptional && (word === undefined || !/^[\d.]+$/.test(word))) break;
    if (word === undefined)
      throw placed(
        first,
        new TypeError(`${first.text} needs ${verb.words}, and ${name} is missing`),
      );
    args.push(word);
  }
  return args;
}

async function included(word: Placed, depth: number): Promise<Placed[]> {
  const { text } = word;
  const isFile = text === '-' || (await stat(text).catch(() => undefined))?.isFile() === true;
  if (!isFile)
    throw placed(
      word,
      new TypeError(
        `${JSON.stringify(text)} is neither a command (${Array.from(byName.keys()).join(', ')}) nor a file`,
      ),
    );
  if (depth >= MAX_DEPTH) throw placed(word, new TypeError(`${text}: scripts name each other`));
  const file = text === '-' ? 'standard input' : text;
  const source = text === '-' ? await readText() : await readFile(text, 'utf8');
  try {
    return splitWords(source).map((each) => ({ ...each, file }));
  } catch (error) {
    throw new TypeError(`${file}, ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function placed({ file, line }: Placed, error: unknown): unknown {
  if (file === undefined || !(error instanceof Error)) return error;
  return new TypeError(`${file}, line ${line}: ${error.message}`, { cause: error });
}
