/** `sallyport power URL ACTION`: shuts down, reboots or resets the machine behind a display. */
import { Argument, Command } from 'commander';
import type { PowerAction } from '../client/power.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { CommandFailure, ExitCode } from './failure.ts';

const ACTIONS: readonly PowerAction[] = ['shutdown', 'reboot', 'reset'];

const ABOUT = `
shutdown and reboot ask the system on that machine; reset is the button. QEMU knows shutdown and reset (-vnc …,power-control=on). It ends
with 1 where the server has no switch, does not let this viewer use it, or cannot do that.`;

export const powerCommand = (): Command =>
  clientCommand(
    new Command('power')
      .description('shut down, reboot or reset the machine behind a display')
      .argument('URL', 'the VNC server')
      .addArgument(new Argument('ACTION', 'what to do').choices(ACTIONS))
      .addHelpText('after', ABOUT),
  ).action(power);

function power(url: string, action: PowerAction, options: ClientOptions): Promise<void> {
  return viewDisplay(url, options, { picture: false }, async ({ client }) => {
    if (!client.powerable)
      throw new CommandFailure(
        ExitCode.Runtime,
        'the server has no power switch, or does not let this viewer use it',
      );
    if (!(await client.power(action)))
      throw new CommandFailure(ExitCode.Runtime, `the server cannot do this: ${action}`);
  });
}
