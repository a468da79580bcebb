import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { codecs } from '../../src/codec/registry.ts';
import { ClosedError, LimitError, ProtocolError, VncError } from '../../src/core/errors.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { resolveSettings } from '../../src/client/session-settings.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { oneScreen, pixels, rectangle, scriptedServer, update } from './scripted-server.ts';

/** Sends the bytes, leaves the connection open, and returns why the client closed it. */
async function reasonFor(bytes: string): Promise<VncError> {
  const { send, client } = scriptedServer();
  send(bytes);
  return client.closed;
}

/** Those that a client asks for by itself. */
const asked = codecs.filter(({ encoding }) => resolveSettings({}).pixelEncodings.has(encoding));

describe('client against a hostile server', () => {
  // CVE-2017-5581 (TigerVNC), CVE-2016-9941 (libvncclient)
  it('refuses a rectangle outside the framebuffer, in every encoding, before it is decoded', async () => {
    const outside = [
      [4, 0, 1, 1],
      [0, 4, 1, 1],
      [0, 0, 5, 1],
      [0, 0, 1, 5],
      [3, 3, 2, 1],
      // Equal area, but wider (GStreamer's librfb checked areas).
      [0, 0, 16, 1],
      [0, 0, 65535, 65535],
      [65535, 65535, 65535, 65535],
    ] as const;
    for (const { encoding } of asked) {
      for (const [x, y, width, height] of outside) {
        const reason = await reasonFor(`${update(1)} ${rectangle(x, y, width, height, encoding)}`);
        assert.ok(reason instanceof ProtocolError);
        assert.equal(reason.field, 'FramebufferUpdate.rectangle');
      }
    }
  });

  it('makes one framebuffer of an update with thousands of sizes: that of the last', async () => {
    const made = mock.method(Framebuffer.prototype, 'resized');
    const { send, client, close } = scriptedServer();
    try {
      const resized = client.events.once('resize');
      const sizes = Array.from({ length: 20_000 }, (_, i) =>
        rectangle(0, 0, 2000, 1000 + (i % 2), Encoding.DesktopSize),
      );
      send(`${update(sizes.length)} ${sizes.join(' ')}`);
      await resized;
      assert.deepEqual([client.framebuffer.width, client.framebuffer.height], [2000, 1001]);
      assert.equal(made.mock.callCount(), 1);
    } finally {
      made.mock.restore();
      await close();
    }
  });

  // RealVNC 2008-4770
  it('refuses encodings and messages that it does not know', async () => {
    for (const encoding of [3, 8, 21, 51, -1, 0x7fffffff, -0x80000000]) {
      const reason = await reasonFor(`${update(1)} ${rectangle(0, 0, 1, 1, encoding)}`);
      assert.ok(reason instanceof ProtocolError);
      assert.equal(reason.got, encoding);
    }
    for (let type = 4; type < 256; type++) {
      if ([150, 248, 250].includes(type)) continue;
      const reason = await reasonFor(type.toString(16).padStart(2, '0'));
      assert.ok(reason instanceof ProtocolError);
    }
  });

  it('refuses an encoding that it can decode but did not ask for', async () => {
    const { send, client } = scriptedServer({ encodings: [Encoding.Raw] });
    send(`${update(1)} ${rectangle(0, 0, 1, 1, Encoding.CopyRect)} 0000 0000`);
    assert.ok((await client.closed) instanceof ProtocolError);
  });

  // CVE-2014-8240
  it('refuses sizes that nobody has', async () => {
    for (const encoding of [Encoding.DesktopSize, Encoding.ExtendedDesktopSize]) {
      for (const [width, height] of [
        [65535, 65535],
        [0, 0],
        [0, 5],
        [5, 0],
        [16385, 1],
        [16384, 16384],
      ] as const) {
        const reason = await reasonFor(
          `${update(1)} ${rectangle(0, 0, width, height, encoding)} ${oneScreen(1, 1)}`,
        );
        assert.ok(reason instanceof ProtocolError);
        assert.equal(reason.field, 'framebufferSize');
      }
    }
  });

  it('refuses lengths and counts above the limits without waiting for the bytes', async () => {
    const cases = [
      ['maxNameBytes', `${update(1)} ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} ffffffff`],
      ['maxNameBytes', `${update(1)} ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00001001`],
      ['maxClipboardBytes', '03 000000 7fffffff'],
      ['maxClipboardBytes', '03 000000 00100001'],
      [
        'maxScreens',
        `${update(1)} ${rectangle(0, 0, 4, 4, Encoding.ExtendedDesktopSize)} ff000000`,
      ],
      ['maxCursorSide', `${update(1)} ${rectangle(0, 0, 65535, 1, Encoding.Cursor)}`],
      ['maxCursorSide', `${update(1)} ${rectangle(0, 0, 1, 65535, Encoding.XCursor)}`],
      [
        'maxCursorSide',
        `${update(1)} ${rectangle(0, 0, 513, 513, Encoding.CursorWithAlpha)} 00000000`,
      ],
    ] as const;
    for (const [limit, bytes] of cases) {
      const reason = await reasonFor(bytes);
      assert.ok(reason instanceof LimitError, `${limit}: ${reason.message}`);
      assert.equal(reason.limit, limit);
    }
  });

  it('refuses extended clipboard messages without flags, above the limit, or with actions that are not one', async () => {
    for (const bytes of [
      '80000000',
      'ffffffff',
      'ffeffff0',
      'fffffffc 00000001',
      'fffffffc 06000001',
    ])
      assert.ok((await reasonFor(`03 000000 ${bytes}`)) instanceof ProtocolError);
  });

  it('refuses colour map entries past the map', async () => {
    assert.ok((await reasonFor('01 00 ffff ffff')) instanceof ProtocolError);
  });

  it('merges the damage of thousands of scattered rectangles in no time', async () => {
    const { send, client, close } = scriptedServer({ init: { width: 1920, height: 1080 } });
    const damage = client.events.once('damage');
    const count = 5000;
    let rectangles = '';
    for (let i = 0; i < count; i++)
      rectangles += `${rectangle((i * 7919) % 1880, (i * 104729) % 1050, 40, 30, Encoding.CopyRect)} 0000 0000`;
    send(`${update(count)} ${rectangles}`);
    assert.ok((await damage).length <= 64);
    await close();
  });

  it('survives an update of 65535 rectangles of nothing', async () => {
    const { send, client, close } = scriptedServer();
    const bell = client.events.once('bell');
    const empty = fromHex(rectangle(0, 0, 0, 0, Encoding.Raw));
    const flood = new Uint8Array(4 + 65535 * empty.length);
    flood.set(fromHex(update(65535)));
    for (let i = 0; i < 65535; i++) flood.set(empty, 4 + i * empty.length);
    send(flood);
    send('02');
    await bell;
    await close();
  });
});

