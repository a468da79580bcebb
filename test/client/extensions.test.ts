import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { provideText, providedText } from '../../src/codec/clipboard-text.ts';
import { ClosedError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import {
  writeExtendedCutText,
  type ClipboardWord,
} from '../../src/rfb/messages/extended-clipboard.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { toHex } from '../../src/wire/hex.ts';
import {
  oneScreen,
  pixels,
  rectangle,
  scriptedServer,
  update,
  type ScriptedServer,
} from './scripted-server.ts';

const fullRaw = `${update(1)} ${rectangle(0, 0, 4, 4, Encoding.Raw)} ${pixels(16, 0x123456)}`;
const fence = (flags: string, payload: string): string =>
  `f8 000000 ${flags} ${(payload.length / 2).toString(16).padStart(2, '0')} ${payload}`;

describe('fences, client', () => {
  it('answers each request with its payload and the flags that are known', async () => {
    const { send, nextOf, close } = scriptedServer();
    send(fence('f0000003', 'c0ffee'));
    const { flags, payload } = await nextOf('ClientFence');
    assert.equal(flags, 3);
    assert.equal(toHex(payload), 'c0ffee');
    await close();
  });

  it('measures the round trip once the server has sent one, and no earlier', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    assert.equal(client.roundTripMs, undefined);
    assert.equal(await client.sync(), undefined);
    send(fence('80000000', ''));
    await nextOf('ClientFence');
    const request = await nextOf('ClientFence');
    assert.equal(request.flags, 0x80000000);
    // An answer to something that was never asked is not counted.
    send(`${fence('00000000', 'ffffffff')} ${fence('00000000', '01')}`);
    const bell = client.events.once('bell');
    send('02');
    await bell;
    assert.equal(client.roundTripMs, undefined);
    send(`${fence('00000000', toHex(request.payload))} 02`);
    await client.events.once('bell');
    assert.ok((client.roundTripMs ?? -1) >= 0);
    await close();
  });

  it('sync resolves when the server has dealt with all that was sent before', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    send(fence('80000000', ''));
    await nextOf('ClientFence');
    const measurement = await nextOf('ClientFence');
    client.key({ down: true, keysym: 0x61 });
    const done = client.sync();
    await nextOf('KeyEvent');
    const request = await nextOf('ClientFence');
    assert.equal(request.flags, 0x80000001);
    assert.notEqual(toHex(request.payload), toHex(measurement.payload));
    send(fence('00000001', toHex(request.payload)));
    assert.ok(((await done) ?? -1) >= 0);
    await close();
  });

  it('sync rejects with the reason when the session closes', async () => {
    const { send, nextOf, client, close } = scriptedServer();
    send(fence('80000000', ''));
    await nextOf('ClientFence');
    const done = client.sync();
    const rejected = assert.rejects(done, ClosedError);
    await close();
    await rejected;
    await assert.rejects(client.sync(), ClosedError);
  });
});

describe('continuous updates, client', () => {
  it('are switched on when offered, and then nothing is asked for any more', async () => {
    const { send, next, nextOf, client, close } = scriptedServer();
    await nextOf('FramebufferUpdateRequest');
    send('96');
    assert.deepEqual(await next(), {
      type: 'EnableContinuousUpdates',
      enable: true,
      x: 0,
      y: 0,
      width: 4,
      height: 4,
    });
    for (let i = 0; i < 3; i++) {
      const damage = client.events.once('damage');
      send(fullRaw);
      await damage;
    }
    client.key({ down: true, keysym: 0x61 });
    assert.equal((await next()).type, 'KeyEvent');
    await close();
  });

  it('go on with the new size after a resize, whose picture is asked for whole', async () => {
    const { send, nextOf, next, close } = scriptedServer();
    await nextOf('FramebufferUpdateRequest');
    send('96');
    await next();
    send(`${update(1)} ${rectangle(0, 0, 6, 5, Encoding.ExtendedDesktopSize)} ${oneScreen(6, 5)}`);
    const area = { x: 0, y: 0, width: 6, height: 5 };
    assert.deepEqual(await next(), {
      type: 'FramebufferUpdateRequest',
      incremental: false,
      ...area,
    });
    assert.deepEqual(await next(), { type: 'EnableContinuousUpdates', enable: true, ...area });
    await close();
  });

  it('that the server ends are replaced by requests, for good', async () => {
    const { send, nextOf, next, client, close } = scriptedServer();
    await nextOf('FramebufferUpdateRequest');
    send('96');
    await next();
    send('96');
    const asked = await next();
    assert.ok(asked.type === 'FramebufferUpdateRequest' && asked.incremental);
    send(`96 96 ${fullRaw}`);
    assert.equal((await next()).type, 'FramebufferUpdateRequest');
    client.key({ down: true, keysym: 0x61 });
    assert.equal((await next()).type, 'KeyEvent');
    await close();
  });

  it('are left alone where updates are not automatic, or they are not wanted', async () => {
    for (const options of [{ autoUpdate: false }, { continuousUpdates: false }]) {
      const { send, nextOf, next, client, close } = scriptedServer(options);
      await nextOf('SetEncodings');
      if (!('autoUpdate' in options)) await next();
      send('96 02');
      await client.events.once('bell');
      client.key({ down: true, keysym: 0x61 });
      assert.equal((await next()).type, 'KeyEvent');
      await close();
    }
  });
});

