/** `sallyport watch URL`: a display, live, in the terminal. It only looks: nothing that is typed is sent. */
import { Command } from 'commander';
import { screenshot } from '../client/automation/screenshot.ts';
import type { VncClient } from '../client/client.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { CommandFailure, ExitCode, usage } from './failure.ts';
import { reads } from './reads.ts';
import { stopSignal } from './stop-signal.ts';
import { detect, type Detected } from './terminal/detect.ts';
import { drawPicture, modes, type Mode } from './terminal/draw.ts';
import { enterScreen, type TerminalScreen, type TerminalStreams } from './terminal/screen.ts';

interface Options extends ClientOptions {
  readonly mode: Mode | 'auto';
  readonly fps: number;
}

const MAX_FPS = 60;

const ABOUT = `
kitty and sixel are pictures; blocks are two pixels a character, for any terminal with 24-bit colours. Which of them, the terminal is
asked. Ctrl-C or q ends it.

Examples
  $ sallyport watch host:1
  $ sallyport watch host:1 --mode blocks --fps 2`;

export const watchCommand = (): Command =>
  clientCommand(
    new Command('watch')
      .description('look at a display, live, in the terminal')
      .argument('URL', 'the VNC server')
      .option('--mode <MODE>', `auto, ${modes.join(', ')}`, reads(parseMode), 'auto' as const)
      .option('--fps <N>', 'pictures a second at most', reads(parseFps), 10)
      .addHelpText('after', ABOUT),
  ).action(watch);

async function watch(url: string, options: Options): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY)
    throw usage(
      'watch needs a terminal, and this is none: `sallyport shot` takes a picture into a file',
    );
  // Signals alone end it where Ctrl-C is no key: the terminal must be left as it was.
  const stop = stopSignal(false);
  try {
    await viewDisplay(url, options, { picture: true }, async ({ client }) => {
      await screenshot(client, { timeoutMs: options.timeout * 1000 });
      const reason = await show(client, process, {
        fps: options.fps,
        ...(options.mode === 'auto' ? {} : { mode: options.mode }),
        asked: stop.asked,
      });
      if (reason !== undefined)
        throw new CommandFailure(
          ExitCode.Display,
          `the display is gone: ${reason.message}`,
          reason,
        );
    });
  } finally {
    stop.forget();
  }
}

export interface ShowOptions {
  /** Default: what the terminal says. */
  readonly mode?: Mode;
  readonly fps: number;
  /** Ends it. */
  readonly asked?: Promise<unknown>;
  /** Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** For the terminal's answers. */
  readonly answerMs?: number;
}

/** Until somebody asks, or the session ends: then with its reason. The terminal is as it was, whatever happened. */
export async function show(
  client: VncClient,
  streams: TerminalStreams,
  options: ShowOptions,
): Promise<Error | undefined> {
  const screen = enterScreen(streams);
  let mode: Mode | undefined;
  let stopDrawing: () => void = () => undefined;
  try {
    const quit = quitKey(screen);
    const found = await detect(screen, options.environment ?? process.env, options.answerMs);
    // A terminal that knows none of the questions may have shown them.
    screen.write('\u001b[2J');
    const canvas: Detected = { ...found, mode: options.mode ?? found.mode };
    mode = canvas.mode;
    stopDrawing = draw(client, screen, canvas, options.fps);
    const asked = options.asked ?? new Promise<never>(() => undefined);
    const reason = await Promise.race([client.closed, quit, asked]);
    return reason instanceof Error ? reason : undefined;
  } finally {
    stopDrawing();
    screen.leave(mode === 'kitty');
  }
}

/** Ctrl-C, which in raw mode is a key, or q alone: an answer of the terminal's is longer. */
const quitKey = (screen: TerminalScreen): Promise<void> =>
  new Promise((resolve) => {
    screen.onData((text) => {
      if (text === 'q' || text.includes('\u0003')) resolve();
    });
  });

/** Draws what changed, no more often than `fps`, and not while the terminal is behind. Returns how to stop. */
function draw(
  client: VncClient,
  screen: TerminalScreen,
  { mode, cell }: Detected,
  fps: number,
): () => void {
  let isStale = true;
  let isOver = false;
  const paint = async (): Promise<void> => {
    if (!isStale || screen.congested()) return;
    isStale = false;
    const picture = await screenshot(client, { fresh: false });
    if (!isOver) screen.write(drawPicture(picture, { mode, cell, ...screen.size() }));
  };
  const stale = (): void => {
    isStale = true;
  };
  const afresh = (): void => {
    stale();
    screen.write('\u001b[2J');
  };
  const tick = (): void => void paint().catch(() => undefined);
  const timer = setInterval(tick, 1000 / fps);
  const offs = [
    client.events.on('damage', stale),
    client.events.on('resize', afresh),
    screen.onResize(afresh),
  ];
  tick();
  return () => {
    isOver = true;
    clearInterval(timer);
    for (const off of offs) off();
  };
}

function parseMode(text: string): Mode | 'auto' {
  const mode = (['auto', ...modes] as const).find((each) => each === text);
  if (mode === undefined)
    throw new TypeError(`${JSON.stringify(text)} is not one of auto, ${modes.join(', ')}`);
  return mode;
}

function parseFps(text: string): number {
  const fps = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(fps > 0 && fps <= MAX_FPS))
    throw new RangeError(`${JSON.stringify(text)} is not a number above 0, up to ${MAX_FPS}`);
  return fps;
}