describe('client against an unlucky network', () => {
  const session = fromHex(`
    ${update(2)}
      ${rectangle(0, 0, 4, 4, Encoding.ExtendedDesktopSize)} ${oneScreen(4, 4)}
      ${rectangle(0, 0, 4, 4, Encoding.QemuExtendedKeyEvent)}
    ${update(3)}
      ${rectangle(0, 0, 4, 2, Encoding.Raw)} ${pixels(8, 0xaabbcc)}
      ${rectangle(0, 2, 4, 2, Encoding.CopyRect)} 0000 0000
      ${rectangle(0, 0, 0, 0, Encoding.LastRect)}
    02
    03 000000 00000002 6869
    ${update(4)}
      ${rectangle(0, 0, 5, 3, Encoding.DesktopSize)}
      ${rectangle(0, 0, 0, 0, Encoding.DesktopName)} 00000002 6f6b
      ${rectangle(0, 0, 1, 1, Encoding.Cursor)} 11223300 80
      ${rectangle(0, 0, 1, 1, Encoding.QemuLedState)} 01
    01 00 0000 0001 ffff ffff ffff
    ${update(1)}
      ${rectangle(0, 0, 5, 3, Encoding.Raw)} ${pixels(15, 0x010203)}`);

  it('understands a session that comes one byte at a time', async () => {
    const { send, client, close } = scriptedServer({ chunkBytes: 1 });
    const seen: string[] = [];
    for (const name of ['resize', 'name', 'cursor', 'leds', 'bell', 'clipboard', 'damage'] as const)
      client.events.on(name, () => seen.push(name));
    const resized = client.events.once('resize');
    send(session);
    await resized;
    await client.events.once('damage');
    assert.deepEqual(seen, [
      'damage',
      'bell',
      'clipboard',
      'resize',
      'name',
      'cursor',
      'leds',
      'damage',
    ]);
    assert.equal(client.framebuffer.pixels[0], 0xff010203);
    assert.deepEqual([client.name, client.leds, client.resizable], ['ok', 1, true]);
    await close();
  });

  it('closes once, with ClosedError, wherever the session is cut', async () => {
    const cuts = Array.from({ length: session.length + 1 }, (_, cut) => cut);
    await Promise.all(
      cuts.map(async (cut) => {
        const { stream, client } = scriptedServer();
        let closed = 0;
        client.events.on('closed', () => closed++);
        stream.write(session.slice(0, cut));
        stream.end();
        assert.ok((await client.closed) instanceof ClosedError, `cut at ${cut}`);
        await Promise.resolve();
        assert.equal(closed, 1);
      }),
    );
  });

  it('throws nothing but its own errors, whatever byte is wrong', async () => {
    await Promise.all(
      Array.from(session, async (_, at) => {
        for (const value of [0x00, 0x7f, 0x80, 0xff]) {
          const { stream, client } = scriptedServer();
          const broken = session.slice();
          broken[at] = value;
          stream.write(broken);
          stream.end();
          const reason = await client.closed;
          assert.ok(reason instanceof VncError);
          assert.ok(
            !/failed on what/.test(reason.message),
            `byte ${at} = ${value}: ${String(reason.cause)}`,
          );
        }
      }),
    );
  });
});
