/** `sallyport do -s URL WORDS...`: several commands in one session, in the words of vncdotool and from its scripts. */
import { setTimeout as after } from 'node:timers/promises';
import { Command } from 'commander';
import type { LayoutName } from '../client/automation/layouts/layout.ts';
import { screenshot } from '../client/automation/screenshot.ts';
import { messageOf } from '../core/errors.ts';
import { connectionOptions, viewDisplay, type ClientOptions } from './client-options.ts';
import { ExitCode, step, usage } from './failure.ts';
import { layoutOption } from './layout-option.ts';
import { parseCount } from './places.ts';
import { reads } from './reads.ts';
import { parseScript } from './script/parse.ts';
import type { Stage } from './script/stage.ts';
import { verbs } from './script/verbs.ts';

interface Options extends ClientOptions {
  readonly server: string;
  readonly delay?: number;
  readonly warp: number;
  readonly incrementalRefreshes?: true;
  readonly layout?: LayoutName;
}

const listed = verbs
  .map(({ names, words, about }) => `  ${`${names.join('|')} ${words}`.padEnd(34)}${about}`)
  .join('\n');

const ABOUT = `
Commands
${listed}
  FILE, or -                        the commands that are in a file, or come from a pipe; # begins a comment

All of it is read and checked before the first command. FUZZ is 0 to 255, as of \`sallyport expect\`.

Examples
  $ sallyport do -s host::5901 type root key enter pause 1 capture login.png
  $ sallyport do -s host:1 move 100 150 click 1 expect welcome.png 5
  $ sallyport do -s host:1 --delay 100 login.vdo`;

export const doCommand = (): Command =>
  connectionOptions(
    new Command('do')
      .description('run several commands in one session, in the words of vncdotool')
      .usage('-s URL [options] COMMAND...')
      .argument('COMMAND...', 'commands with their words, or files with such')
      // What stands behind the first command is the script's, whatever it looks like.
      .passThroughOptions()
      .option('-s, --server <URL>', 'the VNC server', '127.0.0.1')
      .option('--delay <MS>', 'pause between two commands (or VNCDOTOOL_DELAY)', reads(parseCount))
      .option('--warp <N>', 'pauses of the script are this many times shorter', reads(parseWarp), 1)
      .option(
        '--incremental-refreshes',
        'capture what has come, without asking for all of it again',
      )
      .addOption(layoutOption())
      .addHelpText('after', ABOUT),
    '--security <LIST>',
  ).action(runScript);

async function runScript(words: readonly string[], options: Options): Promise<void> {
  const { layout, warp } = options;
  const delayMs = options.delay ?? delayOf(process.env['VNCDOTOOL_DELAY']);
  const steps = await step(ExitCode.Usage, () =>
    parseScript(words, layout === undefined ? {} : { layout }),
  );
  await viewDisplay(options.server, options, { picture: true }, async (viewing) => {
    // What the server says of itself, such as that it takes relative motion only, comes with its first answer.
    await screenshot(viewing.client, { timeoutMs: viewing.timeoutMs });
    const stage: Stage = {
      ...viewing,
      warp,
      incremental: options.incrementalRefreshes === true,
      at: { x: 0, y: 0 },
      buttonMask: 0,
    };
    for (const [i, { action }] of steps.entries()) {
      if (i > 0 && delayMs > 0) await after(delayMs);
      await action(stage);
    }
  });
}

function delayOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  try {
    return parseCount(text);
  } catch (error) {
    throw usage(`VNCDOTOOL_DELAY: ${messageOf(error)}`);
  }
}

function parseWarp(text: string): number {
  const warp = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(warp > 0)) throw new RangeError(`${JSON.stringify(text)} is not a factor above 0`);
  return warp;
}
