import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import type { Decoder, EncoderOptions, JpegDecoder } from '../../src/codec/codec.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { tightPng } from '../../src/codec/tight-png/tight-png.ts';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits, resolveLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { bgr233Format, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { readRectangleHeader, rectangleHeaderSize } from '../../src/rfb/rectangle.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { createNaiveTightPng } from '../reference/naive-tight-png.ts';
import {
  assertOnlyInside,
  canaryAround,
  describeCodec,
  picture,
  receiveRectangle,
} from './codec-suite.ts';

describeCodec(tightPng, {
  createNaive: createNaiveTightPng,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});

interface Decoding {
  readonly width: number;
  readonly height: number;
  readonly decoder?: Decoder;
  readonly jpeg?: JpegDecoder;
  readonly maxRectBytes?: number;
}

/** The picture as rows of RRGGBB. */
async function decode(bytes: Uint8Array, how: Decoding): Promise<string[]> {
  const { width, height, jpeg, maxRectBytes = 1_000_000 } = how;
  const decoder = how.decoder ?? tightPng.createDecoder(jpeg === undefined ? {} : { jpeg });
  const r = { x: 3, y: 2, width, height };
  const target = canaryAround(r);
  try {
    const limits = resolveLimits({ maxRectBytes });
    const format = nativeFormat;
    assert.equal(await receiveRectangle({ decoder, bytes, r, format, target, limits }), 0);
  } finally {
    assertOnlyInside(target, r);
  }
  const pixels = Array.from(target.get(r), (pixel) => pixel.toString(16).slice(2));
  return Array.from({ length: height }, (_, y) =>
    pixels.slice(y * width, (y + 1) * width).join(' '),
  );
}

/** PNG's checksum, bit by bit. */
function naiveCrc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum % 2 === 0 ? 0 : 0xedb88320);
  }
  return ~sum >>> 0;
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32(data.length), body, u32(naiveCrc(body))]);
}

const SIGNATURE = '89504e470d0a1a0a';
const RGB = 2;
const PALETTE = 3;

/** What a picture's header says. */
const header = (
  width: number,
  height: number,
  colourType: number,
  bits = 8,
  methods = '00 00 00',
): Buffer =>
  chunk(
    'IHDR',
    Buffer.concat([u32(width), u32(height), Uint8Array.of(bits, colourType), fromHex(methods)]),
  );
const palette = (hex: string): Buffer => chunk('PLTE', fromHex(hex));
const data = (hex: string): Buffer => chunk('IDAT', deflateSync(fromHex(hex)));
const end = chunk('IEND', new Uint8Array(0));

function compact(length: number): Uint8Array {
  if (length < 128) return Uint8Array.of(length);
  if (length < 16384) return Uint8Array.of(128 | (length & 127), length >> 7);
  return Uint8Array.of(128 | (length & 127), 128 | ((length >> 7) & 127), length >> 14);
}

/** A rectangle of chunks behind a signature. */
function rectangle(...chunks: readonly Uint8Array[]): Uint8Array {
  const file = Buffer.concat([fromHex(SIGNATURE), ...chunks]);
  return Buffer.concat([Uint8Array.of(0xa0), compact(file.length), file]);
}

const twoByOne = { width: 2, height: 1 };
const red = data('00 ff0000 ff0000');

