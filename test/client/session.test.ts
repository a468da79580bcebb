import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../src/codec/registry.ts';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { bgr233Format, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { oneScreen, pixels, rectangle, scriptedServer, update } from './scripted-server.ts';

const fullRaw = `${update(1)} ${rectangle(0, 0, 4, 4, Encoding.Raw)} ${pixels(16, 0x123456)}`;
const extendedSize = (reason: number, status: number, width: number, height: number): string =>
  `${update(1)} ${rectangle(reason, status, width, height, Encoding.ExtendedDesktopSize)} ${oneScreen(width, height)}`;
const full = (incremental: boolean, width = 4, height = 4): object => ({
  type: 'FramebufferUpdateRequest',
  incremental,
  x: 0,
  y: 0,
  width,
  height,
});

describe('client session, opening', () => {
  it('names its encodings, then asks for the whole picture', async () => {
    const { next, close } = scriptedServer();
    const first = await next();
    assert.equal(first.type, 'SetEncodings');
    // ZYWRLE would lose something: only when told to.
    const asked = codecs.map((codec) => codec.encoding).filter((encoding) => encoding !== 17);
    assert.deepEqual(first.encodings.slice(0, asked.length), asked);
    assert.ok(!first.encodings.includes(17));
    for (const extension of [-223, -224, -239, -240, -257, -258, -261, -307, -308, -314])
      assert.ok(first.encodings.includes(extension), `${extension} is named`);
    assert.deepEqual(await next(), full(false));
    await close();
  });

  it('sets the pixel format first when the server has another one', async () => {
    const { next, close } = scriptedServer({ init: { format: bgr233Format } });
    assert.deepEqual(await next(), { type: 'SetPixelFormat', format: nativeFormat });
    assert.equal((await next()).type, 'SetEncodings');
    await close();
  });

  it('permits JPEG only with a decoder for it', async () => {
    const named = async (server: ReturnType<typeof scriptedServer>): Promise<readonly number[]> => {
      const { encodings } = await server.nextOf('SetEncodings');
      await server.close();
      return encodings.filter((e) => e >= -32 && e <= -23);
    };
    assert.deepEqual(await named(scriptedServer({ jpegQuality: 5 })), []);
    // Nor may a quality level for ZYWRLE permit it.
    assert.deepEqual(await named(scriptedServer({ encodings: [17, 7], jpegQuality: 5 })), []);
    assert.deepEqual(await named(scriptedServer({ encodings: [17, 16], jpegQuality: 5 })), [-27]);
    const jpeg = (): never => assert.fail('not called');
    assert.deepEqual(await named(scriptedServer({ jpeg, jpegQuality: 5 })), [-27]);
  });

  it('names the compression level that was asked for', async () => {
    const { nextOf, close } = scriptedServer({ compressionLevel: 3 });
    assert.ok((await nextOf('SetEncodings')).encodings.includes(-253));
    await close();
  });

  it('refuses options that cannot be before it sends a byte', () => {
    assert.throws(() => scriptedServer({ encodings: [4711] }), TypeError);
    assert.throws(() => scriptedServer({ compressionLevel: 10 }), RangeError);
    assert.throws(
      () => scriptedServer({ pixelFormat: { ...nativeFormat, trueColour: false } }),
      TypeError,
    );
    assert.throws(
      () => scriptedServer({ pixelFormat: { ...nativeFormat, redMax: 254 } }),
      TypeError,
    );
  });
});

