/** `sallyport scroll URL DX DY`: turns the wheel on a display. */
import { Command } from 'commander';
import { scroll, type Point } from '../client/automation/pointer.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { parsePoint } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly at?: Point;
}

const MAX_NOTCHES = 1000;

const EXAMPLES = `
Examples
  $ sallyport scroll host:1 0 3          # down by three notches
  $ sallyport scroll host:1 0 -3 --at 200,100`;

export const scrollCommand = (): Command =>
  clientCommand(
    new Command('scroll')
      .description('turn the wheel on a display')
      .argument('URL', 'the VNC server')
      .argument('DX', 'notches to the right; to the left when negative', reads(parseNotches))
      .argument('DY', 'notches down; up when negative', reads(parseNotches))
      .option(
        '--at <X,Y>',
        'where the pointer is, in pixels (default: the middle)',
        reads(parsePoint),
      )
      .addHelpText('after', EXAMPLES),
  ).action((url: string, dx: number, dy: number, options: Options) =>
    viewDisplay(url, options, { picture: false }, ({ client }) => {
      const { width, height } = client.framebuffer;
      const at = options.at ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
      return scroll(client, at, { dx, dy });
    }),
  );

function parseNotches(text: string): number {
  const notches = /^[-+]?\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(notches) <= MAX_NOTCHES))
    throw new RangeError(
      `${JSON.stringify(text)} is not a number of notches, -${MAX_NOTCHES} to ${MAX_NOTCHES}`,
    );
  return notches;
}
