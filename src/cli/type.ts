/** `sallyport type URL TEXT`: types on a display. */
import { Command } from 'commander';
import { textKeysyms, typeText } from '../client/automation/type-text.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { CommandFailure, ExitCode, step } from './failure.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly delay?: number;
}

const ABOUT = `
Other users of this machine see what stands on a command line: what is secret comes from a pipe.

Examples
  $ sallyport type host:1 $'ls -l\\n'
  $ sallyport type host:1 - < secret`;

export const typeCommand = (): Command =>
  clientCommand(
    new Command('type')
      .description('type text on a display, as on a US keyboard')
      .argument('URL', 'the VNC server')
      .argument('TEXT', 'what to type; a line feed is Return. - reads it from standard input')
      .option('--delay <MS>', 'least time between two characters (default: 25)', reads(parseDelay))
      .addHelpText('after', ABOUT),
  ).action(type);

async function type(url: string, words: string, options: Options): Promise<void> {
  const text = words === '-' ? await readAll(process.stdin) : words;
  await step(ExitCode.Usage, () => textKeysyms(text));
  const pace = options.delay === undefined ? {} : { keyDelayMs: options.delay };
  await viewDisplay(url, options, { picture: false }, async ({ client }) => {
    await typeText(client, text, pace);
  });
}

async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input)
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new CommandFailure(ExitCode.Usage, 'standard input is not UTF-8 text', cause);
  }
}

function parseDelay(text: string): number {
  const ms = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new RangeError(`${JSON.stringify(text)} is not a number of milliseconds, 0 to 99999`);
  return ms;
}
