/** Commander's complaints in our form, and thrown in place of ending the process. Used by main.ts, and by play.ts for `serve`. */
import type { Command } from 'commander';

/** For the command itself, not for those below it. */
export function inOurWords(command: Command): Command {
  return command.exitOverride().configureOutput({
    outputError: (text, write) => write(`sallyport: ${plainSentence(text)}`),
  });
}

/** `--listen: address "x:y" is not …`. */
const plainSentence = (text: string): string =>
  text
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)/, '; did you mean $1?')
    .replace(/^option '(?:-\w, )?(--[\w-]+)[^']*' argument '.*' is invalid\. /s, '$1: ');
