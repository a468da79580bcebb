/** `sallyport expect URL FILE TOLERANCE`: waits until a display shows a picture, for scripts that must not run ahead. */
import { Command } from 'commander';
import { waitForRegion } from '../client/automation/wait.ts';
import { TimeoutError } from '../core/errors.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { CommandFailure, ExitCode, step, usage } from './failure.ts';
import { readPicture } from './picture-files.ts';
import { parseRegion, parseTolerance } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly region?: Rectangle;
  readonly tolerance?: number;
}

const ABOUT = `
TOLERANCE is the difference that is allowed: 0 is the picture exactly, 255 is black for white (root mean square over the colours).
What is transparent in the picture matches anything.

Ends with 0 once the picture is there, with 1 when it is not within --timeout.`;

export const expectCommand = (): Command =>
  clientCommand(
    new Command('expect')
      .description('wait until a display shows a picture')
      .argument('URL', 'the VNC server')
      .argument('FILE', 'the picture, a PNG')
      .argument('[TOLERANCE]', 'the difference that is allowed, 0 to 255', reads(parseTolerance))
      .option('--tolerance <N>', 'the same as an option (default: 0)', reads(parseTolerance))
      .option(
        '--region <X,Y,WIDTH,HEIGHT>',
        'where the picture should be; it has this size (default: at 0,0)',
        reads(parseRegion),
      )
      .addHelpText('after', ABOUT),
  ).action(expectPicture);

async function expectPicture(
  url: string,
  file: string,
  given: number | undefined,
  options: Options,
): Promise<void> {
  if (given !== undefined && options.tolerance !== undefined)
    throw usage('TOLERANCE and --tolerance exclude each other');
  const tolerance = given ?? options.tolerance ?? 0;
  const picture = await step(ExitCode.Usage, () => readPicture(file));
  const { x = 0, y = 0, width, height } = options.region ?? {};
  if ((width ?? picture.width) !== picture.width || (height ?? picture.height) !== picture.height)
    throw new CommandFailure(
      ExitCode.Usage,
      `${file} is ${picture.width}x${picture.height}, and the region ${width}x${height}`,
    );
  await viewDisplay(url, options, { picture: true }, async ({ client, timeoutMs }) => {
    await waitForRegion(client, picture, { x, y, tolerance, timeoutMs }).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error;
      throw new CommandFailure(ExitCode.Runtime, `not seen: ${error.message}`, error);
    });
  });
}
