/** A line typed at the terminal and not shown, and the first line of a pipe. Used by `sallyport passwd`. */
import { CommandFailure, ExitCode } from './failure.ts';

const END = new Set(['\r', '\n', '\u0004']);
const RUBOUT = new Set(['\u007f', '\b']);
const INTERRUPT = '\u0003';
const ERASE_LINE = '\u0015';

/** A terminal's two ends. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly setRawMode: (raw: boolean) => unknown };
  readonly stderr: { readonly write: (text: string) => unknown };
}

/** What is typed up to Return. The question goes to stderr, so that stdout is only the answer. */
export async function readHidden(
  question: string,
  { stdin, stderr }: Terminal = process,
): Promise<string> {
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await new Promise((resolve, reject) => {
      let typed: string[] = [];
      const stop = (): void => {
        stdin.off('data', onData).off('end', onEnd);
      };
      const onEnd = (): void => {
        stop();
        resolve(typed.join(''));
      };
      const onData = (text: string): void => {
        for (const key of Array.from(text)) {
          if (END.has(key)) return onEnd();
          if (key === INTERRUPT) {
            stop();
            return reject(new CommandFailure(ExitCode.Runtime, 'interrupted'));
          }
          if (RUBOUT.has(key)) typed.pop();
          else if (key === ERASE_LINE) typed = [];
          else typed.push(key);
        }
        return undefined;
      };
      stdin.on('data', onData).on('end', onEnd).resume();
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

/** The first line, without its end. */
export async function readPiped(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input)
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    return text.split(/\r?\n/)[0] ?? '';
  } catch (cause) {
    throw new CommandFailure(ExitCode.Usage, 'the password is not UTF-8 text', cause);
  }
}
