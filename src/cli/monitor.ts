/** `sallyport monitor PATH [COMMAND]`: the prompt of a running server's monitor, or one command for a script. */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { completeCommand, holdsSecret, planCommand, type Plan } from '../control/human-monitor.ts';
import { openQmpClient, type QmpClient } from '../control/qmp-client.ts';
import { QmpError } from '../control/qmp-error.ts';
import type { QmpEvent } from '../control/qmp-session.ts';
import { messageOf } from '../core/errors.ts';
import { parseAddress } from '../node/address.ts';
import { dial } from '../node/dial.ts';
import { CommandFailure, ExitCode } from './failure.ts';
import { printable } from './terminal-text.ts';

const EXAMPLES = `
Examples
  $ sallyport serve --monitor unix:/run/user/1000/vm1.mon
  $ sallyport monitor /run/user/1000/vm1.mon
  $ sallyport monitor /run/user/1000/vm1.mon info sessions
  $ sallyport monitor /run/user/1000/vm1.mon --json info vnc
  $ sallyport monitor /run/user/1000/vm1.mon change vnc password < secret`;

export function monitorCommand(): Command {
  return new Command('monitor')
    .description('talk to the monitor of a running server')
    .usage('PATH [COMMAND...] [options]')
    .argument('PATH', 'the unix socket of its --monitor')
    .argument('[COMMAND...]', 'one command; without it a prompt, where `help` lists them')
    .option('--json', "the answer's QMP instead of text")
    .allowUnknownOption()
    .addHelpText('after', EXAMPLES)
    .action((path: string, words: readonly string[], options: { json?: true }) =>
      runMonitor(path, words.join(' '), options.json === true),
    );
}

async function runMonitor(path: string, line: string, json: boolean): Promise<void> {
  const client = await connectMonitor(path);
  const terminal = new Terminal(line === '');
  try {
    if (line !== '') await perform(planCommand(line), client, terminal, json);
    else await converse(client, terminal, json);
  } finally {
    terminal.close();
    client.close();
  }
}

async function connectMonitor(path: string): Promise<QmpClient> {
  try {
    const address = parseAddress(path.startsWith('unix:') ? path : `unix:${path}`, 'connect');
    return await openQmpClient(await dial(address));
  } catch (error) {
    const why = messageOf(error);
    throw new CommandFailure(ExitCode.Runtime, `no monitor at ${path}: ${why}`, error);
  }
}

/** Reads commands until their end; what goes wrong is said, and the next one is read. */
async function converse(client: QmpClient, terminal: Terminal, json: boolean): Promise<void> {
  client.onEvent((event) => terminal.interject(describeEvent(event)));
  void client.closed.then(() => terminal.close());
  for (;;) {
    const line = await terminal.ask('(sallyport) ');
    if (line === undefined) return;
    const plan = planCommand(line);
    if (plan.kind === 'leave') return;
    try {
      await perform(plan, client, terminal, json);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      process.stderr.write(`Error: ${printable(error.message)}\n`);
    }
  }
}

/** Throws CommandFailure. */
async function perform(
  plan: Plan,
  client: QmpClient,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  switch (plan.kind) {
    case 'leave':
      return;
    case 'error':
      throw new CommandFailure(ExitCode.Usage, plan.text);
    case 'say':
      print(plan.text);
      return;
    case 'secret': {
      const secret = await terminal.ask(plan.prompt, 'without echo');
      if (secret !== undefined) await perform(plan.next(secret), client, terminal, json);
      return;
    }
    case 'confirm': {
      const answer = terminal.isPrompt ? await terminal.ask(plan.question) : 'y';
      if (/^y(es)?$/i.test(answer?.trim() ?? '')) await perform(plan.next, client, terminal, json);
      return;
    }
    case 'execute': {
      const value = await client.execute(plan.command, plan.args).catch((error: unknown) => {
        if (!(error instanceof QmpError)) throw error;
        throw new CommandFailure(ExitCode.Runtime, error.message, error);
      });
      print(json ? JSON.stringify(value) : plan.render(value));
    }
  }
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}

const describeEvent = ({ event, data }: QmpEvent): string =>
  `* ${event}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`;

/** Lines from a person or from a pipe. History stays in memory, and passwords out of it. */
class Terminal {
  /** A person is asked, one command after the other. */
  readonly isPrompt: boolean;
  readonly #loop: boolean;
  #readline: Interface | undefined;
  #lines: AsyncIterator<string> | undefined;
  #muted = false;

  constructor(loop: boolean) {
    this.#loop = loop;
    this.isPrompt = loop && process.stdin.isTTY === true;
  }

  /** The next line; undefined at the end. */
  async ask(prompt: string, echo?: 'without echo'): Promise<string | undefined> {
    const { lines, readline } = this.#open();
    if (process.stdin.isTTY === true) {
      readline.setPrompt(prompt);
      readline.prompt();
    }
    this.#muted = echo !== undefined;
    const { value, done } = await lines.next();
    if (this.#muted && process.stdin.isTTY === true) process.stdout.write('\n');
    this.#muted = false;
    return done === true ? undefined : value;
  }

  /** Says something while a line may be half typed. */
  interject(text: string): void {
    if (!this.isPrompt || this.#readline === undefined) return;
    process.stdout.write(`\r\u001b[K${printable(text)}\n`);
    if (!this.#muted) this.#readline.prompt(true);
  }

  close(): void {
    this.#readline?.close();
    if (this.#readline !== undefined) process.stdin.destroy();
  }

  #open(): { readonly readline: Interface; readonly lines: AsyncIterator<string> } {
    if (this.#readline !== undefined && this.#lines !== undefined)
      return { readline: this.#readline, lines: this.#lines };
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        // Not waited for: what is muted is decided when it is written, not when there is room.
        if (!this.#muted) process.stdout.write(chunk);
        done();
      },
    });
    const readline = createInterface({
      input: process.stdin,
      ...(process.stdin.isTTY === true ? { output, terminal: true } : {}),
      ...(this.#loop ? { completer: completeCommand } : {}),
    });
    readline.on('history', (history: string[]) => {
      if (this.#muted || holdsSecret(history[0] ?? '')) history.shift();
    });
    readline.on('SIGINT', () => readline.close());
    this.#readline = readline;
    this.#lines = readline[Symbol.asyncIterator]();
    return { readline, lines: this.#lines };
  }
}
