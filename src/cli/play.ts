/** `sallyport play FILE`: serves a recording to any viewer, or takes a picture out of it. */
import { Command } from 'commander';
import { screenshot } from '../client/automation/screenshot.ts';
import { recordedPicture } from '../node/recording/playback.ts';
import { ExitCode, step, usage } from './failure.ts';
import { writePicture } from './picture-files.ts';
import { parseScale } from './places.ts';
import { reads } from './reads.ts';
import { inOurWords } from './plain-sentence.ts';
import { runServe } from './serve.ts';
import { serveCommand } from './serve-options.ts';

interface Options {
  readonly speed?: number;
  readonly loop?: true;
  readonly shot?: string;
  readonly at?: number;
  readonly scale?: number;
}

const ABOUT = `
FILE is a recording of \`sallyport record\`, or of another recorder that writes FBS. The options of \`sallyport serve\` say how it is served:
where (--listen), how protected (--security, --tls-dir), and to whom (--password-file, --users, --access).

Examples
  $ sallyport play session.fbs --listen :2 --security None
  $ sallyport play session.fbs --listen '*:2' --users users.txt --speed 4 --loop
  $ sallyport play session.fbs --shot picture.png --at 12.5`;

export const playCommand = (): Command =>
  new Command('play')
    .description('serve a recording to any VNC viewer, or take a picture out of it')
    .usage('FILE [options] [options of `sallyport serve`]')
    .argument('FILE', 'the recording')
    .argument('[SERVE...]', 'options of `sallyport serve`')
    .allowUnknownOption()
    .option('--speed <N>', '2 is twice as fast', reads(parseSpeed))
    .option('--loop', 'from the beginning again and again; otherwise the last picture stays')
    .option('--shot <PNG>', 'save a picture instead; - writes it to standard output')
    .option('--at <SECONDS>', 'of which moment; default: the last', reads(parseMoment))
    .option('--scale <N>', 'above 0, up to 1: smaller, by averaging', reads(parseScale))
    .addHelpText('after', ABOUT)
    .action((file: string, rest: readonly string[], options: Options) =>
      options.shot === undefined
        ? serveRecording(file, rest, options)
        : takePicture(file, options.shot, rest, options),
    );

async function serveRecording(
  file: string,
  rest: readonly string[],
  options: Options,
): Promise<void> {
  if ((options.at ?? options.scale) !== undefined) throw usage('--at and --scale go with --shot');
  const { speed = 1, loop = false } = options;
  const serve = serveCommand(undefined, (settings) => {
    if (settings.display.kind !== 'testcard' || settings.qemu !== undefined)
      throw usage('a recording is served in place of any other display');
    return runServe({ ...settings, display: { kind: 'recording', file, speed, loop } });
  });
  await inOurWords(serve).parseAsync(rest, { from: 'user' });
}

async function takePicture(
  file: string,
  out: string,
  rest: readonly string[],
  { at = Number.POSITIVE_INFINITY, scale = 1, speed, loop }: Options,
): Promise<void> {
  if (rest.length > 0 || (speed ?? loop) !== undefined)
    throw usage('--shot goes with --at and --scale only');
  const client = await step(ExitCode.Runtime, () => recordedPicture(file, at * 1000));
  await writePicture(out, await screenshot(client, { fresh: false, scale }));
}

function parseSpeed(text: string): number {
  const speed = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(speed >= 0.01 && speed <= 1000))
    throw new RangeError(`${JSON.stringify(text)} is not a speed, 0.01 to 1000`);
  return speed;
}

function parseMoment(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new RangeError(`${JSON.stringify(text)} is not a number of seconds`);
  return Number(text);
}