const caps = (size: string, actions = '1f'): string =>
  `03 000000 fffffff8 ${actions}000001 ${size}`;
const word = (said: ClipboardWord): Uint8Array => {
  const w = new ByteWriter();
  writeExtendedCutText(w, { type: 'ExtendedServerCutText', word: said });
  return w.take();
};

/** Past the caps of both ends. */
async function withClipboard(size: string, actions?: string): Promise<ScriptedServer> {
  const server = scriptedServer();
  server.send(caps(size, actions));
  const { word: own } = await server.nextOf('ExtendedClientCutText');
  assert.deepEqual(own, { action: 'caps', formats: 1, actions: 0x1e000000, sizes: [1048576] });
  return server;
}

describe('extended clipboard, client', () => {
  it('is Latin-1 until the server says its caps', async () => {
    const { client, nextOf, close } = scriptedServer();
    assert.equal(client.unicodeClipboard, false);
    client.clipboard('€\r\n');
    assert.equal((await nextOf('ClientCutText')).text, '?\n');
    await close();
  });

  it('asks for what the server announces, and tells it as it is', async () => {
    const { client, send, nextOf, close } = await withClipboard('00100000');
    assert.equal(client.unicodeClipboard, true);
    send(word({ action: 'notify', formats: 1 }));
    assert.deepEqual((await nextOf('ExtendedClientCutText')).word, {
      action: 'request',
      formats: 1,
    });
    const text = client.events.once('clipboard');
    send(word(provideText('日本\r\n')));
    assert.equal(await text, '日本\n');
    await close();
  });

  it('provides what the server takes unasked', async () => {
    const { client, nextOf, close } = await withClipboard('00000008');
    client.clipboard('né\n€'); // 6e c3a9 0d0a e282ac 00: 9 bytes
    assert.equal((await nextOf('ExtendedClientCutText')).word.action, 'notify');
    client.clipboard('é\n€'); // 8
    const { word: provided } = await nextOf('ExtendedClientCutText');
    assert.ok(provided.action === 'provide');
    assert.equal(providedText(provided, defaultLimits), 'é\n€');
    await close();
  });

  it('announces what is longer, and provides it each time the server asks', async () => {
    const { client, send, nextOf, close } = await withClipboard('00000000');
    send(word({ action: 'request', formats: 1 })); // there is nothing yet
    send(word({ action: 'peek', formats: 0 }));
    assert.deepEqual((await nextOf('ExtendedClientCutText')).word, {
      action: 'notify',
      formats: 0,
    });
    client.clipboard('text');
    assert.deepEqual((await nextOf('ExtendedClientCutText')).word, {
      action: 'notify',
      formats: 1,
    });
    for (let i = 0; i < 2; i++) {
      send(word({ action: 'request', formats: 1 }));
      const { word: provided } = await nextOf('ExtendedClientCutText');
      assert.ok(provided.action === 'provide');
      assert.equal(providedText(provided, defaultLimits), 'text');
    }
    await close();
  });

  it('is bounded by maxClipboardBytes, as UTF-8', async () => {
    const { client, close } = await withClipboard('00100000');
    assert.throws(() => client.clipboard('€'.repeat(400_000)), RangeError);
    await close();
  });

  it('ends the session on data that is not zlib', async () => {
    const { client, send } = await withClipboard('00100000');
    send('03 000000 fffffff8 10000001 ffffffff');
    assert.ok((await client.closed) instanceof ProtocolError);
  });
});

