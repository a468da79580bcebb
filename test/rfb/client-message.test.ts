import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { receiveClientMessage, type ClientMessage } from '../../src/rfb/client-message.ts';
import { writeEnableContinuousUpdates } from '../../src/rfb/messages/continuous-updates.ts';
import { writeCutText } from '../../src/rfb/messages/cut-text.ts';
import { writeExtendedCutText } from '../../src/rfb/messages/extended-clipboard.ts';
import { writeFence } from '../../src/rfb/messages/fence.ts';
import { writeFramebufferUpdateRequest } from '../../src/rfb/messages/framebuffer-update-request.ts';
import { writeExtendedKeyEvent, writeKeyEvent } from '../../src/rfb/messages/key-event.ts';
import { relativeZero, writePointerEvent } from '../../src/rfb/messages/pointer-event.ts';
import { writeSetDesktopSize } from '../../src/rfb/messages/set-desktop-size.ts';
import { writeSetEncodings } from '../../src/rfb/messages/set-encodings.ts';
import { writeSetPixelFormat } from '../../src/rfb/messages/set-pixel-format.ts';
import { writeXvp } from '../../src/rfb/messages/xvp.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { record } from '../property/record.ts';

function write(m: ClientMessage): Uint8Array {
  const w = new ByteWriter(1);
  switch (m.type) {
    case 'SetPixelFormat':
      writeSetPixelFormat(w, m);
      break;
    case 'SetEncodings':
      writeSetEncodings(w, m);
      break;
    case 'FramebufferUpdateRequest':
      writeFramebufferUpdateRequest(w, m);
      break;
    case 'KeyEvent':
      if (m.keycode === undefined) writeKeyEvent(w, m);
      else writeExtendedKeyEvent(w, m);
      break;
    case 'PointerEvent':
      writePointerEvent(w, m);
      break;
    case 'ClientCutText':
      writeCutText(w, m);
      break;
    case 'SetDesktopSize':
      writeSetDesktopSize(w, m);
      break;
    case 'ExtendedClientCutText':
      writeExtendedCutText(w, m);
      break;
    case 'EnableContinuousUpdates':
      writeEnableContinuousUpdates(w, m);
      break;
    case 'ClientFence':
      writeFence(w, m);
      break;
    case 'ClientXvp':
      writeXvp(w, m);
      break;
  }
  return w.take();
}

const forms = { extendedMouseButtons: false, extendedClipboard: true };

async function receiveAll(bytes: Uint8Array, count: number): Promise<ClientMessage[]> {
  const [near, far] = memoryPair({ chunkBytes: 1 });
  far.write(bytes.slice());
  far.end();
  const reader = new ByteReader(near);
  const messages: ClientMessage[] = [];
  for (let i = 0; i < count; i++)
    messages.push(await receiveClientMessage(reader, defaultLimits, forms));
  assert.equal(reader.consumed, bytes.length, 'bytes left over');
  return messages;
}

const receive = async (hex: string): Promise<ClientMessage> => {
  const [message] = await receiveAll(fromHex(hex), 1);
  return message!;
};

