import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { tight } from '../../src/codec/tight/tight.ts';
import { hasTpixel } from '../../src/codec/wire-pixel.ts';
import type { Decoder, JpegDecoder } from '../../src/codec/codec.ts';
import { createDeflater } from '../../src/codec/zlib-stream.ts';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { createNaiveTight } from '../reference/naive-tight.ts';
import {
  assertHarmless,
  assertOnlyInside,
  canaryAround,
  describeCodec,
  formats,
  picture,
  receiveRectangle,
} from './codec-suite.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';

describeCodec(tight, {
  createNaive: createNaiveTight,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});

interface Decoding {
  readonly width: number;
  readonly height: number;
  readonly format?: PixelFormat;
  readonly decoder?: Decoder;
  readonly jpeg?: JpegDecoder;
  readonly maxRectBytes?: number;
}

/** The picture as rows of RRGGBB. */
async function decode(bytes: Uint8Array, how: Decoding): Promise<string[]> {
  const { width, height, format = nativeFormat, jpeg, maxRectBytes = 1_000_000 } = how;
  const decoder = how.decoder ?? tight.createDecoder(jpeg === undefined ? {} : { jpeg });
  const r = { x: 3, y: 2, width, height };
  const target = canaryAround(r);
  try {
    const limits = resolveLimits({ maxRectBytes });
    assert.equal(await receiveRectangle({ decoder, bytes, r, format, target, limits }), 0);
  } finally {
    assertOnlyInside(target, r);
  }
  const pixels = Array.from(target.get(r), (pixel) => pixel.toString(16).slice(2));
  return Array.from({ length: height }, (_, y) =>
    pixels.slice(y * width, (y + 1) * width).join(' '),
  );
}

const decodeHex = (hex: string, how: Decoding): Promise<string[]> => decode(fromHex(hex), how);

function compact(length: number): string {
  if (length < 128) return toHex(Uint8Array.of(length));
  if (length < 16384) return toHex(Uint8Array.of(128 | (length & 127), length >> 7));
  return toHex(Uint8Array.of(128 | (length & 127), 128 | ((length >> 7) & 127), length >> 14));
}

/** `head`, then data with its length, compressed on a stream of its own. */
function withData(head: string, data: Uint8Array): Uint8Array {
  const compressed = deflateSync(data);
  return Buffer.concat([fromHex(head), fromHex(compact(compressed.length)), compressed]);
}

function encode(
  values: readonly number[],
  width: number,
  format: PixelFormat = nativeFormat,
): Uint8Array {
  const sink = new ByteWriter();
  const height = values.length / width;
  tight.createEncoder!({}).encode(blockOf(width, height, Uint32Array.from(values)), format, sink);
  return sink.take();
}

