/** `sallyport type URL TEXT`: types on a display. */
import { Command } from 'commander';
import type { LayoutName } from '../client/automation/layouts/layout.ts';
import { planText, typeText } from '../client/automation/type-text.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { ExitCode, step } from './failure.ts';
import { layoutOption } from './layout-option.ts';
import { reads } from './reads.ts';
import { readText } from './standard-input.ts';

interface Options extends ClientOptions {
  readonly delay?: number;
  readonly layout?: LayoutName;
}

const ABOUT = `
Other users of this machine see what stands on a command line: what is secret comes from a pipe.

Examples
  $ sallyport type host:1 $'ls -l\\n'
  $ sallyport type host:1 - < secret
  $ sallyport type host:1 'C:\\\\' --layout de`;

export const typeCommand = (): Command =>
  clientCommand(
    new Command('type')
      .description('type text on a display')
      .argument('URL', 'the VNC server')
      .argument('TEXT', 'what to type; a line feed is Return. - reads it from standard input')
      .option('--delay <MS>', 'least time between two characters (default: 25)', reads(parseDelay))
      .addOption(layoutOption())
      .addHelpText('after', ABOUT),
  ).action(type);

async function type(url: string, words: string, options: Options): Promise<void> {
  const text = words === '-' ? await readText() : words;
  await step(ExitCode.Usage, () => planText(text, options.layout));
  const how = {
    ...(options.delay === undefined ? {} : { keyDelayMs: options.delay }),
    ...(options.layout === undefined ? {} : { layout: options.layout }),
  };
  await viewDisplay(url, options, { picture: false }, async ({ client }) => {
    await typeText(client, text, how);
  });
}

function parseDelay(text: string): number {
  const ms = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new RangeError(`${JSON.stringify(text)} is not a number of milliseconds, 0 to 99999`);
  return ms;
}
