/** `sallyport paste URL TEXT`: puts text on the clipboard of a display. */
import { Command } from 'commander';
import { pasteText } from '../client/automation/paste.ts';
import { clientCommand, viewDisplay, type ClientOptions } from './client-options.ts';
import { readText } from './standard-input.ts';

const ABOUT = `
It is there to be pasted, as with \`sallyport key URL ctrl-v\`. Other users of this machine see what stands on a command line:
what is secret comes from a pipe.

Examples
  $ sallyport paste host:1 'some words'
  $ sallyport paste host:1 - < notes.txt`;

export const pasteCommand = (): Command =>
  clientCommand(
    new Command('paste')
      .description('put text on the clipboard of a display')
      .argument('URL', 'the VNC server')
      .argument('TEXT', 'the text. - reads it from standard input')
      .addHelpText('after', ABOUT),
  ).action(async (url: string, words: string, options: ClientOptions) => {
    const text = words === '-' ? await readText() : words;
    await viewDisplay(url, options, { picture: false }, ({ client }) => pasteText(client, text));
  });
