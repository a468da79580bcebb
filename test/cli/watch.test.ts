/** A display in a terminal that a test plays. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import type { TerminalStreams } from '../../src/cli/terminal/screen.ts';
import { show, type ShowOptions } from '../../src/cli/watch.ts';
import {
  pixels,
  rectangle,
  scriptedServer,
  update,
  type ScriptedServer,
} from '../client/scripted-server.ts';
import { startSallyport } from '../support/sallyport.ts';

const ESC = '\u001b';
const ENTER = `${ESC}[?1049h${ESC}[?25l`;
const LEAVE = `${ESC}[0m${ESC}[?25h${ESC}[?1049l`;

interface Terminal {
  readonly streams: TerminalStreams;
  readonly type: (text: string) => void;
  readonly shown: () => string;
  readonly shows: (text: string) => Promise<void>;
  readonly log: string[];
}

function terminal(columns = 80, rows = 24): Terminal {
  const log: string[] = [];
  const stdin = Object.assign(new PassThrough(), {
    setRawMode: (raw: boolean) => log.push(raw ? 'raw' : 'cooked'),
  });
  const stdout = Object.assign(new PassThrough(), { columns, rows });
  let text = '';
  stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    streams: { stdin, stdout },
    type: (keys) => stdin.write(keys),
    shown: () => text,
    shows: async (wanted) => {
      while (!text.includes(wanted)) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    log,
  };
}

const options: ShowOptions = { fps: 1000, environment: {}, answerMs: 1 };
const colour = (server: ScriptedServer, rgb: number): void =>
  server.send(`${update(1)} ${rectangle(0, 0, 4, 2, 0)} ${pixels(8, rgb)}`);
const screen = { init: { width: 4, height: 2 } };
const block = (rgb: string): string =>
  `${ESC}[1;1H${ESC}[38;2;${rgb}m${ESC}[48;2;${rgb}m▀▀▀▀${ESC}[0m`;

describe('watching a display', () => {
  it('draws what changes, and leaves the terminal as it was on Ctrl-C', async () => {
    const server = scriptedServer(screen);
    const { streams, type, shown, shows, log } = terminal();
    const showing = show(server.client, streams, options);
    colour(server, 0xff0000);
    await shows(block('255;0;0'));
    colour(server, 0x0000ff);
    await shows(block('0;0;255'));
    type('\u0003');
    assert.equal(await showing, undefined);
    await shows(LEAVE);
    assert.ok(shown().startsWith(ENTER) && shown().endsWith(LEAVE));
    assert.deepEqual(log, ['raw', 'cooked']);
    await server.close();
  });
  it('ends on q, and on a signal', async () => {
    for (const end of ['key', 'signal']) {
      const server = scriptedServer(screen);
      const { streams, type, shows } = terminal();
      const asked = end === 'signal' ? Promise.resolve('SIGTERM') : new Promise(() => undefined);
      const showing = show(server.client, streams, { ...options, asked });
      if (end === 'key') type('q');
      assert.equal(await showing, undefined);
      await shows(LEAVE);
      await server.close();
    }
  });
  it('takes no answer of the terminal for a key, and draws as it says', async () => {
    const server = scriptedServer(screen);
    const { streams, type, shown, shows } = terminal();
    const showing = show(server.client, streams, { ...options, answerMs: 60_000 });
    await shows(`${ESC}[c`);
    type(`${ESC}_Gi=31;OK${ESC}\\${ESC}[6;20;10t${ESC}[?62c`);
    colour(server, 0x00ff00);
    await shows(`m=0;${Buffer.from('00ff00'.repeat(8), 'hex').toString('base64')}${ESC}\\`);
    type('q');
    await showing;
    await shows(LEAVE);
    assert.ok(shown().includes(`${ESC}_Ga=d,d=A,q=2${ESC}\\`), 'pictures are forgotten');
    await server.close();
  });
  it('uses the mode that is asked for', async () => {
    const server = scriptedServer(screen);
    const { streams, type, shows } = terminal();
    const showing = show(server.client, streams, { ...options, mode: 'sixel' });
    colour(server, 0xffffff);
    await shows(`${ESC}P0;1;0q"1;1;4;2#0;2;100;100;100#0!4B-${ESC}\\`);
    type('q');
    await showing;
    await server.close();
  });
  it('clears and draws again when the terminal has another size', async () => {
    const server = scriptedServer(screen);
    const { streams, type, shown, shows } = terminal();
    const showing = show(server.client, streams, options);
    colour(server, 0xff0000);
    await shows(block('255;0;0'));
    Object.assign(streams.stdout, { columns: 2, rows: 1 });
    streams.stdout.emit('resize');
    await shows(`${ESC}[1;1H${ESC}[38;2;255;0;0m▀▀${ESC}[0m`);
    assert.ok(shown().lastIndexOf(`${ESC}[2J`) > shown().indexOf('▀▀▀▀'));
    type('q');
    await showing;
    await server.close();
  });
  it('ends with the reason when the session does, and the terminal is as it was', async () => {
    const server = scriptedServer(screen);
    const { streams, shows, log } = terminal();
    const showing = show(server.client, streams, options);
    server.stream.end();
    assert.match((await showing)?.message ?? '', /closed/);
    await shows(LEAVE);
    assert.deepEqual(log, ['raw', 'cooked']);
  });
});

describe('sallyport watch', () => {
  it('says in a sentence that it needs a terminal, without connecting', async () => {
    assert.deepEqual(await startSallyport(['watch', 'unix:/nowhere'], {}).ended, {
      code: 2,
      stdout: '',
      stderr:
        'sallyport: watch needs a terminal, and this is none: `sallyport shot` takes a picture into a file\n',
    });
  });
});
