/** `sallyport move URL X,Y`: moves the pointer of a display. */
import { Command } from 'commander';
import { move, type Point } from '../client/automation/pointer.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { parsePoint } from './places.ts';
import { reads } from './reads.ts';

export const moveCommand = (): Command =>
  clientCommand(
    new Command('move')
      .description('move the pointer of a display')
      .argument('URL', 'the VNC server')
      .argument('X,Y', 'where to, in pixels', reads(parsePoint)),
  ).action((url: string, to: Point, options: ClientOptions) =>
    viewDisplay(url, options, { picture: false }, ({ client }) => move(client, to)),
  );
