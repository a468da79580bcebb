/** `sallyport shot URL FILE`: what a display shows now, as a PNG. */
import { open } from 'node:fs/promises';
import { Command } from 'commander';
import { screenshot } from '../client/automation/screenshot.ts';
import { encodePng } from '../node/png.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { ExitCode, step } from './failure.ts';
import { parseRegion } from './places.ts';
import { reads } from './reads.ts';

interface Options extends ClientOptions {
  readonly region?: Rectangle;
}

export const shotCommand = (): Command =>
  clientCommand(
    new Command('shot')
      .description('save what a display shows as a PNG')
      .argument('URL', 'the VNC server')
      .argument('FILE', 'the picture; - writes it to standard output')
      .option('--region <X,Y,WIDTH,HEIGHT>', 'a part of the screen', reads(parseRegion)),
  ).action(shot);

function shot(url: string, file: string, options: Options): Promise<void> {
  const { region } = options;
  return viewDisplay(url, options, { picture: true }, async ({ client, timeoutMs }) => {
    const picture = await screenshot(client, {
      timeoutMs,
      ...(region === undefined ? {} : { region }),
    });
    const png = await encodePng(picture);
    if (file === '-') process.stdout.write(png);
    else await step(ExitCode.Runtime, () => save(file, png));
  });
}

/** For its user alone: a desktop is private. */
async function save(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}
