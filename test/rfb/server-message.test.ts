import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { writeBell } from '../../src/rfb/messages/bell.ts';
import { writeEndOfContinuousUpdates } from '../../src/rfb/messages/continuous-updates.ts';
import { writeCutText } from '../../src/rfb/messages/cut-text.ts';
import { writeExtendedCutText } from '../../src/rfb/messages/extended-clipboard.ts';
import { fenceAnswer, isFenceRequest, writeFence } from '../../src/rfb/messages/fence.ts';
import { writeFramebufferUpdate } from '../../src/rfb/messages/framebuffer-update.ts';
import { writeSetColourMapEntries } from '../../src/rfb/messages/set-colour-map-entries.ts';
import { writeXvp } from '../../src/rfb/messages/xvp.ts';
import { receiveServerMessage, type ServerMessage } from '../../src/rfb/server-message.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { record } from '../property/record.ts';

function write(m: ServerMessage): Uint8Array {
  const w = new ByteWriter(1);
  switch (m.type) {
    case 'FramebufferUpdate':
      writeFramebufferUpdate(w, m);
      break;
    case 'SetColourMapEntries':
      writeSetColourMapEntries(w, m);
      break;
    case 'Bell':
      writeBell(w);
      break;
    case 'ServerCutText':
      writeCutText(w, m);
      break;
    case 'ExtendedServerCutText':
      writeExtendedCutText(w, m);
      break;
    case 'EndOfContinuousUpdates':
      writeEndOfContinuousUpdates(w);
      break;
    case 'ServerFence':
      writeFence(w, m);
      break;
    case 'ServerXvp':
      writeXvp(w, m);
      break;
  }
  return w.take();
}

async function receive(bytes: Uint8Array): Promise<ServerMessage> {
  const [near, far] = memoryPair({ chunkBytes: 1 });
  far.write(bytes.slice());
  far.end();
  const reader = new ByteReader(near);
  const message = await receiveServerMessage(reader, defaultLimits, { extendedClipboard: true });
  assert.equal(reader.consumed, bytes.length, 'bytes left over');
  return message;
}

const vectors: readonly (readonly [ServerMessage, string])[] = [
  [
    { type: 'FramebufferUpdate', rectangleCount: 65535 },
    `
      00      # FramebufferUpdate
      00      # padding
      ff ff   # rectangles: until LastRect
    `,
  ],
  [
    {
      type: 'SetColourMapEntries',
      first: 254,
      colours: [
        { red: 1, green: 2, blue: 3 },
        { red: 0xffff, green: 0, blue: 0x8000 },
      ],
    },
    `
      01                  # SetColourMapEntries
      00                  # padding
      00 fe               # first
      00 02               # count
      00 01 00 02 00 03   # red, green, blue
      ff ff 00 00 80 00   # red, green, blue
    `,
  ],
  [{ type: 'Bell' }, '02'],
  [
    { type: 'ServerCutText', text: 'hi' },
    `
      03            # ServerCutText
      00 00 00      # padding
      00 00 00 02   # length
      68 69         # Latin-1
    `,
  ],
  [{ type: 'EndOfContinuousUpdates' }, '96'],
  [
    { type: 'ServerFence', flags: 0x80000001, payload: fromHex('00000007') },
    `
      f8            # ServerFence
      00 00 00      # padding
      80 00 00 01   # request, BlockBefore
      04            # length
      00 00 00 07   # payload
    `,
  ],
  [
    { type: 'ServerFence', flags: 0, payload: new Uint8Array(0) },
    `
      f8            # ServerFence
      00 00 00      # padding
      00 00 00 00   # an answer
      00            # length
    `,
  ],
  [
    { type: 'ServerXvp', code: 1 },
    `
      fa      # xvp
      00      # padding
      01      # version
      01      # init
    `,
  ],
  [
    {
      type: 'ExtendedServerCutText',
      word: { action: 'caps', formats: 1, actions: 0x0a000000, sizes: [65536] },
    },
    `
      03            # ServerCutText
      00 00 00      # padding
      ff ff ff f8   # length -8: extended
      0b 00 00 01   # caps; takes request and notify; text
      00 01 00 00   # 64 KiB of text unasked
    `,
  ],
];

describe('server messages', () => {
  for (const [message, hex] of vectors) {
    const bytes = fromHex(hex);
    it(`reads and writes ${message.type}`, async () => {
      assert.equal(toHex(write(message)), toHex(bytes));
      assert.deepEqual(await receive(bytes), message);
    });

    it(`waits for more at every strict prefix of ${message.type}`, async () => {
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(receive(bytes.subarray(0, length)), ClosedError);
    });
  }

  it('read back as they were written', async () => {
    const u16 = fc.nat(65535);
    const any: fc.Arbitrary<ServerMessage> = fc.oneof(
      record({ type: fc.constant('FramebufferUpdate' as const), rectangleCount: u16 }),
      record({
        type: fc.constant('SetColourMapEntries' as const),
        first: fc.nat(65000),
        colours: fc.array(record({ red: u16, green: u16, blue: u16 }), { maxLength: 20 }),
      }),
      record({
        type: fc.constant('ServerCutText' as const),
        text: fc.array(fc.nat(255)).map((codes) => String.fromCharCode(...codes)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(any, async (message) => {
        assert.deepEqual(await receive(write(message)), message);
      }),
      { numRuns: 60 },
    );
  });

  it('of every type that is not known are refused', async () => {
    const known = [0, 1, 2, 3, 150, 248, 250];
    for (let type = 0; type < 256; type++) {
      if (known.includes(type)) continue;
      await assert.rejects(
        receive(Uint8Array.of(type)),
        (error) => error instanceof ProtocolError && error.got === type,
      );
    }
  });

  it('ServerFence: the answer has the same payload, and of its flags those that are known', () => {
    const payload = fromHex('07');
    const request = { type: 'ServerFence', flags: 0xf0000006, payload } as const;
    assert.equal(isFenceRequest(request), true);
    assert.deepEqual(fenceAnswer(request), { flags: 6, payload });
    assert.equal(isFenceRequest({ ...request, ...fenceAnswer(request) }), false);
  });

  it('SetColourMapEntries: entries past 65536 are refused before they are waited for', async () => {
    await assert.rejects(
      receive(fromHex('01 00 ffff 0002')),
      (error) => error instanceof ProtocolError && error.field === 'SetColourMapEntries.count',
    );
    await assert.rejects(receive(fromHex('01 00 ffff 0001')), ClosedError);
    assert.deepEqual(await receive(fromHex('01 00 ffff 0000')), {
      type: 'SetColourMapEntries',
      first: 65535,
      colours: [],
    });
  });

  it('ServerCutText: too long or negative a length is refused before it is waited for', async () => {
    await assert.rejects(receive(fromHex('03 000000 00100001')), LimitError);
    await assert.rejects(receive(fromHex('03 000000 ffffffff')), ProtocolError);
  });

  it('throw only the peer’s errors on random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        const [near, far] = memoryPair();
        far.write(bytes);
        far.end();
        const reader = new ByteReader(near);
        try {
          for (;;) await receiveServerMessage(reader, defaultLimits);
        } catch (error) {
          assert.ok(error instanceof ProtocolError || error instanceof ClosedError);
        }
      }),
    );
  });
});
