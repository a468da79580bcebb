/** `sallyport click URL X,Y`: clicks on a display. */
import { Command } from 'commander';
import { click, doubleClick, type Point } from '../client/automation/pointer.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { parseButton, parsePoint } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly button: number;
  readonly double?: true;
}

export const clickCommand = (): Command =>
  clientCommand(
    new Command('click')
      .description('click on a display')
      .argument('URL', 'the VNC server')
      .argument('X,Y', 'where, in pixels', reads(parsePoint))
      .option('--button <N>', '1 left, 2 middle, 3 right', reads(parseButton), 1)
      .option('--double', 'twice'),
  ).action((url: string, at: Point, options: Options) =>
    viewDisplay(url, options, { picture: false }, ({ client }) => {
      const clicked = options.double === true ? doubleClick : click;
      return clicked(client, at, { button: options.button });
    }),
  );
