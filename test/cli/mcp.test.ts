/** `sallyport mcp` as a model's host runs it: a child process that speaks JSON-RPC on its standard input and output. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodePng } from '../../src/node/png.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { startMcp, type McpClient } from '../support/mcp-client.ts';
import { startSallyport } from '../support/sallyport.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'hunter22';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-mcp-'));
const url = `unix:${join(folder, 'vnc')}`;
const display = new FakeDisplay({ width: 400, height: 200 });
let serving: Serving;
let looking: McpClient;
let acting: McpClient;
const env = { VNC_PASSWORD: PASSWORD };

const start = (): Promise<Serving> =>
  serve({ display, listen: url, security: 'VncAuth', access: { password: PASSWORD } });

before(async () => {
  serving = await start();
  [looking, acting] = await Promise.all([
    startMcp([url], env),
    // A picture of half the screen's size.
    startMcp([url, '--control', '--max-side', '200'], env),
  ]);
});
after(async () => {
  await looking?.close();
  await acting?.close();
  await serving?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** `1@x,y` for each pointer event since the last call. */
const pointers = (): string =>
  display.pointers
    .splice(0)
    .map(({ buttonMask, x, y }) => `${buttonMask}@${x},${y}`)
    .join(' ');
const keys = (): string =>
  display.keys
    .splice(0)
    .map(({ down, keysym }) => `${down ? '' : '-'}${keysym.toString(16)}`)
    .join(' ');

const VIEW = ['screenshot', 'wait', 'wait_for_change', 'wait_for_stable'];
const INPUT = ['cursor_position', 'move', 'click', 'drag', 'scroll', 'type', 'key'];

