/** `sallyport key URL KEYS...`: presses keys on a display, one chord after the other. */
import { Command } from 'commander';
import { planKeys } from '../client/automation/chord.ts';
import { pressKeys } from '../client/automation/keys.ts';
import type { LayoutName } from '../client/automation/layouts/layout.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { ExitCode, step } from './failure.ts';
import { layoutOption } from './layout-option.ts';

interface Options extends ClientOptions {
  readonly layout?: LayoutName;
}

const ABOUT = `
KEYS are names joined by - or +: those of X11 (Return, Page_Up, F5), of vncdotool (enter, pgup, bsp), or single characters.

Examples
  $ sallyport key host:1 ctrl-alt-del
  $ sallyport key host:1 down down enter
  $ sallyport key host:1 ctrl+shift+Escape
  $ sallyport key host:1 ctrl-z --layout de`;

export const keyCommand = (): Command =>
  clientCommand(
    new Command('key')
      .description('press keys on a display')
      .argument('URL', 'the VNC server')
      .argument('KEYS...', 'keys that are held together')
      .addOption(layoutOption())
      .addHelpText('after', ABOUT),
  ).action(key);

async function key(url: string, chords: readonly string[], options: Options): Promise<void> {
  const how = options.layout === undefined ? {} : { layout: options.layout };
  // All of them before the first is pressed.
  await step(ExitCode.Usage, () => chords.map((chord) => planKeys(chord, options.layout)));
  await viewDisplay(url, options, { picture: false }, async ({ client }) => {
    for (const chord of chords) await pressKeys(client, chord, how);
  });
}
