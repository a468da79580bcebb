import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detect, judge } from '../../../src/cli/terminal/detect.ts';

const ESC = '\u001b';
const KITTY_YES = `${ESC}_Gi=31;OK${ESC}\\`;
const usual = { width: 10, height: 20 };

describe('what a terminal can show', () => {
  it('is kitty pictures when it says so, sixels when its attributes have 4, else blocks', () => {
    assert.equal(judge(`${KITTY_YES}${ESC}[?62c`, {}).mode, 'kitty');
    assert.equal(judge(`${ESC}[?62;4;22c`, {}).mode, 'sixel');
    assert.equal(judge(`${ESC}[?62;14;22c`, {}).mode, 'blocks');
    assert.equal(judge(`${ESC}_Gi=31;ENOTSUPPORTED${ESC}\\${ESC}[?62c`, {}).mode, 'blocks');
  });
  it('is taken from the environment when it says nothing', () => {
    const mode = (environment: Record<string, string>) => judge('', environment).mode;
    assert.equal(mode({ TERM: 'xterm-kitty' }), 'kitty');
    assert.equal(mode({ KITTY_WINDOW_ID: '1' }), 'kitty');
    assert.equal(mode({ TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm' }), 'kitty');
    assert.equal(mode({ TERM: 'foot' }), 'sixel');
    assert.equal(mode({ TERM: 'xterm-256color' }), 'blocks');
    assert.equal(mode({ TERM: 'xterm-kitty', TMUX: '/tmp/tmux' }), 'blocks');
  });
  it('comes with the size of a cell, or that of most', () => {
    assert.deepEqual(judge(`${ESC}[6;18;9t${ESC}[?62c`, {}).cell, { width: 9, height: 18 });
    assert.deepEqual(judge(`${ESC}[?62c`, {}).cell, usual);
    assert.deepEqual(judge(`${ESC}[6;0;0t`, {}).cell, usual);
  });
});

describe('asking a terminal', () => {
  /** One that answers with these, one after the other. */
  function terminal(...answers: string[]) {
    let listener: ((text: string) => void) | undefined;
    const asked: string[] = [];
    const write = (text: string): void => {
      asked.push(text);
      for (const answer of answers) queueMicrotask(() => listener?.(answer));
    };
    const onData = (listen: (text: string) => void) => {
      listener = listen;
      return () => (listener = undefined);
    };
    return { port: { write, onData }, asked, isHeard: () => listener !== undefined };
  }

  it('ends with the answer that every terminal gives, in whatever pieces it comes', async () => {
    const { port, asked, isHeard } = terminal(`${ESC}_Gi=3`, `1;OK${ESC}`, `\\${ESC}[?6`, '2;4c');
    assert.deepEqual(await detect(port, {}, 60_000), { mode: 'kitty', cell: usual });
    assert.deepEqual(asked, [`${ESC}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA${ESC}\\${ESC}[16t${ESC}[c`]);
    assert.equal(isHeard(), false);
  });
  it('waits no longer than it is given', async () => {
    const { port, isHeard } = terminal();
    assert.equal((await detect(port, { TERM: 'xterm-kitty' }, 5)).mode, 'kitty');
    assert.equal(isHeard(), false);
  });
});