describe('extended mouse buttons, client', () => {
  it('send back and forward once they were acknowledged, and back alone before', async () => {
    const before = scriptedServer();
    before.client.pointer(0x180, 1, 1);
    assert.equal((await before.nextOf('PointerEvent')).buttonMask, 0x80);
    await before.close();

    const { client, send, nextOf, close } = scriptedServer({ moreButtons: true });
    send(`${update(1)} ${rectangle(0, 0, 0, 0, Encoding.ExtendedMouseButtons)} 02`);
    await client.events.once('bell');
    for (const mask of [0x100, 0x181, 0x01]) {
      client.pointer(mask, 1, 1);
      assert.equal((await nextOf('PointerEvent')).buttonMask, mask);
    }
    await close();
  });
});

describe('xvp, client', () => {
  it('asks only a server that offered it, and tells whether it failed', async () => {
    const { client, send, nextOf, close } = scriptedServer();
    assert.equal(client.powerable, false);
    assert.equal(await client.power('reset'), false);
    send('fa 00 01 01 02');
    await client.events.once('bell');
    assert.equal(client.powerable, true);
    const refused = client.power('reboot');
    assert.equal((await nextOf('ClientXvp')).code, 3);
    send('fa 00 01 00');
    assert.equal(await refused, false);
    const done = client.power('shutdown');
    assert.equal((await nextOf('ClientXvp')).code, 2);
    assert.equal(await done, true);
    await close();
  });
});

describe('updates()', () => {
  it('gives the damage of each update, and ends when this side closes', async () => {
    const { client, send, close } = scriptedServer();
    const seen: unknown[] = [];
    let times = 0;
    const loop = (async () => {
      for await (const damage of client.updates()) {
        seen.push(damage);
        times += 1;
        if (times === 2) void close();
        else send(`${update(1)} ${rectangle(1, 1, 1, 1, Encoding.Raw)} ${pixels(1, 0xff)}`);
      }
    })();
    send(fullRaw);
    await loop;
    assert.deepEqual(seen, [
      [{ x: 0, y: 0, width: 4, height: 4 }],
      [{ x: 1, y: 1, width: 1, height: 1 }],
    ]);
  });

  it('merges what comes while the loop is busy', async () => {
    const { client, send, close } = scriptedServer({ init: { width: 200, height: 200 } });
    const updates = client.updates();
    const first = updates.next();
    send(`${update(1)} ${rectangle(0, 0, 1, 1, Encoding.Raw)} ${pixels(1, 0xff)}`);
    await first;
    for (let i = 0; i < 1000; i++)
      send(
        `${update(1)} ${rectangle((i * 7) % 200, (i * 13) % 200, 1, 1, Encoding.Raw)} ${pixels(1, 0xff)}`,
      );
    send('02');
    await client.events.once('bell');
    const { value } = await updates.next();
    assert.ok(value !== undefined && value.length <= 64);
    await close();
    assert.deepEqual(await updates.next(), { done: true, value: undefined });
  });

  it('forgets what it knew of a picture of another size', async () => {
    const { client, send, close } = scriptedServer();
    const updates = client.updates();
    const first = updates.next();
    send(`${update(1)} ${rectangle(0, 0, 1, 1, Encoding.Raw)} ${pixels(1, 0xff)}`);
    await first;
    send(`${fullRaw} ${update(2)} ${rectangle(0, 0, 2, 2, Encoding.DesktopSize)}
      ${rectangle(1, 1, 1, 1, Encoding.Raw)} ${pixels(1, 0xff)} 02`);
    await client.events.once('bell');
    assert.deepEqual((await updates.next()).value, [{ x: 1, y: 1, width: 1, height: 1 }]);
    await close();
  });

  it('throws the reason when the session ends otherwise, and leaves no listener behind', async () => {
    const { client, stream } = scriptedServer();
    const updates = client.updates();
    const next = assert.rejects(updates.next(), ClosedError);
    assert.ok(client.events.listenerCount() > 0);
    stream.end();
    await next;
    assert.equal(client.events.listenerCount(), 0);
    await assert.rejects(client.updates().next(), ClosedError);
  });

  it('leaves no listener behind when the loop is left', async () => {
    const { client, send, close } = scriptedServer();
    send(fullRaw);
    for await (const _ of client.updates()) break;
    assert.equal(client.events.listenerCount(), 0);
    await close();
  });
});