describe('client session, updates', () => {
  it('decodes, tells the damage once an update, and asks for the next', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    await nextOf('FramebufferUpdateRequest');
    let told = 0;
    client.events.on('damage', () => told++);
    const damage = client.events.once('damage');
    send(`${update(2)}
      ${rectangle(0, 0, 4, 2, Encoding.Raw)} ${pixels(8, 0xff0000)}
      ${rectangle(0, 2, 4, 2, Encoding.Raw)} ${pixels(8, 0x0000ff)}`);
    assert.deepEqual(await damage, [{ x: 0, y: 0, width: 4, height: 4 }]);
    assert.equal(told, 1);
    assert.equal(client.framebuffer.pixels[0], 0xffff0000);
    assert.equal(client.framebuffer.pixels[15], 0xff0000ff);
    assert.deepEqual(await nextOf('FramebufferUpdateRequest'), full(true));
    await close();
  });

  it('without autoUpdate asks only when refresh is called, which waits for pixels', async () => {
    const { send, next, client, close } = scriptedServer({ autoUpdate: false });
    assert.equal((await next()).type, 'SetEncodings');
    const done = client.refresh(true, { x: 1, y: 1, width: 2, height: 2 });
    assert.deepEqual(await next(), { ...full(true), x: 1, y: 1, width: 2, height: 2 });
    const order: string[] = [];
    client.events.on('leds', () => order.push('leds'));
    // QEMU answers a request with extensions first, in updates of their own.
    send(`${update(1)} ${rectangle(0, 0, 1, 1, Encoding.QemuLedState)} 04`);
    send(fullRaw);
    await done;
    order.push('refreshed');
    assert.deepEqual(order, ['leds', 'refreshed']);
    await close();
  });

  it('without autoUpdate asks again when the answer to refresh had no pixels, as Xvnc’s first has none', async () => {
    const { send, next, client, close } = scriptedServer({ autoUpdate: false });
    assert.equal((await next()).type, 'SetEncodings');
    const area = { x: 1, y: 1, width: 2, height: 2 };
    const done = client.refresh(false, area);
    assert.deepEqual(await next(), { ...full(false), ...area });
    send(`${update(1)} ${rectangle(0, 0, 4, 4, Encoding.ExtendedDesktopSize)} ${oneScreen(4, 4)}`);
    // Not from the start: that would be answered with the size again.
    assert.deepEqual(await next(), { ...full(true), ...area });
    send(`${update(1)} ${rectangle(0, 0, 5, 4, Encoding.ExtendedDesktopSize)} ${oneScreen(5, 4)}`);
    assert.deepEqual(await next(), { ...full(false), width: 5 });
    send(`${update(1)} ${rectangle(0, 0, 1, 1, Encoding.Raw)} ${pixels(1, 0xffffff)}`);
    await done;
    // Nobody waits any longer: nothing more is asked.
    send(`${update(1)} ${rectangle(0, 0, 1, 1, Encoding.QemuLedState)} 04`);
    client.clipboard('end');
    assert.equal((await next()).type, 'ClientCutText');
    await close();
  });

  it('ends an update at LastRect, counted or not', async () => {
    for (const count of [65535, 3]) {
      const { send, client, close } = scriptedServer();
      const damage = client.events.once('damage');
      send(`${update(count)} ${rectangle(0, 0, 1, 1, Encoding.Raw)} ${pixels(1, 0xffffff)}
        ${rectangle(0, 0, 0, 0, Encoding.LastRect)}`);
      assert.deepEqual(await damage, [{ x: 0, y: 0, width: 1, height: 1 }]);
      await close();
    }
  });

  it('takes over size, name, cursor, lights and pointer mode', async () => {
    const { send, client, close } = scriptedServer();
    const seen: string[] = [];
    for (const name of ['resize', 'name', 'cursor', 'leds', 'pointerMode'] as const)
      client.events.on(name, () => seen.push(name));
    const last = client.events.once('damage');
    send(`${update(6)}
      ${rectangle(0, 0, 6, 3, Encoding.DesktopSize)}
      ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00000003 616263
      ${rectangle(0, 0, 0, 0, Encoding.Cursor)}
      ${rectangle(0, 0, 1, 1, Encoding.QemuLedState)} 02
      ${rectangle(0, 0, 6, 3, Encoding.QemuPointerMotionChange)}
      ${rectangle(0, 0, 6, 3, Encoding.Raw)} ${pixels(18, 0)}`);
    await last;
    assert.deepEqual(seen.sort(), ['cursor', 'leds', 'name', 'pointerMode', 'resize']);
    assert.deepEqual([client.framebuffer.width, client.framebuffer.height], [6, 3]);
    assert.deepEqual([client.name, client.leds, client.pointerMode], ['abc', 2, 'relative']);
    assert.equal(client.cursor?.width, 0);
    await close();
  });

  it('asks for the whole picture after a new size, and only then', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    assert.deepEqual(await nextOf('FramebufferUpdateRequest'), full(false));
    assert.equal(client.resizable, false);
    // Every whole request is answered with the size: asking whole again would never end.
    send(extendedSize(0, 0, 4, 4));
    assert.deepEqual(await nextOf('FramebufferUpdateRequest'), full(true));
    assert.equal(client.resizable, true);
    send(extendedSize(0, 0, 5, 2));
    assert.deepEqual(await nextOf('FramebufferUpdateRequest'), full(false, 5, 2));
    await close();
  });

  it('keeps what fits of the picture when the size changes', async () => {
    const { send, client, close } = scriptedServer();
    send(fullRaw);
    const resized = client.events.once('resize');
    send(extendedSize(2, 0, 2, 8));
    await resized;
    assert.equal(client.framebuffer.pixels[0], 0xff123456);
    assert.equal(client.framebuffer.pixels[15], 0xff000000);
    await close();
  });

  it('takes the size, not the layout, when the layout cannot be', async () => {
    const { send, client, close } = scriptedServer();
    const resized = client.events.once('resize');
    send(`${update(1)} ${rectangle(0, 0, 8, 8, Encoding.ExtendedDesktopSize)} ${oneScreen(9, 9)}`);
    await resized;
    assert.deepEqual(client.screens, [{ id: 0, x: 0, y: 0, width: 8, height: 8, flags: 0 }]);
    await close();
  });

  it('passes bell and clipboard on, and ignores colour maps', async () => {
    const { send, client, close } = scriptedServer();
    const bell = client.events.once('bell');
    const text = client.events.once('clipboard');
    send('01 00 0000 0001 ffff 0000 0000'); // SetColourMapEntries, one entry
    send('02');
    send('03 000000 00000002 e934'); // ServerCutText, Latin-1
    await bell;
    assert.equal(await text, 'é4');
    await close();
  });

  it('lets timers run while one chunk holds gigapixels of copying', async () => {
    const { close, send, client } = scriptedServer({ init: { width: 4096, height: 4096 } });
    let turns = 0;
    const ended = client.events.once('damage');
    const count = 12;
    const copy = `${rectangle(0, 0, 4096, 4096, Encoding.CopyRect)} 0000 0000`;
    send(`${update(count)} ${copy.repeat(count)}`);
    const tick = setInterval(() => turns++, 0);
    await ended;
    clearInterval(tick);
    assert.ok(turns >= count / 2, `${turns} turns`);
    await close();
  });
});