describe('Tight decoder', () => {
  it('reads a fill', async () => {
    assert.deepEqual(await decodeHex('80 11 22 33', { width: 2, height: 2 }), [
      '112233 112233',
      '112233 112233',
    ]);
    assert.deepEqual(await decodeHex('80 38', { width: 1, height: 1, format: bgr233Format }), [
      '00ff00',
    ]);
  });

  it('reads a fill wider than other rectangles may be', async () => {
    const rows = await decodeHex('80 11 22 33', { width: 5000, height: 1 });
    assert.equal(rows[0]!.length, 5000 * 7 - 1);
  });

  it('reads less than 12 bytes as they are', async () => {
    assert.deepEqual(await decodeHex('00 11 22 33 44 55 66 77 88 99', { width: 3, height: 1 }), [
      '112233 445566 778899',
    ]);
  });

  it('reads 12 bytes and more compressed', async () => {
    const data = fromHex('111111 222222 333333 444444');
    assert.deepEqual(await decode(withData('00', data), { width: 2, height: 2 }), [
      '111111 222222',
      '333333 444444',
    ]);
  });

  it('reads two colours as bits, each row from a new byte', async () => {
    const hex = `
      50          # explicit filter, stream 1
      01          # palette
      01          # of two
      000000 ff0000
      80 80 01 00
    `;
    assert.deepEqual(await decodeHex(hex, { width: 9, height: 2 }), [
      `ff0000 ${'000000 '.repeat(7)}ff0000`,
      `${'000000 '.repeat(7)}ff0000 000000`,
    ]);
  });

  it('reads other palettes as bytes', async () => {
    assert.deepEqual(
      await decodeHex('60 01 02 000000 ff0000 00ff00  02 01 00', { width: 3, height: 1 }),
      ['00ff00 ff0000 000000'],
    );
    const most = `60 01 ff ${Array.from({ length: 256 }, (_, i) => `0000${toHex(Uint8Array.of(i))}`).join('')} 00 7f ff`;
    assert.deepEqual(await decodeHex(most, { width: 3, height: 1 }), ['000000 00007f 0000ff']);
  });

  it('reads gradients of three bytes', async () => {
    const hex = `
      40 02
      102030   # first: as it is
      010101   # left
      fefefe   # above
    `;
    assert.deepEqual(await decodeHex(hex, { width: 1, height: 3 }), ['102030', '112131', '0f1f2f']);
    const data = fromHex(`
      102030 f00000   # 10 + f0 = 00: differences wrap
      000005 010203   # 00 - 10 is below none: the estimate is 0; 20 + 20 - 20; 30 + 35 - 30
    `);
    assert.deepEqual(await decode(withData('40 02', data), { width: 2, height: 2 }), [
      '102030 002030',
      '102035 012238',
    ]);
  });

  it('reads gradients inside 16- and 32-bit pixels', async () => {
    // 5, 6 and 5 bits: 1f + 1 wraps to 0 inside red alone.
    assert.deepEqual(
      await decodeHex('40 02  00 f8  00 08', { width: 2, height: 1, format: formats.rgb565! }),
      ['ff0000 000000'],
    );
    const deep = formats['30 bits']!;
    assert.deepEqual(
      await decodeHex('40 02  ff 03 00 00  01 00 00 00', { width: 2, height: 1, format: deep }),
      ['0000ff 000000'],
    );
  });

  it('reads any gradient as the naive decoder does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(formats).filter((f) => f.bitsPerPixel > 8)),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        async (format, width, height, noise) => {
          const pixelBytes = format.depth === 24 ? 3 : format.bitsPerPixel / 8;
          const data = Uint8Array.from(noise.take(width * height * pixelBytes));
          const compressed = createDeflater(1).deflate(data).slice();
          const bytes =
            data.length < 12
              ? Buffer.concat([fromHex('4002'), data])
              : Buffer.concat([fromHex('4002'), fromHex(compact(compressed.length)), compressed]);
          const { toPixel } = createTranslator(format);
          const expected = createNaiveTight()(bytes, { width, height }, format).map(toPixel);
          const r = { x: 1, y: 1, width, height };
          const target = canaryAround(r);
          await receiveRectangle({ decoder: tight.createDecoder({}), bytes, r, format, target });
          assert.deepEqual(target.get(r), expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes red, green, blue where pixels are 32 bits of depth 24, whatever their order', async () => {
    for (const [name, format] of Object.entries(formats)) {
      if (format.depth !== 24) continue;
      assert.deepEqual(
        await decodeHex('80 11 22 33', { width: 1, height: 1, format }),
        ['112233'],
        name,
      );
    }
  });

  it('takes whole pixels in other formats', async () => {
    const deep = { ...nativeFormat, depth: 32 };
    const one = { width: 1, height: 1 };
    assert.deepEqual(await decodeHex('80 33 22 11 00', { ...one, format: deep }), ['112233']);
    assert.deepEqual(
      await decodeHex('80 00 11 22 33', { ...one, format: { ...deep, bigEndian: true } }),
      ['112233'],
    );
    assert.deepEqual(await decodeHex('80 00 f8', { ...one, format: formats.rgb565! }), ['ff0000']);
  });

  it('keeps its four streams apart, through changes of the pixel format', async () => {
    const decoder = tight.createDecoder({});
    const deflaters = [0, 1, 2, 3].map(() => createDeflater(6));
    const data = fromHex('1111 2222 3333 4444 5555 6666 7777 8888');
    let shorter = 0;
    for (const format of [formats.rgb565!, formats['rgb565, big-endian']!]) {
      for (const [stream, deflater] of deflaters.entries()) {
        const compressed = deflater.deflate(data).slice();
        if (format.bigEndian) shorter += compressed.length < 16 ? 1 : 0;
        const bytes = Buffer.concat([Uint8Array.of(stream << 4, compressed.length), compressed]);
        const rows = await decode(bytes, { width: 8, height: 1, format, decoder });
        assert.equal(rows[0]!.split(' ').length, 8);
      }
    }
    assert.equal(shorter, 4, 'the second blocks point back into the first');
  });

  for (const [kind, head, how] of [
    ['basic', '0', ''],
    ['fill', '8', '112233'],
    ['JPEG', '9', '01 00'],
  ] as const) {
    it(`obeys stream resets in a ${kind} control byte`, async () => {
      const jpeg: JpegDecoder = () => ({ width: 2, height: 1, pixels: Uint32Array.of(1, 2) });
      const decoder = tight.createDecoder({ jpeg });
      const data = new Uint8Array(24).fill(7);
      const row = { width: 8, height: 1, decoder };
      for (const stream of [0, 1, 2, 3]) {
        const fresh = withData(`${stream}0`, data);
        const rows = await decode(fresh, row);
        // The stream has ended: without a reset it yields nothing more.
        await assert.rejects(decode(fresh, row), ProtocolError);
        const reset = `${head}${toHex(Uint8Array.of(1 << stream))[1]}`;
        if (kind === 'basic') await decodeHex(`${reset} 112233 445566`, { ...row, width: 2 });
        else await decodeHex(`${reset} ${how}`, { ...row, width: 2 });
        assert.deepEqual(await decode(fresh, row), rows);
        // And the reset's own rectangle may use the stream at once.
        assert.deepEqual(await decode(withData(`${stream}${reset[1]}`, data), row), rows);
      }
    });
  }

  it('reads JPEG with the decoder it was given', async () => {
    const seen: string[] = [];
    const jpeg: JpegDecoder = (bytes) => {
      seen.push(toHex(bytes));
      return { width: 2, height: 1, pixels: Uint32Array.of(0xff112233, 0xff445566) };
    };
    assert.deepEqual(await decodeHex('90 03 ffd8ff', { width: 2, height: 1, jpeg }), [
      '112233 445566',
    ]);
    assert.deepEqual(seen, ['ffd8ff']);
  });

  it('refuses JPEG without a decoder, of another size, or broken', async () => {
    const hex = '90 03 ffd8ff';
    const pixels = new Uint32Array(2);
    await assert.rejects(decodeHex(hex, { width: 2, height: 1 }), ProtocolError);
    for (const image of [
      { width: 1, height: 2, pixels },
      { width: 2, height: 2, pixels: new Uint32Array(4) },
      { width: 2, height: 1, pixels: new Uint32Array(1) },
    ])
      await assert.rejects(
        decodeHex(hex, { width: 2, height: 1, jpeg: () => image }),
        ProtocolError,
      );
    const jpeg: JpegDecoder = () => {
      throw new Error('not a JPEG file');
    };
    await assert.rejects(decodeHex(hex, { width: 2, height: 1, jpeg }), ProtocolError);
  });

  it('reads compact lengths of one, two and three bytes', async () => {
    const jpeg: JpegDecoder = (bytes) => ({
      width: 1,
      height: 1,
      pixels: Uint32Array.of(bytes.length),
    });
    for (const length of [1, 127, 128, 16383, 16384, 70_000]) {
      const bytes = Buffer.concat([
        fromHex('90'),
        fromHex(compact(length)),
        new Uint8Array(length),
      ]);
      const r = { x: 0, y: 0, width: 1, height: 1 };
      const target = canaryAround(r);
      const decoder = tight.createDecoder({ jpeg });
      await receiveRectangle({ decoder, bytes, r, format: nativeFormat, target });
      assert.equal(target.pixels[0], length);
    }
  });

  it('refuses a length of zero, and one above the limit before its bytes are there', async () => {
    const size = { width: 4, height: 1 };
    await assert.rejects(decodeHex('00 00', size), ProtocolError);
    await assert.rejects(decodeHex('00 80 80 00', size), ProtocolError);
    await assert.rejects(decodeHex('90 00', size), ProtocolError);
    await assert.rejects(decodeHex('00 65', { ...size, maxRectBytes: 100 }), LimitError);
    await assert.rejects(decodeHex('90 ff ff ff', size), LimitError);
  });

  it('reads data that are not compressed, as x11vnc and TurboVNC send them at compression level 0', async () => {
    const pixels = '111111 222222 333333 444444';
    const rows = ['111111 222222 333333 444444'];
    const size = { width: 4, height: 1 };
    // no zlib, no filter; length; pixels
    assert.deepEqual(await decodeHex(`a0 0c ${pixels}`, size), rows);
    // no zlib, a filter follows; copy; length; pixels
    assert.deepEqual(await decodeHex(`e0 00 0c ${pixels}`, size), rows);
    // less than 12 bytes have no length, here neither
    assert.deepEqual(await decodeHex('a0 111111', { width: 1, height: 1 }), ['111111']);
    // palette of two colours; length; one bit a pixel, 12 rows
    assert.deepEqual(
      await decodeHex('e0 01 01 000000 ffffff 0c 80 40 80 40 80 40 80 40 80 40 80 40', {
        width: 2,
        height: 12,
      }),
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 'ffffff 000000' : '000000 ffffff')),
    );
    const decoder = tight.createDecoder({});
    // a stream that has begun goes on behind it, unless it is reset by it
    const deflater = createDeflater(6);
    const part = (data: Uint8Array): Uint8Array => {
      const bytes = deflater.deflate(data).slice();
      return Buffer.concat([fromHex('00'), fromHex(compact(bytes.length)), bytes]);
    };
    const row = fromHex(pixels);
    assert.deepEqual(await decode(part(row), { ...size, decoder }), rows);
    assert.deepEqual(await decodeHex(`a0 0c ${pixels}`, { ...size, decoder }), rows);
    assert.deepEqual(await decode(part(row), { ...size, decoder }), rows);
    assert.deepEqual(await decodeHex(`a1 0c ${pixels}`, { ...size, decoder }), rows);
    await assert.rejects(decode(part(row), { ...size, decoder }), ProtocolError);
  });

  it('refuses uncompressed data that are too long or too short, or above the limit', async () => {
    const size = { width: 4, height: 1 };
    await assert.rejects(decodeHex(`a0 0b ${'11'.repeat(11)}`, size), ProtocolError);
    await assert.rejects(decodeHex(`a0 0d ${'11'.repeat(13)}`, size), ProtocolError);
    await assert.rejects(decodeHex('a0 65', { ...size, maxRectBytes: 100 }), LimitError);
  });

  it('refuses what was not negotiated: compressions 11, 12, 13 and 15', async () => {
    for (const compression of [11, 12, 13, 15])
      await assert.rejects(
        decode(Uint8Array.of(compression << 4), { width: 4, height: 4 }),
        ProtocolError,
      );
  });

  it('refuses rectangles wider than 2048, but for fills', async () => {
    const size = { width: 2049, height: 1 };
    for (const hex of ['00', '40', '90']) await assert.rejects(decodeHex(hex, size), ProtocolError);
    const widest = withData('00', new Uint8Array(2048 * 3));
    assert.equal((await decode(widest, { width: 2048, height: 1 })).length, 1);
  });

  it('refuses filters that do not exist, and gradients of 8 bits', async () => {
    const size = { width: 1, height: 1 };
    await assert.rejects(decodeHex('40 03', size), ProtocolError);
    await assert.rejects(decodeHex('40 ff', size), ProtocolError);
    await assert.rejects(decodeHex('40 02 00', { ...size, format: bgr233Format }), ProtocolError);
  });

  it('refuses palettes of one colour and indexes outside', async () => {
    const size = { width: 1, height: 1 };
    await assert.rejects(decodeHex('40 01 00', size), ProtocolError);
    await assert.rejects(decodeHex('40 01 02 111111 222222 333333 03', size), ProtocolError);
    await assert.rejects(decodeHex('40 01 02 111111 222222 333333 ff', size), ProtocolError);
  });

  it('refuses data that yields too little or too much', async () => {
    for (const length of [0, 1, 23, 25, 10_000])
      await assert.rejects(
        decode(withData('00', new Uint8Array(length)), { width: 8, height: 1 }),
        ProtocolError,
        `${length}`,
      );
    const bomb = withData('50 01 01 000000 ffffff', new Uint8Array(300_000));
    await assert.rejects(decode(bomb, { width: 100, height: 1 }), ProtocolError);
  });

  it('refuses data that the flush of a block cuts off', async () => {
    const decoder = tight.createDecoder({});
    const data = createDeflater(6).deflate(new Uint8Array(24).fill(1)).slice();
    for (let length = 1; length < data.length - 5; length++) {
      const bytes = Buffer.concat([Uint8Array.of(0x01, length), data.subarray(0, length)]);
      await assert.rejects(decode(bytes, { width: 8, height: 1, decoder }), ProtocolError);
    }
  });

  it('waits at every strict prefix of each kind of rectangle', async () => {
    const jpeg: JpegDecoder = () => ({ width: 8, height: 2, pixels: new Uint32Array(16) });
    for (const bytes of [
      fromHex('80 112233'),
      fromHex('90 03 ffd8ff'),
      withData('00', new Uint8Array(48)),
      withData('4002', new Uint8Array(48)),
      withData('600102 111111 222222 333333', new Uint8Array(16)),
      fromHex('500101 111111 222222 ff 00'),
    ]) {
      const how = { width: 8, height: 2, jpeg };
      await decode(bytes, how);
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(decode(bytes.subarray(0, length), how), ClosedError);
    }
  });

  it('survives any data', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('00', '4000', '4002', '500101', '600102', '6001ff'),
        fc.uint8Array({ minLength: 1024, maxLength: 1024 }),
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom(...Object.values(formats)),
        async (head, noise, excess, format) => {
          const r = { x: 2, y: 2, width: 9, height: 3 };
          const colours = head.length < 6 ? 0 : Number.parseInt(head.slice(4), 16) + 1;
          const pixelBytes = hasTpixel(format) ? 3 : format.bitsPerPixel / 8;
          const palette = toHex(noise.subarray(0, colours * pixelBytes));
          const size = colours === 2 ? 6 : colours > 2 ? 27 : 27 * pixelBytes;
          // About right, so that all of the filter runs.
          const data = noise.subarray(0, Math.max(0, size + (excess > 100 ? excess - 150 : 0)));
          const bytes = withData(head + palette, data);
          await assertHarmless({ decoder: tight.createDecoder({}), bytes, r, format });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('survives any palette and filter bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0x00, 0x40, 0x50, 0x61, 0x72, 0x80, 0x90),
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom(...Object.values(formats)),
        async (control, rest, format) => {
          await assertHarmless({
            decoder: tight.createDecoder({}),
            bytes: Uint8Array.of(control, ...rest),
            r: { x: 2, y: 2, width: 3, height: 2 },
            format,
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('Tight encoder', () => {
  it('sends one colour as a fill', () => {
    assert.equal(toHex(encode([0xff112233, 0xff112233], 2)), '80112233');
    assert.equal(toHex(encode([7, 7, 7], 3, bgr233Format)), '8007');
  });

  it('sends two colours as bits', () => {
    const [a, b] = [0xff000001, 0xff000002];
    const values = [a, b, a, a, a, a, a, a, b, a, a, a, a, a, a, b, a, b];
    assert.equal(toHex(encode(values, 9)), '500101' + '000001' + '000002' + '4080' + '0280');
  });

  it('sends the smallest rectangles as they are, without a length', () => {
    assert.equal(toHex(encode([0xff111111, 0xff222222], 2)), '00111111222222');
    assert.equal(toHex(encode([1, 2, 3], 3, bgr233Format)), '00010203');
  });

  it('sends up to 256 colours as a palette on stream 2', () => {
    const values = Array.from({ length: 64 * 64 }, (_, i) => 0xff000000 + (i % 256));
    const bytes = encode(values, 64);
    assert.equal(toHex(bytes.subarray(0, 9)), '6001ff' + '000000' + '000001');
    const few = encode(
      values.map((value) => value & 0xff000003),
      64,
    );
    assert.equal(toHex(few.subarray(0, 15)), '600103' + '000000000001000002000003');
  });

  it('sends other pixels whole on stream 0', () => {
    const values = Array.from({ length: 64 * 64 }, (_, i) => 0xff000000 + (i % 257));
    assert.equal(encode(values, 64)[0], 0);
  });

  it('never sends a palette that costs more than it saves', () => {
    const values = Array.from({ length: 64 }, (_, i) => 0xff000000 + i);
    assert.equal(encode(values, 8)[0], 0);
    const bytes = Array.from({ length: 4096 }, (_, i) => i % 5);
    assert.equal(encode(bytes, 64, bgr233Format)[0], 0);
  });

  it('never sends a length and data of less than three bytes', () => {
    for (let area = 4; area < 200; area++) {
      const bytes = encode(
        Array.from({ length: area }, (_, i) => (i < area / 2 ? 5 : i % 3)),
        area,
        bgr233Format,
      );
      // Control byte, length, data: TigerVNC and noVNC wait for three bytes before they look at a length.
      if (area >= 12) assert.ok(bytes.length >= 4);
    }
  });

  it('sends the widest and the largest rectangles whole', async () => {
    const { maxWidth, maxArea } = tight.createEncoder!({});
    assert.deepEqual([maxWidth, maxArea], [2048, 65536]);
    for (const kind of ['noise', 'many colours', 'text'] as const) {
      for (const [width, height] of [
        [2048, 1],
        [2048, 32],
        [63, 65],
      ] as const) {
        const source = picture(kind, { width, height }, 4);
        const sink = new ByteWriter();
        tight.createEncoder!({}).encode(blockOf(width, height, source.pixels), nativeFormat, sink);
        const bytes = sink.take();
        const naive = createNaiveTight()(bytes, { width, height }, nativeFormat);
        assert.ok(naive.every((value, i) => value === (source.pixels[i]! & 0xffffff)));
      }
    }
  });

  it('makes less of the same pictures at a higher level', () => {
    const { pixels } = picture('many colours', { width: 200, height: 200 }, 6);
    const sizes = [0, 1, 9].map((compressionLevel) => {
      const sink = new ByteWriter();
      tight.createEncoder!({ compressionLevel }).encode(
        blockOf(200, 200, pixels),
        nativeFormat,
        sink,
      );
      return sink.length;
    });
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
    );
    assert.ok(sizes[1]! < sizes[0]! * 0.6);
  });

  it('refuses levels that do not exist', () => {
    assert.throws(() => tight.createEncoder!({ compressionLevel: 10 }), RangeError);
    assert.throws(() => tight.createEncoder!({ compressionLevel: -1 }), RangeError);
  });
});
