/** `sallyport mcp URL`: a display for models, as a server of the Model Context Protocol on standard input and output. */
import { Command } from 'commander';
import { loadMcpLibrary, serveMcp } from '../node/mcp/serve-mcp.ts';
import { clientCommand, viewerOf, type ClientOptions } from './client-options.ts';
import { ExitCode, step } from './failure.ts';
import { reads } from './reads.ts';
import { printable } from './terminal-text.ts';
import { version } from './version.ts';

interface Options extends ClientOptions {
  readonly control?: true;
  readonly maxSide: number;
}

const MAX_SIDE = 1280;

const ABOUT = `
Standard output carries the protocol and nothing else; the log is on standard error. It ends when standard input does.

Examples
  $ sallyport mcp host:1 --password-file secret
  $ sallyport mcp unix:/run/guest.sock --control`;

export const mcpCommand = (): Command =>
  clientCommand(
    new Command('mcp')
      .description('offer a display to a model, over the Model Context Protocol')
      .argument('URL', 'the VNC server')
      .option('--control', 'let it click and type; without this it can only look')
      .option('--max-side <PIXELS>', 'the long side of pictures', reads(parseSide), MAX_SIDE)
      .addHelpText('after', ABOUT),
  ).action(mcp);

async function mcp(url: string, options: Options): Promise<void> {
  const library = await step(ExitCode.Usage, () => loadMcpLibrary());
  const connect = await viewerOf(url, options, { picture: true });
  await serveMcp(library, {
    connect,
    control: options.control === true,
    maxSide: options.maxSide,
    version: version(),
    log: (line) => void process.stderr.write(`sallyport: ${printable(line)}\n`),
  });
}

function parseSide(text: string): number {
  const side = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(side >= 64 && side <= 16384))
    throw new RangeError(`${JSON.stringify(text)} is not a number of pixels, 64 to 16384`);
  return side;
}
