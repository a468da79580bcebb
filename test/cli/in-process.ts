/** Commands of ours without a process for each: what they reject with is what the program would say and end with. */
import assert from 'node:assert/strict';
import { CommanderError, type Command } from 'commander';
import { CommandFailure } from '../../src/cli/failure.ts';

/** Fails with what the command fails with. */
export async function succeeds(command: Command, ...args: string[]): Promise<void> {
  await quiet(command).parseAsync(args, { from: 'user' });
}

export async function fails(
  command: Command,
  exitCode: number,
  words: RegExp,
  ...args: string[]
): Promise<void> {
  await assert.rejects(quiet(command).parseAsync(args, { from: 'user' }), (error: unknown) => {
    assert.ok(error instanceof CommandFailure || error instanceof CommanderError, String(error));
    assert.match(error.message, words);
    assert.equal(error instanceof CommandFailure ? error.exitCode : 2, exitCode);
    return true;
  });
}

const quiet = (command: Command): Command =>
  command.exitOverride().configureOutput({ writeErr: () => undefined });
