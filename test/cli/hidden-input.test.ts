import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { readHidden, type Terminal } from '../../src/cli/hidden-input.ts';

/** A terminal at which this was typed, and what it was told. */
function typed(...texts: string[]): { terminal: Terminal; log: string[] } {
  const log: string[] = [];
  const input = new PassThrough();
  for (const text of texts) input.write(text);
  const stdin = Object.assign(input, {
    setRawMode: (raw: boolean) => log.push(raw ? 'raw' : 'cooked'),
  });
  return { log, terminal: { stdin, stderr: { write: (text: string) => log.push(text) } } };
}

describe('a password typed at a terminal', () => {
  it('ends with Return, and nothing of it is shown', async () => {
    const { terminal, log } = typed('ses', 'am', 'e\r');
    assert.equal(await readHidden('Password: ', terminal), 'sesame');
    assert.deepEqual(log, ['Password: ', 'raw', 'cooked', '\n']);
  });
  it('can be corrected with Backspace and begun again with Ctrl-U', async () => {
    assert.equal(await readHidden('', typed('sex\u007fs\b\b\bopen\r').terminal), 'open');
    assert.equal(await readHidden('', typed('wrong\u0015sésame\n').terminal), 'sésame');
  });
  it('is given up with Ctrl-C, and the terminal is as before', async () => {
    const { terminal, log } = typed('ses\u0003');
    await assert.rejects(readHidden('', terminal), /interrupted/);
    assert.deepEqual(log.slice(-2), ['cooked', '\n']);
  });
  it('can be asked for twice', async () => {
    const { terminal } = typed();
    const first = readHidden('', terminal);
    (terminal.stdin as unknown as PassThrough).write('one\r');
    assert.equal(await first, 'one');
    const second = readHidden('', terminal);
    (terminal.stdin as unknown as PassThrough).write('two\r');
    assert.equal(await second, 'two');
  });
});