describe('sallyport mcp', () => {
  it('only looks unless it has --control: then there are tools that act', async () => {
    const names = async (client: McpClient): Promise<string[]> =>
      (await client.tools()).map(({ name }) => name);
    assert.deepEqual(await names(looking), VIEW);
    assert.deepEqual(await names(acting), [...VIEW, ...INPUT]);
    await assert.rejects(looking.call('click', { x: 1, y: 1 }), /click/);
    assert.equal(pointers(), '');
  });

  it('describes every tool and every argument', async () => {
    for (const { name, description, inputSchema } of await acting.tools()) {
      assert.ok(description.length > 60, name);
      for (const [argument, schema] of Object.entries(inputSchema.properties))
        assert.ok((schema.description ?? '').length > 5, `${name} ${argument}`);
    }
  });

  it('takes a screenshot as PNG, the whole screen as it is', async () => {
    display.paint(0x102030);
    display.paint(0xff0000, { x: 300, y: 150, width: 2, height: 2 });
    const { image, text } = await looking.call('screenshot');
    assert.match(text, /^400x200\. Coordinates are pixels of this picture/m);
    const { width, height, pixels } = await decodePng(image ?? Buffer.alloc(0));
    assert.deepEqual([width, height], [400, 200]);
    assert.deepEqual(pixels, display.framebuffer.pixels);
  });

  it('shows a large screen smaller, and a part of it as sharp as it is', async () => {
    const { image, text } = await acting.call('screenshot');
    assert.match(text, /200x100 \(the screen has 400x200\)/);
    const picture = await decodePng(image ?? Buffer.alloc(0));
    assert.deepEqual([picture.width, picture.height], [200, 100]);
    assert.equal(picture.pixels[75 * 200 + 150], 0xffff0000);
    const part = { x: 149, y: 75, width: 2, height: 1 };
    const closer = await acting.call('screenshot', { part });
    assert.deepEqual(
      (await decodePng(closer.image ?? Buffer.alloc(0))).pixels,
      display.framebuffer.get({ x: 298, y: 150, width: 4, height: 2 }),
    );
  });

  it('clicks where the picture shows it, with any button, twice, and with keys held', async () => {
    const clicked = await acting.call('click', { x: 150, y: 75 });
    assert.deepEqual([clicked.isError, clicked.text], [false, 'Clicked left at 150,75.']);
    assert.equal(pointers(), '0@301,151 1@301,151 0@301,151');
    await acting.call('click', {
      x: 0,
      y: 0,
      button: 'right',
      double: true,
      modifiers: 'ctrl+shift',
    });
    assert.equal(pointers(), '0@1,1 4@1,1 0@1,1 4@1,1 0@1,1');
    assert.equal(keys(), 'ffe3 ffe1 -ffe1 -ffe3');
  });

  it('moves, tells where the pointer is, drags and scrolls', async () => {
    await acting.call('move', { x: 199, y: 99 });
    assert.equal(pointers(), '0@399,199');
    assert.equal((await acting.call('cursor_position')).text, '199,99');
    await acting.call('drag', { from_x: 10, from_y: 10, to_x: 20, to_y: 10 });
    assert.match(pointers(), /^0@21,21 1@21,21 .*1@41,21 0@41,21$/);
    assert.equal((await acting.call('cursor_position')).text, '20,10');
    await acting.call('scroll', { x: 5, y: 5, direction: 'up', notches: 2 });
    assert.equal(pointers(), '0@11,11 8@11,11 0@11,11 8@11,11 0@11,11');
  });

  it('types, and presses keys', async () => {
    assert.equal((await acting.call('type', { text: 'aB\n' })).text, 'Typed 3 characters.');
    assert.equal(keys(), '61 -61 ffe1 42 -42 -ffe1 ff0d -ff0d');
    await acting.call('key', { keys: 'ctrl+alt+Delete Down' });
    assert.equal(keys(), 'ffe3 ffe9 ffff -ffff -ffe9 -ffe3 ff54 -ff54');
  });

  it('waits for a change since the last picture, and until the screen is still', async () => {
    await acting.call('screenshot');
    const waiting = acting.call('wait_for_change', { timeout_seconds: 10 });
    display.paint(0x00ff00);
    const { image } = await waiting;
    assert.equal((await decodePng(image ?? Buffer.alloc(0))).pixels[0], 0xff00ff00);
    // It had changed before anybody waited.
    display.paint(0x0000ff);
    assert.equal((await acting.call('wait_for_change', { timeout_seconds: 10 })).isError, false);
    const still = await acting.call('wait_for_stable', { still_seconds: 0.1 });
    assert.ok(still.image !== undefined);
    assert.ok((await acting.call('wait', { seconds: 0.01 })).image !== undefined);
  });

  it('says what went wrong and what to do about it', async () => {
    const wrong = async (name: string, args: Record<string, unknown>, words: RegExp) => {
      const { isError, text } = await acting.call(name, args);
      assert.equal(isError, true);
      assert.match(text, words);
    };
    await wrong(
      'click',
      { x: 200, y: 0 },
      /200,0 is outside of the picture of 200x100\. Take a scr/,
    );
    await wrong('click', { x: 'left', y: 0 }, /x/);
    await wrong('key', { keys: 'a Foo' }, /key "Foo" is not known\. Name keys as X11 does/);
    await wrong('type', { text: 'a\u001b' }, /no key types U\+001B\. Nothing was typed/);
    await wrong(
      'wait_for_change',
      { timeout_seconds: 0.05 },
      /longer than 50 ms\. Nothing has changed/,
    );
    assert.deepEqual([pointers(), keys()], ['', '']);
    await acting.call('screenshot');
    display.setSize(300, 200);
    await until('the new size', async () => (await acting.call('move', { x: 1, y: 1 })).isError);
    await wrong('move', { x: 1, y: 1 }, /300x200 now, and had 400x200 in its last picture\. Take/);
    await acting.call('screenshot');
    pointers();
    await acting.call('move', { x: 100, y: 67 });
    assert.match(pointers(), /^0@150,10[01]$/);
  });

  it('connects again when the display was away, and says so while it is', async () => {
    await serving.close();
    await until('the end of the session', () => acting.stderr().includes('the session has ended'));
    const away = await acting.call('screenshot');
    assert.equal(away.isError, true);
    assert.match(away.text, /no such socket: .* Each call tries to connect again/);
    serving = await start();
    assert.ok((await acting.call('screenshot')).image !== undefined);
  });

  it('writes nothing but the protocol to standard output, tells no secret, and ends with its input', async () => {
    const client = await startMcp([url, '--control'], env);
    await client.call('type', { text: 'another secret' });
    keys();
    assert.equal(await client.close(), 0);
    assert.match(client.stderr(), /^sallyport: viewing "fake" over VncAuth\n/);
    for (const line of client.lines)
      assert.equal((JSON.parse(line) as { jsonrpc: string }).jsonrpc, '2.0');
    for (const secret of [PASSWORD, 'another secret'])
      assert.ok(!`${client.stderr()}${client.lines.join('')}`.includes(secret));
  });

  it('says in one sentence what is missing when its library is not installed', async () => {
    // Resolves as if the package were not there.
    const hooks = `export const resolve = (name, context, next) => {
      if (!name.startsWith('@modelcontextprotocol/')) return next(name, context);
      throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' });
    };`;
    const asModule = (code: string): string =>
      `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
    const register = `import { register } from 'node:module'; register('${asModule(hooks)}');`;
    const without = { ...env, NODE_OPTIONS: `--import=${asModule(register)}` };
    const ended = await startSallyport(['mcp', url], without).ended;
    assert.equal(
      ended.stderr,
      'sallyport: this needs the package @modelcontextprotocol/server, which is not installed here\n',
    );
    assert.deepEqual([ended.code, ended.stdout], [2, '']);
    const help = await startSallyport(['mcp', '--help'], without).ended;
    assert.equal(help.code, 0);
  });

  it('ends with an exit code when it cannot connect', async () => {
    const ended = await startSallyport(['mcp', url], { VNC_PASSWORD: 'wrong' }).ended;
    assert.deepEqual([ended.code, ended.stdout], [3, '']);
  });
});
