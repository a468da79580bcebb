/** `sallyport expect URL FILE TOLERANCE`: waits until a display shows a picture, for scripts that must not run ahead. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { waitForRegion } from '../client/automation/wait.ts';
import { TimeoutError } from '../core/errors.ts';
import { decodePng } from '../node/png.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { CommandFailure, ExitCode, step } from './failure.ts';
import { parseRegion } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly region?: Rectangle;
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
      .argument('TOLERANCE', 'the difference that is allowed, 0 to 255', reads(parseTolerance))
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
  tolerance: number,
  options: Options,
): Promise<void> {
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

async function readPicture(file: string): ReturnType<typeof decodePng> {
  try {
    return await decodePng(await readFile(file));
  } catch (cause) {
    throw new TypeError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function parseTolerance(text: string): number {
  const tolerance = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(tolerance <= 255))
    throw new RangeError(`${JSON.stringify(text)} is not a tolerance, 0 to 255`);
  return tolerance;
}
