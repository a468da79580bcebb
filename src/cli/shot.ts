/** `sallyport shot URL FILE`: what a display shows now, as a PNG. */
import { Command } from 'commander';
import { screenshot } from '../client/automation/screenshot.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { writePicture } from './picture-files.ts';
import { parseRegion, parseScale } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly region?: Rectangle;
  readonly scale: number;
}

export const shotCommand = (): Command =>
  clientCommand(
    new Command('shot')
      .description('save what a display shows as a PNG')
      .argument('URL', 'the VNC server')
      .argument('FILE', 'the picture; - writes it to standard output')
      .option('--region <X,Y,WIDTH,HEIGHT>', 'a part of the screen', reads(parseRegion))
      .option('--scale <N>', 'above 0, up to 1: smaller, by averaging', reads(parseScale), 1),
  ).action(shot);

function shot(url: string, file: string, options: Options): Promise<void> {
  const { region, scale } = options;
  return viewDisplay(url, options, { picture: true }, async ({ client, timeoutMs }) => {
    const picture = await screenshot(client, {
      timeoutMs,
      scale,
      ...(region === undefined ? {} : { region }),
    });
    await writePicture(file, picture);
  });
}