describe('client session, input', () => {
  it('sends keysyms until scan codes are acknowledged, then both', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    client.key({ down: true, keysym: 0x61, keycode: 30 });
    assert.deepEqual(await nextOf('KeyEvent'), { type: 'KeyEvent', down: true, keysym: 0x61 });
    send(`${update(1)} ${rectangle(0, 0, 4, 4, Encoding.QemuExtendedKeyEvent)}`);
    assert.deepEqual(await nextOf('FramebufferUpdateRequest'), full(true));
    client.key({ down: false, keysym: 0x61, keycode: 30 });
    assert.deepEqual(await nextOf('KeyEvent'), {
      type: 'KeyEvent',
      down: false,
      keysym: 0x61,
      keycode: 30,
    });
    client.key({ down: true, keysym: 0x62 });
    assert.deepEqual(await nextOf('KeyEvent'), { type: 'KeyEvent', down: true, keysym: 0x62 });
    await close();
  });

  it('drops a key that it has no word for', async () => {
    const { nextOf, client, close } = scriptedServer();
    client.key({ down: true, keysym: 0, keycode: 30 });
    client.key({ down: true, keysym: 0x63 });
    assert.equal((await nextOf('KeyEvent')).keysym, 0x63);
    await close();
  });

  it('sends positions inside the picture, or motion in relative mode', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    client.pointer(1, 99, -5);
    assert.deepEqual(await nextOf('PointerEvent'), {
      type: 'PointerEvent',
      buttonMask: 1,
      x: 3,
      y: 0,
    });
    const relative = client.events.once('pointerMode');
    send(`${update(1)} ${rectangle(0, 0, 4, 4, Encoding.QemuPointerMotionChange)}`);
    await relative;
    client.pointer(0, -2, 100_000);
    assert.deepEqual(await nextOf('PointerEvent'), {
      type: 'PointerEvent',
      buttonMask: 0,
      x: 0x7ffd,
      y: 0xfffe,
    });
    await close();
  });

  it('sends the clipboard with bare line feeds, and refuses more than the limit', async () => {
    const { nextOf, client, close } = scriptedServer({ limits: { maxClipboardBytes: 8 } });
    client.clipboard('a\r\nb\rc');
    assert.equal((await nextOf('ClientCutText')).text, 'a\nb\nc');
    assert.throws(() => client.clipboard('123456789'), RangeError);
    await close();
  });

  it('drops motion, never buttons, for a server that does not read, and closes at the limit', async () => {
    const { client } = scriptedServer({ limits: { maxBacklogBytes: 100_000 } });
    let closed = false;
    client.events.on('closed', () => (closed = true));
    for (let i = 0; i < 100_000; i++) client.pointer(0, 1, 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(closed, false);
    for (let i = 0; i < 40_000; i++) client.pointer(i & 1, 1, 1);
    const reason = await client.closed;
    assert.ok(reason instanceof LimitError);
    assert.equal(reason.limit, 'maxBacklogBytes');
  });
});

