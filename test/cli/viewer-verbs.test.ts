/** shot, expect, type, key, click and move, as a script runs them against a server of ours. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parsePoint, parseRegion } from '../../src/cli/places.ts';
import { encodePng } from '../../src/client/automation/picture-file.ts';
import { decodePng } from '../../src/node/png.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { startSallyport, type Ended } from '../support/sallyport.ts';

const PASSWORD = 'secret';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-verbs-'));
const url = `unix:${join(folder, 'vnc')}`;
const display = new FakeDisplay({ width: 8, height: 8 });
let serving: Serving;

before(async () => {
  serving = await serve({
    display,
    listen: url,
    security: 'VncAuth',
    access: { password: PASSWORD },
  });
});
after(async () => {
  await serving?.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], env: Record<string, string> = { VNC_PASSWORD: PASSWORD }) =>
  startSallyport(args, env).ended;

async function succeeds(...args: string[]): Promise<Ended> {
  const ended = await run(args);
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  return ended;
}

async function fails(code: number, words: RegExp, ...args: string[]): Promise<void> {
  const ended = await run(args);
  assert.match(ended.stderr, words);
  assert.equal(ended.code, code, ended.stderr);
}

describe('sallyport shot', () => {
  it('saves the screen, or a part of it, as a PNG for its user alone', async () => {
    display.paint(0x102030);
    display.paint(0xff0000, { x: 2, y: 3, width: 1, height: 1 });
    const file = join(folder, 'whole.png');
    await succeeds('shot', url, file);
    const { width, height, pixels } = await decodePng(readFileSync(file));
    assert.deepEqual([width, height], [8, 8]);
    assert.deepEqual(pixels, display.framebuffer.pixels);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const part = join(folder, 'part.png');
    await succeeds('shot', url, part, '--region', '1,3,2,1');
    assert.deepEqual(
      (await decodePng(readFileSync(part))).pixels,
      Uint32Array.of(0xff102030, 0xffff0000),
    );
  });
  it('takes the password from a file', async () => {
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
    const file = join(folder, 'by-file.png');
    const ended = await run(['shot', url, file, '--password-file', passwordFile], {});
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
  });
});

describe('sallyport expect', () => {
  it('ends once the picture is there, and with 1 when it does not come', async () => {
    const file = join(folder, 'expected.png');
    const pixels = Uint32Array.of(0xff00ff00, 0xff00ff00);
    writeFileSync(file, encodePng({ width: 2, height: 1, pixels }));
    display.paint(0);
    const seen = run(['expect', url, file, '0', '--region', '4,4,2,1']);
    const off = serving.on('initialized', () => display.paint(0x00ff00));
    assert.deepEqual(await seen, { code: 0, stdout: '', stderr: '' });
    off();
    display.paint(0x00fd00);
    await fails(
      1,
      /not seen: the picture at 0,0 \(it differs by 1\.15, allowed 1\)/,
      'expect',
      url,
      file,
      '1',
      '--timeout',
      '0.3',
    );
    await succeeds('expect', url, file, '1.2');
    await fails(
      2,
      /expected\.png is 2x1, and the region 1x1/,
      'expect',
      url,
      file,
      '0',
      '--region',
      '0,0,1,1',
    );
    await fails(2, /vnc: /, 'expect', url, join(folder, 'vnc'), '0');
  });
});

describe('sallyport type, key, click, move', () => {
  const keys = (): string =>
    display.keys
      .splice(0)
      .map(({ down, keysym }) => `${down ? '' : '-'}${keysym.toString(16)}`)
      .join(' ');

  it('types', async () => {
    await succeeds('type', url, 'aB\n');
    assert.equal(keys(), '61 -61 ffe1 42 -42 -ffe1 ff0d -ff0d');
    await succeeds('type', url, '--', '-x');
    assert.equal(keys(), '2d -2d 78 -78');
  });
  it('presses keys', async () => {
    await succeeds('key', url, 'ctrl-alt-del', 'enter');
    assert.equal(keys(), 'ffe3 ffe9 ffff -ffff -ffe9 -ffe3 ff0d -ff0d');
  });
  it('presses keys of the keyboard that the other side has', async () => {
    await succeeds('key', url, 'ctrl-@', '--layout', 'de');
    assert.equal(keys(), 'ffe3 fe03 40 -40 -fe03 -ffe3');
    await fails(2, /no key types ß/, 'key', url, 'a', 'ctrl-ß', '--layout', 'us');
    assert.equal(keys(), '');
  });
  it('clicks and moves', async () => {
    const masks = (): string =>
      display.pointers
        .splice(0)
        .map(({ buttonMask, x, y }) => `${buttonMask}@${x},${y}`)
        .join(' ');
    await succeeds('move', url, '7,0');
    assert.equal(masks(), '0@7,0');
    await succeeds('click', url, '1,2', '--button', '3');
    assert.equal(masks(), '0@1,2 4@1,2 0@1,2');
    await succeeds('click', url, '1,2', '--double');
    assert.equal(masks(), '0@1,2 1@1,2 0@1,2 1@1,2 0@1,2');
  });
  it('refuses with 2 what cannot be typed, pressed or pointed at, and does none of it', async () => {
    await fails(2, /no key types U\+001B/, 'type', url, 'a\u001b');
    await fails(2, /key "foo" is not known/, 'key', url, 'enter', 'foo');
    await fails(2, /8,0 is not on a screen of 8x8/, 'click', url, '8,0');
    await fails(2, /region of 8x8 at 1,0/, 'shot', url, '-', '--region', '1,0,8,8');
    assert.deepEqual([display.keys, display.pointers], [[], []]);
  });
});

describe('places on a command line', () => {
  it('are X,Y and X,Y,WIDTH,HEIGHT in whole pixels', () => {
    assert.deepEqual(parsePoint('1,20'), { x: 1, y: 20 });
    assert.deepEqual(parseRegion('1,2,30,4'), { x: 1, y: 2, width: 30, height: 4 });
    for (const text of ['', '8', '1,2,3', '-1,2', '1,2.5', '1, 2', 'a,b', '1,2,3,4,5'])
      assert.throws(() => parsePoint(text), /is not X,Y in pixels/);
    for (const text of ['1,2', '1,2,3', '1,2,0,4', '1,2,3,4,5'])
      assert.throws(() => parseRegion(text), /is not X,Y,WIDTH,HEIGHT in pixels/);
  });
});

describe('commands that are viewers', () => {
  it('end with 5 when nobody is there, and with 2 for an address that is none', async () => {
    await fails(5, /no such socket/, 'key', `unix:${join(folder, 'nobody')}`, 'a');
    await fails(2, /address "a:b:c"/, 'key', 'a:b:c', 'a');
  });
  it('end with 3 when the password is wrong, missing, or cannot be read', async () => {
    const wrong = await run(['key', url, 'a'], { VNC_PASSWORD: 'wrong' });
    assert.equal(wrong.code, 3, wrong.stderr);
    const missing = await run(['key', url, 'a'], {});
    assert.equal(missing.code, 3, missing.stderr);
    assert.match(missing.stderr, /the server asks for a password: --password-file, VNC_PASSWORD/);
    await fails(3, /nothing\.txt/, 'key', url, 'a', '--password-file', join(folder, 'nothing.txt'));
  });
  it('end with 5 when no security type is acceptable to both', async () => {
    await fails(5, /VncAuth/, 'key', url, 'a', '--security', 'X509None');
  });
});
