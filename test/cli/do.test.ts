/** drag, scroll, paste, and vncdotool's scripts, against a server of ours. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { doCommand } from '../../src/cli/do.ts';
import { dragCommand } from '../../src/cli/drag.ts';
import { pasteCommand } from '../../src/cli/paste.ts';
import { parsePlaces } from '../../src/cli/places.ts';
import { parseScript } from '../../src/cli/script/parse.ts';
import { scrollCommand } from '../../src/cli/scroll.ts';
import { encodePng } from '../../src/client/automation/picture-file.ts';
import { decodePng } from '../../src/node/png.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { fails, succeeds } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-do-'));
const url = `unix:${join(folder, 'vnc')}`;
const display = new FakeDisplay({ width: 8, height: 8 });
let serving: Serving;

before(async () => {
  serving = await serve({ display, listen: url, security: 'None', allowInsecure: ['none'] });
});
after(async () => {
  await serving?.close();
  rmSync(folder, { recursive: true, force: true });
});

const keys = (): string =>
  display.keys
    .splice(0)
    .map(({ down, keysym }) => `${down ? '' : '-'}${keysym.toString(16)}`)
    .join(' ');
const masks = (): string =>
  display.pointers
    .splice(0)
    .map(({ buttonMask, x, y }) => `${buttonMask}@${x},${y}`)
    .join(' ');

describe('sallyport drag, scroll and paste', () => {
  it('drags from a place to another', async () => {
    await succeeds(dragCommand(), url, '0', '0', '4', '2', '--steps', '2', '--step-ms', '1');
    assert.equal(masks(), '0@0,0 1@0,0 1@2,1 1@4,2 0@4,2');
    await succeeds(
      dragCommand(),
      url,
      '0,0',
      '0,1',
      '--button',
      '3',
      '--steps',
      '1',
      '--step-ms',
      '1',
    );
    assert.equal(masks(), '0@0,0 4@0,0 4@0,1 0@0,1');
    await fails(dragCommand(), 2, /"0 0 4" is not X Y for 2 places/, url, '0', '0', '4');
    await fails(dragCommand(), 2, /8,0 is not on a screen of 8x8/, url, '0', '0', '8', '0');
    assert.equal(masks(), '');
  });
  it('turns the wheel both ways, in the middle or where it is told', async () => {
    await succeeds(scrollCommand(), url, '0', '-2');
    assert.equal(masks(), '0@4,4 8@4,4 0@4,4 8@4,4 0@4,4');
    await succeeds(scrollCommand(), url, '1', '1', '--at', '1,2');
    assert.equal(masks(), '0@1,2 16@1,2 0@1,2 0@1,2 64@1,2 0@1,2');
    await fails(scrollCommand(), 2, /is not a number of notches/, url, '0', 'x');
  });
  it('puts text on the clipboard', async () => {
    await succeeds(pasteCommand(), url, 'grüße\r\n');
    assert.deepEqual(display.clipboards.splice(0), ['grüße\n']);
  });
});

describe('sallyport do', () => {
  const script = (...words: string[]): Promise<void> => succeeds(doCommand(), '-s', url, ...words);

  it('types, presses, holds and releases keys', async () => {
    await script('type', 'aB', 'key', 'ctrl-c', 'keydown', 'shift', 'keyup', 'shift');
    assert.equal(keys(), '61 -61 ffe1 42 -42 -ffe1 ffe3 63 -63 -ffe3 ffe1 -ffe1');
  });
  it('types and presses on the keyboard that the other side has', async () => {
    await succeeds(doCommand(), '--layout', 'de', '-s', url, 'type', '/', 'key', 'ctrl-/');
    assert.equal(keys(), 'ffe1 2f -2f -ffe1 ffe3 ffe1 2f -2f -ffe1 -ffe3');
  });
  it('takes for words of the script whatever stands behind its first command', async () => {
    await script('type', '-s', 'type', '--delay', 'type', '#');
    assert.match(keys(), /^2d -2d 73 -73 2d -2d 2d -2d 64 -64 .* ffe1 23 -23 -ffe1$/);
  });
  it('moves, clicks, and drags with the buttons that are down', async () => {
    await script('move', '2', '3', 'click', '1', 'mdown', '3', 'click', '1', 'mup', '3');
    assert.equal(masks(), '0@2,3 1@2,3 0@2,3 4@2,3 5@2,3 4@2,3 0@2,3');
    await script('mousemove', '0', '0', 'mousedown', '1', 'drag', '5', '0', 'mouseup', '1');
    const seen = masks().split(' ');
    assert.deepEqual([seen[1], seen.at(-2), seen.at(-1)], ['1@0,0', '1@5,0', '0@5,0']);
    assert.ok(seen.includes('1@2,0') && seen.includes('1@3,0'), seen.join(' '));
  });
  it('captures the screen or a part, and expects what it shows', async () => {
    display.paint(0x204060);
    display.paint(0xff0000, { x: 2, y: 3, width: 1, height: 1 });
    const [whole, part] = [join(folder, 'whole.png'), join(folder, 'part.png')];
    await script('capture', whole, 'rcapture', part, '1', '3', '2', '1');
    assert.deepEqual((await decodePng(readFileSync(whole))).pixels, display.framebuffer.pixels);
    assert.deepEqual(
      (await decodePng(readFileSync(part))).pixels,
      Uint32Array.of(0xff204060, 0xffff0000),
    );
    await script('expect', whole, '0', 'rexpect', part, '1', '3', '0', 'rexpect', part, '1', '3');
    await succeeds(doCommand(), '--incremental-refreshes', '-s', url, 'capture', whole);
    assert.deepEqual((await decodePng(readFileSync(whole))).pixels, display.framebuffer.pixels);
    await fails(
      doCommand(),
      1,
      /not seen/,
      '-s',
      url,
      '--timeout',
      '0.3',
      'rexpect',
      part,
      '0',
      '0',
      '1',
    );
  });
  it('runs files with comments and quotes, and types and pastes what is in files', async () => {
    const [vdo, text] = [join(folder, 'login.vdo'), join(folder, 'text')];
    writeFileSync(text, 'x\n');
    writeFileSync(
      vdo,
      `# log in\ntype "a b" # the name\nkey enter\ntypefile ${text}\npastefile ${text}\n`,
    );
    await script(vdo, 'key', 'z');
    assert.equal(keys(), '61 -61 20 -20 62 -62 ff0d -ff0d 78 -78 ff0d -ff0d 7a -7a');
    assert.deepEqual(display.clipboards.splice(0), ['x\n']);
  });
  it('pauses, between commands too, and not as long when it is warped', async () => {
    const startedAt = performance.now();
    await succeeds(doCommand(), '--warp', '1000', '-s', url, 'pause', '60', 'sleep', '.5');
    assert.ok(performance.now() - startedAt < 20_000);
    process.env['VNCDOTOOL_DELAY'] = '1';
    try {
      await script('move', '1', '1', 'move', '2', '2');
    } finally {
      delete process.env['VNCDOTOOL_DELAY'];
    }
    assert.equal(masks(), '0@1,1 0@2,2');
  });
  it('does nothing of a script that has a fault anywhere', async () => {
    const bad = (words: RegExp, ...script: string[]): Promise<void> =>
      fails(doCommand(), 2, words, '-s', url, 'key', 'a', ...script);
    await bad(/"foo" is neither a command \(key, .*\) nor a file/, 'foo');
    await bad(/move needs X Y, and Y is missing/, 'move', '1');
    await bad(/key "nonsense" is not known/, 'key', 'nonsense');
    assert.equal(keys(), '');
  });
});

describe('a script', () => {
  const fault = (words: readonly string[], message: RegExp): Promise<void> =>
    assert.rejects(parseScript(words), message);

  it('tells the file and the line of a fault', async () => {
    const file = join(folder, 'bad.vdo');
    writeFileSync(file, '\nkey a\ntype b key ctrl-nonsense');
    await fault([file], /bad\.vdo, line 3: key "nonsense" in "ctrl-nonsense" is not known/);
    writeFileSync(file, 'key a\n\ntype "b');
    await fault([file], /bad\.vdo, line 3: the " does not end/);
    writeFileSync(file, 'key a\nmove 1');
    await fault([file], /bad\.vdo, line 2: move needs X Y, and Y is missing/);
    writeFileSync(file, `pause 1 "${file}"`);
    await fault([file], /scripts name each other/);
  });
  it('is refused for each word that cannot be', async () => {
    await fault(['pause', 'x'], /"x" is not a number of seconds/);
    await fault(['click', '9'], /"9" is not a button/);
    await fault(['move', '1', 'y'], /"1,y" is not X,Y/);
    await fault(['capture', 'x.jpg'], /"x\.jpg" is no PNG by its name/);
    await fault(['rcapture', 'x.png', '0', '0', '0', '1'], /is not X,Y,WIDTH,HEIGHT/);
    await fault(['expect', join(folder, 'no.png'), '0'], /no\.png: ENOENT/);
    await fault(['typefile', join(folder, 'no.txt')], /no\.txt: ENOENT/);
    await assert.rejects(parseScript(['type', 'é€'], { layout: 'us' }), /no key types é/);
  });
  it('has a tolerance for pictures, or none', async () => {
    const file = join(folder, 'dot.png');
    writeFileSync(file, encodePng({ width: 1, height: 1, pixels: Uint32Array.of(0xff000000) }));
    const steps = await parseScript(['expect', file, '5', 'expect', file, 'key', 'a']);
    assert.deepEqual(
      steps.map(({ words }) => words),
      [`expect ${file} 5`, `expect ${file}`, 'key a'],
    );
  });
});

describe('places as words', () => {
  it('are X Y X Y, or X,Y X,Y', () => {
    const wanted = [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ];
    assert.deepEqual(parsePlaces(['1', '2', '3', '4'], 2), wanted);
    assert.deepEqual(parsePlaces(['1,2', '3,4'], 2), wanted);
    for (const words of [['1,2'], ['1', '2', '3'], ['1,2', '3,4', '5,6']])
      assert.throws(() => parsePlaces(words, 2), /is not X Y for 2 places/);
  });
});