describe('TightPNG decoder', () => {
  it('reads red, green and blue bytes', async () => {
    const bytes = rectangle(header(2, 2, RGB), data('00 112233 445566  00 778899 aabbcc'), end);
    assert.deepEqual(await decode(bytes, { width: 2, height: 2 }), [
      '112233 445566',
      '778899 aabbcc',
    ]);
  });

  it('undoes each of the filters, whose first row is below zeros', async () => {
    const bytes = rectangle(
      header(2, 5, RGB),
      data(`
        01 102030 010101    # left
        02 010101 010101    # above
        03 010101 020202    # half of left and above
        04 010101 010101    # Paeth
        00 102030 405060    # none
      `),
      end,
    );
    assert.deepEqual(await decode(bytes, { width: 2, height: 5 }), [
      '102030 112131',
      '112131 122232',
      '091119 0f1b27',
      '0a121a 101c28',
      '102030 405060',
    ]);
  });

  it('reads palettes with indexes of 1, 2, 4 and 8 bits, each row from a new byte', async () => {
    for (const [bits, rows] of [
      [1, '00 40  00 80'],
      [2, '00 10  00 40'],
      [4, '00 01 00  00 10 00'],
      [8, '00 00 01 00  00 01 00 00'],
    ] as const) {
      const bytes = rectangle(
        header(3, 2, PALETTE, bits),
        palette('0000ff 00ff00'),
        data(rows),
        end,
      );
      assert.deepEqual(
        await decode(bytes, { width: 3, height: 2 }),
        ['0000ff 00ff00 0000ff', '00ff00 0000ff 0000ff'],
        `${bits} bits`,
      );
    }
  });

  it('reads grey of 1, 2, 4 and 8 bits', async () => {
    for (const [bits, row, seen] of [
      [1, '00 40', '000000 ffffff'],
      [2, '00 60', '555555 aaaaaa'],
      [4, '00 1e', '111111 eeeeee'],
      [8, '00 7f80', '7f7f7f 808080'],
    ] as const)
      assert.deepEqual(await decode(rectangle(header(2, 1, 0, bits), data(row), end), twoByOne), [
        seen,
      ]);
  });

  it('reads data that are cut into several chunks, as libpng writes them', async () => {
    const stream = deflateSync(fromHex('00 ff0000 00ff00'));
    const pieces = Array.from(stream, (byte) => chunk('IDAT', Uint8Array.of(byte)));
    const bytes = rectangle(header(2, 1, RGB), ...pieces, chunk('IDAT', Buffer.alloc(0)), end);
    assert.deepEqual(await decode(bytes, twoByOne), ['ff0000 00ff00']);
  });

  it('passes over chunks that need not be understood, and palettes that are suggestions', async () => {
    const bytes = rectangle(
      header(2, 1, RGB),
      chunk('gAMA', u32(45455)),
      palette('000000'),
      red,
      chunk('tIME', Buffer.alloc(7)),
      end,
    );
    assert.deepEqual(await decode(bytes, twoByOne), ['ff0000 ff0000']);
  });

  it('reads fills as Tight has them', async () => {
    assert.deepEqual(await decode(fromHex('80 11 22 33'), twoByOne), ['112233 112233']);
  });

  it('reads JPEG as Tight has it, when there is a decoder', async () => {
    const jpeg: JpegDecoder = (bytes) => ({
      width: 2,
      height: 1,
      pixels: Uint32Array.of(0xff000000 | bytes[0]!, 0xff0000ff),
    });
    assert.deepEqual(await decode(fromHex('90 03 010203'), { ...twoByOne, jpeg }), [
      '000001 0000ff',
    ]);
    await assert.rejects(decode(fromHex('90 03 010203'), twoByOne), ProtocolError);
  });

  it('refuses basic compression, with zlib and without', async () => {
    for (const control of [0x00, 0x10, 0x40, 0x50, 0x70, 0xb0, 0xe0, 0xf0]) {
      const bytes = new Uint8Array(40).fill(1).with(0, control);
      await assert.rejects(decode(bytes, twoByOne), /TightPNG has no compression/);
    }
  });

  for (const [what, chunks, message] of [
    ['of another size', [header(1, 2, RGB), red, end], /PNG of 1x2 in .* 2x1/],
    ['of 16 bits', [header(2, 1, RGB, 16), red, end], /colours of type 2 with 16 bits/],
    ['with transparency', [header(2, 1, 6), red, end], /colours of type 6 with 8 bits/],
    ['with few bits of pixels', [header(2, 1, RGB, 4), red, end], /colours of type 2 with 4/],
    ['that is interlaced', [header(2, 1, RGB, 8, '00 00 01'), red, end], /interlacing/],
    ['of unknown filters', [header(2, 1, RGB, 8, '00 01 00'), red, end], /filters of type 1/],
    ['of unknown compression', [header(2, 1, RGB, 8, '01 00 00'), red, end], /compression/],
    ['without a header', [red, end], /has no header/],
    ['with two headers', [header(2, 1, RGB), header(2, 1, RGB), red, end], /chunk of type/],
    ['without its palette', [header(2, 1, PALETTE), data('00 00 00'), end], /no palette/],
    [
      'with too many colours',
      [header(2, 1, PALETTE, 1), palette('000000 111111 222222'), data('00 00'), end],
      /palette of 9 bytes for 1 bits/,
    ],
    [
      'with part of a colour',
      [header(2, 1, PALETTE), palette('0000'), data('00 00 00'), end],
      /palette of 2 bytes/,
    ],
    [
      'with its palette too late',
      [header(2, 1, PALETTE), palette('000000'), data('00 00 00'), palette('000000'), end],
      /palette behind its data/,
    ],
    [
      'with an index beyond its palette',
      [header(2, 1, PALETTE), palette('000000'), data('00 00 01'), end],
      /not in its palette/,
    ],
    [
      'with data here and there',
      [header(2, 1, RGB), red, chunk('tIME', Buffer.alloc(7)), red, end],
      /between its data/,
    ],
    ['with an unknown chunk', [header(2, 1, RGB), chunk('ABCD', u32(0)), red, end], /unknown/],
    ['with an unknown filter', [header(2, 1, RGB), data(`05 ${'00'.repeat(6)}`), end], /filter/],
    ['without data', [header(2, 1, RGB), end], /too few/],
    ['with too few data', [header(2, 1, RGB), data('00 ff0000'), end], /too few/],
    ['with too many data', [header(2, 1, RGB), data(`00 ${'00'.repeat(7)}`), end], /yields more/],
    ['with bytes behind its end', [header(2, 1, RGB), red, end, u32(0)], /too many/],
    ['without an end', [header(2, 1, RGB), red], /early/],
  ] as const)
    it(`refuses a picture ${what}`, async () => {
      await assert.rejects(decode(rectangle(...chunks), twoByOne), (error) => {
        assert.ok(error instanceof ProtocolError);
        assert.match(error.message, message);
        return true;
      });
    });

  it('refuses a picture with a wrong checksum, of a chunk or of its data', async () => {
    for (const place of [20, 21, 40, 60]) {
      const bytes = rectangle(header(2, 1, RGB), red, end);
      bytes[place]! ^= 1;
      await assert.rejects(decode(bytes, twoByOne), ProtocolError, `byte ${place}`);
    }
    const stream = deflateSync(fromHex('00 ff0000 ff0000'));
    stream[stream.length - 1]! ^= 1;
    const wrong = rectangle(header(2, 1, RGB), chunk('IDAT', stream), end);
    await assert.rejects(decode(wrong, twoByOne), /the checksum is wrong/);
  });

  it('refuses a picture whose zlib stream stops before its end or goes on behind it', async () => {
    const stream = deflateSync(fromHex('00 ff0000 ff0000'));
    const flushed = deflateSync(fromHex('00 ff0000 ff0000'), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    for (const bytes of [stream.subarray(0, -1), stream.subarray(0, -4), flushed])
      await assert.rejects(
        decode(rectangle(header(2, 1, RGB), chunk('IDAT', bytes), end), twoByOne),
        /does not end/,
      );
    const longer = Buffer.concat([stream, stream]);
    await assert.rejects(
      decode(rectangle(header(2, 1, RGB), chunk('IDAT', longer), end), twoByOne),
      /follow the end/,
    );
  });

  it('refuses other files, and a signature that was sent as text', async () => {
    const bytes = rectangle(header(2, 1, RGB), red, end);
    bytes[2] = 0x47;
    await assert.rejects(decode(bytes, twoByOne), /does not begin like one/);
  });

  it('refuses a rectangle without pixels, and one wider than any may be', async () => {
    const none = rectangle(header(0, 1, RGB), data('00'), end);
    await assert.rejects(decode(none, { width: 0, height: 1 }), ProtocolError);
    const wide = rectangle(header(2049, 1, RGB), red, end);
    await assert.rejects(decode(wide, { width: 2049, height: 1 }), /more than 2048/);
  });

  it('refuses a length above the limit before it waits for the bytes', async () => {
    await assert.rejects(
      decode(fromHex('a0 ff ff ff'), { ...twoByOne, maxRectBytes: 1000 }),
      LimitError,
    );
  });

  it('inflates no more than the rectangle is worth', async () => {
    const bomb = deflateSync(Buffer.alloc(100_000_000), { level: 1 });
    const started = process.cpuUsage();
    await assert.rejects(
      decode(rectangle(header(2, 1, RGB), chunk('IDAT', bomb), end), twoByOne),
      /yields more/,
    );
    const { user } = process.cpuUsage(started);
    assert.ok(user < 50_000, `${user} microseconds`);
  });

  it('goes on with the next picture after one that was broken', async () => {
    const decoder = tightPng.createDecoder({});
    const broken = rectangle(header(2, 1, RGB), data('00 ff0000'), end);
    await assert.rejects(decode(broken, { ...twoByOne, decoder }), ProtocolError);
    const bytes = rectangle(header(2, 1, RGB), red, end);
    assert.deepEqual(await decode(bytes, { ...twoByOne, decoder }), ['ff0000 ff0000']);
  });
});

function encode(source: Framebuffer, options: EncoderOptions = {}): Uint8Array {
  const sink = new ByteWriter();
  const { width, height } = source;
  tightPng.createEncoder!(options).encode(
    blockOf(width, height, source.pixels),
    nativeFormat,
    sink,
  );
  return sink.take();
}

/** A picture with so many colours. */
function coloured(width: number, height: number, count: number): Framebuffer {
  const f = new Framebuffer(width, height);
  f.pixels.forEach((_, i) => (f.pixels[i] = (0xff000000 | ((i % count) * 0x010203)) >>> 0));
  return f;
}

/** The data of a picture with one chunk of them, inflated. */
function rowsOf(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf('IDAT');
  const length = Buffer.from(bytes).readUInt32BE(at - 4);
  return inflateSync(bytes.subarray(at + 4, at + 4 + length));
}

describe('TightPNG encoder', () => {
  it('writes as few bits as the colours need, and pixels of three bytes when those are too many', () => {
    for (const [count, kind] of [
      [2, '3/1'],
      [3, '3/2'],
      [4, '3/2'],
      [5, '3/4'],
      [16, '3/4'],
      [17, '3/8'],
      [256, '3/8'],
      [257, '2/8'],
    ] as const) {
      const met = new Set<string>();
      const source = coloured(61, 43, count);
      const naive = createNaiveTightPng(met)(encode(source), source, nativeFormat);
      assert.deepEqual(
        naive.map((value) => (value | 0xff000000) >>> 0),
        source.pixels,
      );
      assert.deepEqual([...met], [kind], `${count} colours`);
    }
  });

  it('writes a fill for one colour', () => {
    assert.equal(toHex(encode(coloured(61, 43, 1))), toHex(fromHex('80 000000')));
  });

  it('writes the largest rectangles', () => {
    for (const [width, height] of [
      [256, 256],
      [2048, 32],
      [1, 65536],
    ] as const) {
      const source = picture('noise', { width, height }, 3);
      const values = createNaiveTightPng()(encode(source), source, nativeFormat);
      assert.deepEqual(
        values.map((value) => (value | 0xff000000) >>> 0),
        source.pixels,
      );
    }
  });

  it('filters photos, and leaves drawn pictures as they are', () => {
    const smooth = new Framebuffer(128, 96);
    const noise = picture('noise', smooth, 1);
    smooth.pixels.forEach((_, i) => {
      const [x, y] = [i % 128, Math.floor(i / 128)];
      const grey = ((x + y) & 255) * 0x010101;
      smooth.pixels[i] = (0xff000000 | grey | (noise.pixels[i]! & 0x030303)) >>> 0;
    });
    for (const compressionLevel of [1, 2, 9]) {
      assert.equal(rowsOf(encode(smooth, { compressionLevel }))[0], 4);
      // Runs of five pixels.
      const drawn = new Framebuffer(128, 96);
      drawn.pixels.set(noise.pixels.map((_, i, all) => all[Math.floor(i / 5)]!));
      assert.equal(rowsOf(encode(drawn, { compressionLevel }))[0], 0);
    }
  });

  it('makes every picture whole by itself: the same again, whatever came before', () => {
    const encoder = tightPng.createEncoder!({});
    const text = picture('text', { width: 64, height: 64 }, 5);
    const noise = picture('gradient', { width: 200, height: 200 }, 5);
    const written = [text, noise, text, noise, text].map(({ width, height, pixels }) => {
      const sink = new ByteWriter();
      encoder.encode(blockOf(width, height, pixels), nativeFormat, sink);
      return toHex(sink.take());
    });
    assert.equal(new Set(written).size, 2);
  });

  it('cuts pictures to what is in them for viewers that know LastRect, with JPEG where that is allowed', async () => {
    const screen = coloured(400, 300, 1);
    screen.put(
      { x: 17, y: 20, width: 90, height: 60 },
      picture('text', { width: 90, height: 60 }, 1).pixels,
    );
    const photo = { x: 150, y: 100, width: 192, height: 128 };
    screen.put(photo, picture('noise', photo, 2).pixels);
    const jpeg = (): Uint8Array => fromHex('ffd8 00 ffd9');
    for (const format of [nativeFormat, bgr233Format])
      for (const options of [
        {},
        { jpeg, lossy: { quality: 80, subsampling: '4:2:0' } },
      ] as const satisfies readonly EncoderOptions[]) {
        const sink = new ByteWriter();
        const values = createTranslator(format).values(screen, screen.bounds);
        const parts = tightPng.createEncoder!(options).encodeParts!(
          blockOf(400, 300, values),
          { x: 0, y: 0 },
          format,
          sink,
        );
        const controls = await assertShows(sink.take(), screen, format, parts.lossy.length > 0);
        assert.equal(controls.length, parts.rectangles);
        const lossless = format === bgr233Format || options.jpeg === undefined;
        assert.equal(parts.lossy.length > 0, !lossless);
        const kinds = new Set(controls);
        assert.deepEqual(kinds, new Set(lossless ? [0x80, 0xa0] : [0x80, 0x90, 0xa0]));
      }
  });
});

/** Reads rectangles as a viewer does. Returns their control bytes. */
async function assertShows(
  bytes: Uint8Array,
  screen: Framebuffer,
  format: typeof nativeFormat,
  lossy: boolean,
): Promise<number[]> {
  const [near, far] = memoryPair({});
  far.write(bytes.slice());
  far.end();
  const reader = new ByteReader(near);
  const target = new Framebuffer(screen.width, screen.height);
  const black: JpegDecoder = () => ({ width: 0, height: 0, pixels: new Uint32Array(0) });
  const decoder = tightPng.createDecoder({ jpeg: black });
  const { toPixel, toValue } = createTranslator(format);
  const controls: number[] = [];
  while (reader.consumed < bytes.length) {
    const head = readRectangleHeader(new Cursor(await reader.bytes(rectangleHeaderSize)));
    assert.equal(head.encoding, Encoding.TightPng);
    const control = bytes[reader.consumed]!;
    controls.push(control);
    if (control === 0x90) await decoder.frame(reader, head, format, defaultLimits);
    else await decodeRectangle(decoder, head, { reader, format, target, limits: defaultLimits });
  }
  if (!lossy)
    assert.deepEqual(
      target.pixels,
      screen.pixels.map((pixel) => toPixel(toValue(pixel))),
    );
  return controls;
}