const vectors: readonly (readonly [ClientMessage, string])[] = [
  [
    { type: 'SetPixelFormat', format: nativeFormat },
    `
      00                         # SetPixelFormat
      00 00 00                   # padding
      20 18 00 01                # 32 bits, depth 24, little-endian, true colour
      00 ff 00 ff 00 ff          # maxima
      10 08 00                   # shifts
      00 00 00                   # padding
    `,
  ],
  [
    { type: 'SetEncodings', encodings: [7, -223, 0] },
    `
      02            # SetEncodings
      00            # padding
      00 03         # count
      00 00 00 07   # Tight
      ff ff ff 21   # DesktopSize
      00 00 00 00   # Raw
    `,
  ],
  [
    { type: 'SetEncodings', encodings: [] },
    `
      02 00   # SetEncodings, padding
      00 00   # none: Raw only
    `,
  ],
  [
    {
      type: 'FramebufferUpdateRequest',
      incremental: true,
      x: 1,
      y: 2,
      width: 640,
      height: 480,
    },
    `
      03                        # FramebufferUpdateRequest
      01                        # incremental
      00 01 00 02 02 80 01 e0   # 640x480 at 1,2
    `,
  ],
  [
    { type: 'KeyEvent', down: true, keysym: 0xff0d },
    `
      04            # KeyEvent
      01            # down
      00 00         # padding
      00 00 ff 0d   # Return
    `,
  ],
  [
    { type: 'KeyEvent', down: false, keysym: 0x1000041, keycode: 0x1e },
    `
      ff            # QEMU client message
      00            # extended key event
      00 00         # up
      01 00 00 41   # keysym
      00 00 00 1e   # XT scan code
    `,
  ],
  [
    { type: 'PointerEvent', buttonMask: 5, x: 258, y: relativeZero },
    `
      05      # PointerEvent
      05      # left and right button
      01 02   # x
      7f ff   # y
    `,
  ],
  [
    { type: 'ClientCutText', text: 'né\n' },
    `
      06            # ClientCutText
      00 00 00      # padding
      00 00 00 03   # length
      6e e9 0a      # Latin-1
    `,
  ],
  [
    {
      type: 'SetDesktopSize',
      width: 800,
      height: 600,
      screens: [{ id: 7, x: 1, y: 2, width: 3, height: 4, flags: 0x80000000 }],
    },
    `
      fb                        # SetDesktopSize
      00                        # padding
      03 20 02 58               # 800x600
      01                        # one screen
      00                        # padding
      00 00 00 07               # id
      00 01 00 02 00 03 00 04   # 3x4 at 1,2
      80 00 00 00               # flags
    `,
  ],
  [
    {
      type: 'EnableContinuousUpdates',
      enable: true,
      x: 1,
      y: 2,
      width: 640,
      height: 480,
    },
    `
      96                        # EnableContinuousUpdates
      01                        # on
      00 01 00 02 02 80 01 e0   # 640x480 at 1,2
    `,
  ],
  [
    {
      type: 'ClientFence',
      flags: 0x80000003,
      payload: fromHex('c0ffee'),
    },
    `
      f8            # ClientFence
      00 00 00      # padding
      80 00 00 03   # request, BlockBefore and BlockAfter
      03            # length
      c0 ff ee      # payload
    `,
  ],
  [
    { type: 'ClientXvp', code: 4 },
    `
      fa      # xvp
      00      # padding
      01      # version
      04      # reset
    `,
  ],
  [
    {
      type: 'ExtendedClientCutText',
      word: { action: 'caps', formats: 0x5, actions: 0x1f000000 & ~0x01000000, sizes: [20, 0] },
    },
    `
      06            # ClientCutText
      00 00 00      # padding
      ff ff ff f4   # length -12: extended
      1f 00 00 05   # caps; takes all four actions; text and html
      00 00 00 14   # 20 bytes of text unasked
      00 00 00 00   # no html unasked
    `,
  ],
  [
    { type: 'ExtendedClientCutText', word: { action: 'notify', formats: 1 } },
    `
      06            # ClientCutText
      00 00 00      # padding
      ff ff ff fc   # length -4: extended
      08 00 00 01   # notify of text
    `,
  ],
  [
    { type: 'ExtendedClientCutText', word: { action: 'request', formats: 1 } },
    '06 000000 fffffffc 02000001',
  ],
  [
    { type: 'ExtendedClientCutText', word: { action: 'peek', formats: 0 } },
    '06 000000 fffffffc 04000000',
  ],
  [
    {
      type: 'ExtendedClientCutText',
      word: { action: 'provide', formats: 1, data: fromHex('789c') },
    },
    `
      06            # ClientCutText
      00 00 00      # padding
      ff ff ff fa   # length -6: extended
      10 00 00 01   # provide of text
      78 9c         # zlib stream
    `,
  ],
];

const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.nat(0xffffffff);
const place = { x: u16, y: u16, width: u16, height: u16 };

const anyMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  record({
    type: fc.constant('SetEncodings' as const),
    encodings: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  }),
  record({
    type: fc.constant('FramebufferUpdateRequest' as const),
    incremental: fc.boolean(),
    ...place,
  }),
  record({ type: fc.constant('KeyEvent' as const), down: fc.boolean(), keysym: u32 }),
  record({
    type: fc.constant('KeyEvent' as const),
    down: fc.boolean(),
    keysym: u32,
    keycode: u32,
  }),
  record({ type: fc.constant('PointerEvent' as const), buttonMask: u8, x: u16, y: u16 }),
  record({
    type: fc.constant('ClientCutText' as const),
    text: fc.array(u8, { maxLength: 50 }).map((codes) => String.fromCharCode(...codes)),
  }),
  record({
    type: fc.constant('SetDesktopSize' as const),
    width: u16,
    height: u16,
    screens: fc.array(record({ id: u32, ...place, flags: u32 }), { maxLength: 4 }),
  }),
  record({
    type: fc.constant('ClientFence' as const),
    flags: u32,
    payload: fc.uint8Array({ maxLength: 64 }),
  }),
  record({
    type: fc.constant('EnableContinuousUpdates' as const),
    enable: fc.boolean(),
    ...place,
  }),
  record({ type: fc.constant('ClientXvp' as const), code: u8 }),
  record({ type: fc.constant('SetPixelFormat' as const), format: fc.constant(nativeFormat) }),
);

