/** `sallyport drag URL X1 Y1 X2 Y2`: drags something on a display. */
import { Command } from 'commander';
import { drag } from '../client/automation/pointer.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { ExitCode, step } from './failure.ts';
import { parseButton, parseCount, parsePlaces } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly button: number;
  readonly steps: number;
  readonly stepMs: number;
}

const EXAMPLES = `
Examples
  $ sallyport drag host:1 100 100 400 300
  $ sallyport drag host:1 100,100 400,300 --steps 30`;

export const dragCommand = (): Command =>
  clientCommand(
    new Command('drag')
      .description('press, move and release on a display')
      .argument('URL', 'the VNC server')
      .argument('X1 Y1 X2 Y2...', 'from where to where, in pixels')
      .usage('[options] URL X1 Y1 X2 Y2')
      .option('--button <N>', '1 left, 2 middle, 3 right', reads(parseButton), 1)
      .option('--steps <N>', 'positions on the way', reads(parseCount), 10)
      .option('--step-ms <MS>', 'from each to the next', reads(parseCount), 30)
      .addHelpText('after', EXAMPLES),
  ).action(async (url: string, words: readonly string[], options: Options) => {
    const [from, to] = await step(ExitCode.Usage, () => parsePlaces(words, 2));
    if (from === undefined || to === undefined) return;
    const { button, steps, stepMs } = options;
    await viewDisplay(url, options, { picture: false }, ({ client }) =>
      drag(client, from, to, { button, steps, stepMs }),
    );
  });
