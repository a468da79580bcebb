import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, ClosedError, ProtocolError } from '../../src/core/errors.ts';
import { createUpstreamDisplay, type UpstreamOptions } from '../../src/displays/upstream.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import type { Display } from '../../src/server/display.ts';
import {
  oneScreen,
  pixels,
  rectangle,
  scriptedServer,
  update,
  type ScriptedServer,
} from '../client/scripted-server.ts';

const raw = (width: number, height: number, colour: number): string =>
  `${update(1)} ${rectangle(0, 0, width, height, Encoding.Raw)} ${pixels(width * height, colour)}`;

/** A display on the first of `servers`; each new dial gets the next one. */
async function displayOn(
  servers: readonly ScriptedServer[],
  options: Partial<UpstreamOptions> = {},
): Promise<Display> {
  const left = [...servers];
  return createUpstreamDisplay({
    reconnect: { initialMs: 1, maxMs: 4 },
    connect: async () => {
      const server = left.shift();
      if (server === undefined) throw new ClosedError('nobody answers');
      return server.client;
    },
    ...options,
  });
}

describe('upstream display', () => {
  it('shows the upstream: picture, size, cursor, lights, pointer mode, name', async () => {
    const server = scriptedServer();
    const display = await displayOn([server]);
    const seen: string[] = [];
    for (const name of [
      'resize',
      'cursor',
      'leds',
      'pointerMode',
      'name',
      'bell',
      'damage',
    ] as const)
      display.events.on(name, () => seen.push(name));
    const clipboard = display.events.once('clipboard');
    server.send(`${update(6)}
      ${rectangle(0, 0, 5, 3, Encoding.DesktopSize)}
      ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00000002 6f6b
      ${rectangle(0, 0, 0, 0, Encoding.Cursor)}
      ${rectangle(0, 0, 1, 1, Encoding.QemuLedState)} 02
      ${rectangle(0, 0, 5, 3, Encoding.QemuPointerMotionChange)}
      ${rectangle(0, 0, 5, 3, Encoding.Raw)} ${pixels(15, 0x112233)}
      02 03 000000 00000001 78`);
    assert.equal(await clipboard, 'x');
    assert.deepEqual(seen.sort(), [
      'bell',
      'cursor',
      'damage',
      'leds',
      'name',
      'pointerMode',
      'resize',
    ]);
    assert.deepEqual([display.framebuffer.width, display.framebuffer.height], [5, 3]);
    assert.equal(display.framebuffer.pixels[0], 0xff112233);
    assert.deepEqual([display.name, display.leds, display.pointerMode], ['ok', 2, 'relative']);
    assert.equal(display.cursor?.width, 0);
    server.stream.end();
    await display.close();
  });

  it('has its own name when it was given one', async () => {
    const server = scriptedServer();
    const display = await displayOn([server], { name: 'mine' });
    assert.equal(display.name, 'mine');
    server.stream.end();
    await display.close();
  });

  it('passes keys, pointer and clipboard on, in order', async () => {
    const server = scriptedServer();
    const display = await displayOn([server]);
    display.key({ type: 'KeyEvent', down: true, keysym: 0x61 });
    display.pointer({ buttonMask: 1, x: 2, y: 3 });
    display.clipboard('text');
    assert.equal((await server.nextOf('KeyEvent')).keysym, 0x61);
    assert.deepEqual(await server.next(), { type: 'PointerEvent', buttonMask: 1, x: 2, y: 3 });
    assert.deepEqual(await server.next(), { type: 'ClientCutText', text: 'text' });
    server.stream.end();
    await display.close();
  });

  it('has QEMU, and nobody else, look again for what a key did', async () => {
    const server = scriptedServer();
    const display = await displayOn([server]);
    const press = (keysym: number): void => {
      for (const down of [true, false]) display.key({ type: 'KeyEvent', down, keysym });
    };
    press(0x61);
    server.send(`${update(1)} ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00000004 51454d55`);
    await display.events.once('name');
    press(0x62);
    const keys: string[] = [];
    while (keys.length < 5) {
      const { down, keysym } = await server.nextOf('KeyEvent');
      keys.push(`${down ? 'down' : 'up'} ${String.fromCharCode(keysym)}`);
    }
    assert.deepEqual(keys, ['down a', 'up a', 'down b', 'up b', 'up b']);
    server.stream.end();
    await display.close();
  });

  it('keeps a clipboard text that is too long to itself', async () => {
    const server = scriptedServer({ limits: { maxClipboardBytes: 4 } });
    const display = await displayOn([server]);
    display.clipboard('12345');
    display.clipboard('1234');
    assert.equal((await server.nextOf('ClientCutText')).text, '1234');
    server.stream.end();
    await display.close();
  });

  it("answers a wish for another size with the upstream's status", async () => {
    const server = scriptedServer();
    const display = await displayOn([server]);
    const screens = [{ id: 7, x: 0, y: 0, width: 8, height: 6, flags: 0 }];
    assert.equal(await display.resize?.(8, 6, screens), 1, 'prohibited until the upstream can');
    server.send(
      `${update(1)} ${rectangle(0, 0, 4, 4, Encoding.ExtendedDesktopSize)} ${oneScreen(4, 4)} 02`,
    );
    await display.events.once('bell');
    const status = display.resize?.(8, 6, screens);
    assert.deepEqual((await server.nextOf('SetDesktopSize')).screens, screens);
    server.send(
      `${update(1)} ${rectangle(1, 0, 8, 6, Encoding.ExtendedDesktopSize)} ${oneScreen(8, 6, 7)}`,
    );
    assert.equal(await status, 0);
    assert.deepEqual(display.screens, screens);
    assert.equal(await display.resize?.(8, 6, []), 3, 'invalid layout');
    const lost = display.resize?.(4, 4, [{ ...screens[0]!, width: 4, height: 4 }]);
    server.stream.end();
    assert.equal(await lost, 2, 'out of resources when the upstream goes');
    await display.close();
  });

  it('keeps the last picture while the upstream is away, and shows the next one whole', async () => {
    const first = scriptedServer();
    const second = scriptedServer({ init: { width: 6, height: 2, name: 'second' } });
    const display = await displayOn([first, second]);
    const damage = display.events.once('damage');
    first.send(raw(4, 4, 0x111111));
    await damage;
    first.stream.end();
    await first.client.closed;
    display.key({ type: 'KeyEvent', down: true, keysym: 0x61 });
    assert.equal(display.framebuffer.pixels[0], 0xff111111);
    await second.nextOf('FramebufferUpdateRequest');
    await second.nextOf('FramebufferUpdateRequest');
    assert.deepEqual([display.framebuffer.width, display.name], [4, 'scripted']);
    const resized = display.events.once('resize');
    second.send(raw(6, 2, 0x222222));
    await resized;
    assert.deepEqual([display.framebuffer.width, display.name], [6, 'second']);
    assert.equal(display.framebuffer.pixels[0], 0xff222222);
    second.stream.end();
    await display.close();
  });

  it('keeps trying while nobody answers', async () => {
    const first = scriptedServer();
    const last = scriptedServer();
    let dials = 0;
    const display = await displayOn([], {
      connect: async () => {
        dials++;
        if (dials === 1) return first.client;
        if (dials < 5) throw new ClosedError('connection refused');
        return last.client;
      },
    });
    first.stream.end();
    const resized = display.events.once('resize');
    await last.nextOf('FramebufferUpdateRequest');
    await last.nextOf('FramebufferUpdateRequest');
    last.send(raw(4, 4, 0x333333));
    await resized;
    assert.equal(dials, 5);
    last.stream.end();
    await display.close();
  });

  it('gives up on credentials that are refused now', async () => {
    const first = scriptedServer();
    let dials = 0;
    const display = await displayOn([], {
      connect: async () => {
        if (++dials === 1) return first.client;
        throw new AuthenticationError('wrong password');
      },
    });
    const closed = display.events.once('closed');
    first.stream.end();
    assert.ok((await closed) instanceof AuthenticationError);
    assert.equal(dials, 2);
  });

  it('without reconnect closes with the reason, in better words if there are some', async () => {
    const server = scriptedServer();
    const explained = new ClosedError('the guest ended');
    let released = 0;
    const display = await displayOn([server], {
      reconnect: false,
      explainLoss: async () => explained,
      release: async () => {
        released++;
      },
    });
    const closed = display.events.once('closed');
    server.send('ff');
    assert.equal(await closed, explained);
    assert.ok((await server.client.closed) instanceof ProtocolError);
    await display.close();
    assert.equal(released, 1);
  });

  it('rejects with the reason when the first connection fails', async () => {
    await assert.rejects(displayOn([]), /nobody answers/);
  });

  it('may be closed inside any event, and says closed once, last', async () => {
    const names = ['resize', 'name', 'damage'] as const;
    for (const at of names) {
      const server = scriptedServer();
      const display = await displayOn([server]);
      const seen: string[] = [];
      display.events.on('closed', () => seen.push('closed'));
      for (const name of names)
        display.events.on(name, () => {
          seen.push(name);
          if (name === at) void display.close();
        });
      const closed = display.events.once('closed');
      server.send(`${update(3)}
        ${rectangle(0, 0, 5, 3, Encoding.DesktopSize)}
        ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00000002 6f6b
        ${rectangle(0, 0, 5, 3, Encoding.Raw)} ${pixels(15, 0x112233)}`);
      server.stream.end();
      await closed;
      assert.deepEqual(seen.slice(-2), [at, 'closed']);
      assert.equal(display.events.listenerCount(), 0);
    }
  });

  it('lets a connection go that comes up after it was closed', async () => {
    const first = scriptedServer();
    const late = scriptedServer();
    let answer = (): void => undefined;
    let signal: AbortSignal | undefined;
    let dials = 0;
    const display = await displayOn([], {
      connect: (abort) => {
        if (++dials === 1) return Promise.resolve(first.client);
        signal = abort;
        return new Promise((resolve) => {
          answer = () => resolve(late.client);
          dialled();
        });
      },
    });
    let dialled = (): void => undefined;
    const dialling = new Promise<void>((resolve) => (dialled = resolve));
    first.stream.end();
    await dialling;
    await display.close();
    assert.equal(signal?.aborted, true);
    answer();
    late.stream.end();
    await late.client.closed;
  });
});
