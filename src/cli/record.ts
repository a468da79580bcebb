/** `sallyport record URL FILE`: records what a display shows, until it is stopped. */
import { Command } from 'commander';
import { createFbsFile } from '../node/recording/fbs.ts';
import { recordSession } from '../node/recording/record.ts';
import {
  clientCommand,
  clientTarget,
  opening,
  parseTimeout,
  workFailure,
  type ClientOptions,
} from './client-options.ts';
import { ExitCode, step } from './failure.ts';
import { reads } from './reads.ts';
import { stopSignal } from './stop-signal.ts';

interface Options extends ClientOptions {
  readonly duration?: number;
}

const ABOUT = `
FILE is an FBS (framebuffer stream) for \`sallyport play\` and for other players of that format. It has all that was on the screen:
it is written for its user alone. Ctrl-C or SIGTERM ends the recording.

Examples
  $ sallyport record host:1 session.fbs
  $ sallyport record host:1 session.fbs --duration 60`;

export const recordCommand = (): Command =>
  clientCommand(
    new Command('record')
      .description('record what a display shows')
      .argument('URL', 'the VNC server')
      .argument('FILE', 'the recording')
      .option('--duration <SECONDS>', 'ends by itself then', reads(parseTimeout))
      .addHelpText('after', ABOUT),
  ).action(record);

async function record(url: string, file: string, options: Options): Promise<void> {
  const target = await clientTarget(url, options);
  const writer = await step(ExitCode.Runtime, () => createFbsFile(file));
  const stop = stopSignal(false);
  let timer: NodeJS.Timeout | undefined;
  try {
    const client = await opening(() =>
      recordSession(target.url, writer, { ...target.options, jpeg: false }),
    );
    if (options.duration !== undefined)
      timer = setTimeout(() => stop.ask('the time'), options.duration * 1000);
    const reason = await Promise.race([client.closed, stop.asked]);
    if (reason instanceof Error) throw workFailure(reason);
    await client.close();
  } finally {
    clearTimeout(timer);
    stop.forget();
    await writer.close();
  }
}
