/** The program `sallyport`: its commands, its version, and how it ends. Called by bin/sallyport.js. */
import { Command, CommanderError } from 'commander';
import { certCommand } from './cert.ts';
import { checkConfigCommand } from './check-config.ts';
import { clickCommand } from './click.ts';
import { doCommand } from './do.ts';
import { doctorCommand } from './doctor.ts';
import { dragCommand } from './drag.ts';
import { expectCommand } from './expect.ts';
import { CommandFailure, ExitCode, toFailure } from './failure.ts';
import { keyCommand } from './key.ts';
import { mcpCommand } from './mcp.ts';
import { monitorCommand } from './monitor.ts';
import { moveCommand } from './move.ts';
import { passwdCommand } from './passwd.ts';
import { pasteCommand } from './paste.ts';
import { inOurWords } from './plain-sentence.ts';
import { playCommand } from './play.ts';
import { powerCommand } from './power.ts';
import { withoutQemuSpelling } from './qemu-spelling.ts';
import { recordCommand } from './record.ts';
import { runServe } from './serve.ts';
import { scrollCommand } from './scroll.ts';
import { serveCommand } from './serve-options.ts';
import { shotCommand } from './shot.ts';
import { printable } from './terminal-text.ts';
import { typeCommand } from './type.ts';
import { version } from './version.ts';
import { watchCommand } from './watch.ts';
import { whatToDo } from './what-to-do.ts';

const EXIT_CODES = `
Exit codes
  0  ended when asked to
  1  failed while running
  2  wrong or unsafe options
  3  certificate, key, password, users or access file cannot be used
  4  address in use, or cannot be listened on
  5  the display could not be reached, or went away`;

/** Sets process.exitCode, and leaves the process to end by itself once nothing is left to do. */
export async function main(argv: readonly string[]): Promise<void> {
  // `sallyport … | head` closes our output: that is no reason to fall over, nor to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // Behind serve's dashes stands a command of QEMU's, whose options are not ours; elsewhere they are Commander's.
  const isServe = argv[0] === 'serve';
  const dashes = isServe ? argv.indexOf('--') : -1;
  const before = dashes < 0 ? argv : argv.slice(0, dashes);
  const own = isServe ? withoutQemuSpelling(before) : before;
  const afterDashes = dashes < 0 ? undefined : argv.slice(dashes + 1);
  try {
    const command = program(afterDashes);
    if (own.length === 0) command.help({ error: true });
    await command.parseAsync(own, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, own.includes('--verbose'));
  }
}

function program(afterDashes: readonly string[] | undefined): Command {
  const command = new Command('sallyport')
    .description('Secure VNC: serve a display to any standard viewer, inside TLS')
    .version(version(), '-V, --version')
    // `do` passes on what looks like options behind its first command.
    .enablePositionalOptions()
    .addHelpText('after', EXIT_CODES)
    .addCommand(serveCommand(afterDashes, runServe).addHelpText('after', EXIT_CODES))
    .addCommand(certCommand())
    .addCommand(passwdCommand())
    .addCommand(checkConfigCommand())
    .addCommand(monitorCommand())
    .addCommand(doctorCommand())
    .addCommand(shotCommand())
    .addCommand(expectCommand())
    .addCommand(typeCommand())
    .addCommand(keyCommand())
    .addCommand(clickCommand())
    .addCommand(moveCommand())
    .addCommand(mcpCommand())
    .addCommand(dragCommand())
    .addCommand(scrollCommand())
    .addCommand(pasteCommand())
    .addCommand(powerCommand())
    .addCommand(doCommand())
    .addCommand(watchCommand())
    .addCommand(recordCommand())
    .addCommand(playCommand());
  const nested = command.commands.flatMap((each) => [each, ...each.commands]);
  for (const each of [command, ...nested]) inOurWords(each);
  return command;
}

/** Prints one sentence, and below it what to do if that is known, unless Commander has done so already. Returns the exit code. */
function report(error: unknown, verbose: boolean): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  const failure = toFailure(error, ExitCode.Runtime);
  process.stderr.write(`sallyport: ${printable(failure.message)}\n`);
  const cure = whatToDo(failure);
  if (cure !== undefined) process.stderr.write(`  what to do: ${printable(cure)}\n`);
  // What nobody foresaw is a bug of ours, and its stack the only trace of it.
  const unforeseen = !(error instanceof CommandFailure) && failure.exitCode === ExitCode.Runtime;
  if (verbose || unforeseen) process.stderr.write(`${stackOf(error)}\n`);
  return failure.exitCode;
}

function stackOf(error: unknown): string {
  const origin = error instanceof CommandFailure && error.cause !== undefined ? error.cause : error;
  return origin instanceof Error ? (origin.stack ?? origin.message) : String(origin);
}