describe('client session, resize', () => {
  it('resolves with the answer to its own request, after the picture has the size', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    const ready = nextOf('FramebufferUpdateRequest');
    send(
      `${update(1)} ${rectangle(0, 0, 4, 4, Encoding.ExtendedDesktopSize)} ${oneScreen(4, 4, 7)}`,
    );
    await ready;
    await nextOf('FramebufferUpdateRequest');
    const status = client.resize(8, 6);
    const asked = await nextOf('SetDesktopSize');
    // A server knows its screens by their ids.
    assert.deepEqual(asked, {
      type: 'SetDesktopSize',
      width: 8,
      height: 6,
      screens: [{ id: 7, x: 0, y: 0, width: 8, height: 6, flags: 0 }],
    });
    send(extendedSize(2, 0, 5, 5)); // another viewer's change is no answer
    send(extendedSize(1, 0, 8, 6));
    assert.equal(await status, 0);
    assert.equal(client.framebuffer.width, 8);
    await close();
  });

  it('tells a refusal, and keeps the size', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    send(extendedSize(0, 0, 4, 4));
    await nextOf('FramebufferUpdateRequest');
    await nextOf('FramebufferUpdateRequest');
    const status = client.resize(8, 6);
    send(extendedSize(1, 3, 8, 6));
    assert.equal(await status, 3);
    assert.equal(client.framebuffer.width, 4);
    await close();
  });

  it('says prohibited, and sends nothing, when the server never named the extension', async () => {
    const { client, close } = scriptedServer();
    assert.equal(await client.resize(8, 6), 1);
    await assert.rejects(client.resize(0, 6), RangeError);
    await close();
  });

  it('gives up after ten seconds without an answer', async (t) => {
    const { send, nextOf, client, close } = scriptedServer();
    send(extendedSize(0, 0, 4, 4));
    await nextOf('FramebufferUpdateRequest');
    await nextOf('FramebufferUpdateRequest');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const status = client.resize(8, 6);
    t.mock.timers.tick(10_000);
    await assert.rejects(status, { code: 'ERR_VNC_TIMEOUT' });
    t.mock.timers.reset();
    await close();
  });

  it('rejects what waits when the session closes', async () => {
    const { send, nextOf, client } = scriptedServer();
    send(extendedSize(0, 0, 4, 4));
    await nextOf('FramebufferUpdateRequest');
    await nextOf('FramebufferUpdateRequest');
    const resize = assert.rejects(client.resize(8, 6), ClosedError);
    const refresh = assert.rejects(client.refresh(false), ClosedError);
    await client.close();
    await resize;
    await refresh;
    await assert.rejects(client.refresh(false), ClosedError);
    await assert.rejects(client.resize(8, 6), ClosedError);
  });
});

describe('client session, closing', () => {
  it('may be closed inside any of its events, and says closed exactly once, last', async () => {
    const everything = `${update(6)}
      ${rectangle(0, 0, 4, 5, Encoding.DesktopSize)}
      ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00000001 61
      ${rectangle(0, 0, 0, 0, Encoding.Cursor)}
      ${rectangle(0, 0, 1, 1, Encoding.QemuLedState)} 02
      ${rectangle(0, 0, 4, 5, Encoding.QemuPointerMotionChange)}
      ${rectangle(0, 0, 4, 5, Encoding.Raw)} ${pixels(20, 0)}
      02 03 000000 00000001 61`;
    const names = [
      'resize',
      'name',
      'cursor',
      'leds',
      'pointerMode',
      'damage',
      'bell',
      'clipboard',
    ] as const;
    for (const at of names) {
      const { send, client, stream } = scriptedServer();
      const seen: string[] = [];
      for (const name of names)
        client.events.on(name, () => {
          seen.push(name);
          if (name !== at) return;
          void client.close();
          stream.end();
        });
      client.events.on('closed', () => seen.push('closed'));
      send(everything);
      await client.closed;
      await client.close();
      assert.equal(seen.at(-1), 'closed', at);
      assert.equal(seen.at(-2), at, at);
      assert.equal(seen.filter((name) => name === 'closed').length, 1);
      assert.equal(client.events.listenerCount(), 0);
    }
  });

  it('waits half a second for the server to close, no longer', async () => {
    const { client } = scriptedServer();
    const started = performance.now();
    await client.close();
    assert.ok(performance.now() - started < 5_000);
  });

  it('delivers what was typed just before', async () => {
    const { nextOf, client, close } = scriptedServer();
    client.key({ down: true, keysym: 0xff0d });
    const closed = close();
    assert.equal((await nextOf('KeyEvent')).keysym, 0xff0d);
    await closed;
  });

  it('gives its events only after the caller had the chance to listen', async () => {
    const { stream, client } = scriptedServer();
    stream.destroy();
    await Promise.resolve();
    const reason = await client.events.once('closed');
    assert.ok(reason instanceof ClosedError);
    assert.equal(reason.phase, 'session');
  });

  it('does nothing, and does not throw, on input after the end', async () => {
    const { client, close } = scriptedServer();
    await close();
    client.key({ down: true, keysym: 0x61 });
    client.pointer(0, 0, 0);
    client.clipboard('x');
  });

  it('keeps the first reason', async () => {
    const { client } = scriptedServer();
    const reason = new ProtocolError('first');
    void client.close(reason);
    assert.equal(await client.close(), reason);
  });
});