describe('client messages', () => {
  for (const [message, hex] of vectors) {
    const bytes = fromHex(hex);
    const name = `${message.type} ${toHex(bytes.subarray(0, 12))}`;
    it(`reads and writes ${name}`, async () => {
      assert.equal(toHex(write(message)), toHex(bytes));
      assert.deepEqual(await receive(hex), message);
    });

    it(`waits for more at every strict prefix of ${name}`, async () => {
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(receiveAll(bytes.subarray(0, length), 1), ClosedError);
    });
  }

  it('read back as they were written, one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 5 }), async (messages) => {
        const bytes = Buffer.concat(messages.map(write));
        assert.deepEqual(await receiveAll(new Uint8Array(bytes), messages.length), messages);
      }),
      { numRuns: 60 },
    );
  });

  it('ignore padding', async () => {
    assert.deepEqual(await receive('04 01 ff ff 0000ff0d'), vectors[4]![0]);
    assert.deepEqual(await receive('06 ffffff 00000003 6ee90a'), vectors[7]![0]);
    assert.deepEqual(await receive('02 ff 0000'), vectors[2]![0]);
  });

  it('take any flag but 0 for true', async () => {
    assert.deepEqual(await receive('04 80 0000 0000ff0d'), vectors[4]![0]);
    assert.deepEqual(await receive('03 ff 0001 0002 0280 01e0'), vectors[3]![0]);
  });

  it('of every type that is not known are refused, for their length is not known either', async () => {
    const known = [0, 2, 3, 4, 5, 6, 150, 248, 250, 251, 255];
    for (let type = 0; type < 256; type++) {
      if (known.includes(type)) continue;
      await assert.rejects(
        receiveAll(Uint8Array.of(type), 1),
        (error) =>
          error instanceof ProtocolError && error.field === 'messageType' && error.got === type,
      );
    }
  });

  it('of QEMU other than the extended key event are refused', async () => {
    for (const submessage of [1, 2, 255])
      await assert.rejects(
        receiveAll(Uint8Array.of(255, submessage), 1),
        (error) => error instanceof ProtocolError && error.got === submessage,
      );
  });

  it('SetEncodings: more than maxEncodings is refused before it is waited for', async () => {
    await assert.rejects(receive('02 00 0401'), LimitError);
    await assert.rejects(receive('02 00 ffff'), LimitError);
    await assert.rejects(receive('02 00 0400'), ClosedError);
  });

  it('ClientCutText: more than maxClipboardBytes is refused before it is waited for', async () => {
    await assert.rejects(receive('06 000000 00100001'), LimitError);
    await assert.rejects(receive('06 000000 7fffffff'), LimitError);
    await assert.rejects(receive('06 000000 00100000'), ClosedError);
  });

  it('ClientCutText: a negative length is refused where the extended clipboard was not negotiated', async () => {
    for (const length of ['ffffffff', '80000000', 'fffffffc']) {
      const [near, far] = memoryPair();
      far.write(fromHex(`06 000000 ${length}`));
      await assert.rejects(
        receiveClientMessage(new ByteReader(near), defaultLimits),
        (error) => error instanceof ProtocolError && error.field === 'CutText.length',
      );
    }
  });

  it('ClientCutText: a negative length that does not hold the flags is refused', async () => {
    for (const length of ['ffffffff', 'fffffffd'])
      await assert.rejects(
        receive(`06 000000 ${length} 000000`),
        (error) => error instanceof ProtocolError && error.field === 'CutText.length',
      );
  });

  it('ClientCutText: a negative length beyond maxClipboardBytes is refused before it is waited for', async () => {
    await assert.rejects(receive('06 000000 80000000'), LimitError);
    await assert.rejects(receive('06 000000 ffeffffb'), LimitError);
    await assert.rejects(receive('06 000000 ffeffffc'), ClosedError);
  });

  it('ClientCutText: extended, none or several actions at once are refused, and caps that lack a size', async () => {
    for (const flags of ['00000001', '06000001', '20000001', '80000001'])
      await assert.rejects(
        receive(`06 000000 fffffffc ${flags}`),
        (error) => error instanceof ProtocolError && error.field === 'CutText.flags',
      );
    await assert.rejects(receive('06 000000 fffffff8 01000003 00000000'), ProtocolError);
  });

  it('ClientFence: a payload of more than 64 bytes is refused before it is waited for', async () => {
    for (const length of ['41', 'ff'])
      await assert.rejects(
        receive(`f8 000000 80000000 ${length}`),
        (error) => error instanceof ProtocolError && error.field === 'Fence.length',
      );
    await assert.rejects(receive('f8 000000 80000000 40'), ClosedError);
  });

  it('ClientXvp: another version than 1 is refused', async () => {
    await assert.rejects(
      receive('fa 00 02 02'),
      (error) => error instanceof ProtocolError && error.field === 'xvp.version',
    );
  });

  it('PointerEvent: bit 7 is an eighth button, until extended mouse buttons were announced', async () => {
    const hex = '05 81 0001 0002 03'; // left, bit 7; 1,2; back and forward
    const read = async (extendedMouseButtons: boolean): Promise<[ClientMessage, number]> => {
      const [near, far] = memoryPair({ chunkBytes: 1 });
      far.write(fromHex(hex));
      far.end();
      const reader = new ByteReader(near);
      return [
        await receiveClientMessage(reader, defaultLimits, { ...forms, extendedMouseButtons }),
        reader.consumed,
      ];
    };
    const at = { type: 'PointerEvent', x: 1, y: 2 };
    assert.deepEqual(await read(false), [{ ...at, buttonMask: 0x81 }, 6]);
    assert.deepEqual(await read(true), [{ ...at, buttonMask: 0x181 }, 7]);
  });

  it('PointerEvent: only buttons beyond the seventh take a seventh byte', () => {
    const written = (buttonMask: number, extended: boolean): string => {
      const w = new ByteWriter();
      writePointerEvent(w, { type: 'PointerEvent', buttonMask, x: 1, y: 2 }, extended);
      return toHex(w.take());
    };
    assert.equal(written(0x181, false), '058100010002');
    assert.equal(written(0x101, true), '05810001000202');
    assert.equal(written(0x081, true), '05810001000201');
    assert.equal(written(0x041, true), '054100010002');
  });

  it('ClientCutText: what Latin-1 does not have is written as ?', () => {
    assert.equal(toHex(write({ type: 'ClientCutText', text: '€a' })), '06000000000000023f61');
  });

  it('SetDesktopSize: reads every layout to its end, so that the stream stays in step', async () => {
    const bytes = fromHex(`fb 00 0000 0000 ff 00 ${'00'.repeat(16 * 255)} 05 00 0001 0002`);
    const [first, second] = await receiveAll(bytes, 2);
    assert.ok(first?.type === 'SetDesktopSize' && first.screens.length === 255);
    assert.deepEqual(second, { type: 'PointerEvent', buttonMask: 0, x: 1, y: 2 });
    assert.deepEqual(await receive('fb 00 0001 0001 00 00'), {
      type: 'SetDesktopSize',
      width: 1,
      height: 1,
      screens: [],
    });
  });

  it('throw only the peer’s errors on random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
        await assert.rejects(
          receiveAll(bytes, 1000),
          (error) => error instanceof ProtocolError || error instanceof ClosedError,
        );
      }),
    );
  });
});
