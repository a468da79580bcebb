import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { NaiveZlibStream } from '../reference/naive-zlib-stream.ts';
import { createNaiveZrle } from '../reference/naive-zrle.ts';
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

describeCodec(zrle, {
  createNaive: createNaiveZrle,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});

/** In bgr233: 00 is black, 07 red, 38 green, c0 blue. */
const letters: Record<number, string> = {
  0xff000000: '.',
  0xffff0000: 'r',
  0xff00ff00: 'g',
  0xff0000ff: 'b',
};

function payloadOf(tiles: Uint8Array): Uint8Array {
  const data = deflateSync(tiles);
  return new ByteWriter().u32(data.length).bytes(data).take();
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Rows of letters, from tiles that are not yet compressed. */
async function decode(tiles: string, size: Size, format = bgr233Format): Promise<string[]> {
  const r = { x: 3, y: 2, ...size };
  const target = canaryAround(r);
  try {
    const bytes = payloadOf(fromHex(tiles));
    const decoder = zrle.createDecoder({});
    assert.equal(await receiveRectangle({ decoder, bytes, r, format, target }), 0);
  } finally {
    assertOnlyInside(target, r);
  }
  const pixels = Array.from(target.get(r), (pixel) => letters[pixel] ?? '?');
  return Array.from({ length: size.height }, (_, y) =>
    pixels.slice(y * size.width, (y + 1) * size.width).join(''),
  );
}

/** The tiles that the encoder makes of rows of letters, in hexadecimal, not compressed. */
function encode(rows: readonly string[], format: PixelFormat = bgr233Format): string {
  const { toValue } = createTranslator(format);
  const colours = new Map(
    Object.entries(letters).map(([pixel, letter]) => [letter, Number(pixel)]),
  );
  const values = Uint32Array.from(rows.join(''), (letter) => toValue(colours.get(letter)!));
  const sink = new ByteWriter();
  zrle.createEncoder!({}).encode(blockOf(rows[0]!.length, rows.length, values), format, sink);
  return toHex(new NaiveZlibStream().next(sink.take().subarray(4)));
}

describe('ZRLE decoder', () => {
  it('reads raw tiles', async () => {
    assert.deepEqual(await decode('00  00 07 38  c0 00 07', { width: 3, height: 2 }), [
      '.rg',
      'b.r',
    ]);
  });

  it('reads solid tiles', async () => {
    assert.deepEqual(await decode('01 38', { width: 3, height: 2 }), ['ggg', 'ggg']);
  });

  it('reads two colours as bits, each row from a new byte', async () => {
    const tiles = `
      02 00 07    # two colours: black, red
      80 80       # r........ and the ninth
      01 00
    `;
    assert.deepEqual(await decode(tiles, { width: 9, height: 2 }), ['r.......r', '.......r.']);
  });

  it('reads three and four colours as two bits', async () => {
    assert.deepEqual(await decode('03 00 07 38  1a 40', { width: 5, height: 1 }), ['.rggr']);
    assert.deepEqual(await decode('04 00 07 38 c0  1b 00', { width: 5, height: 1 }), ['.rgb.']);
  });

  it('reads five to sixteen colours as four bits', async () => {
    assert.deepEqual(await decode('05 00 07 38 c0 00  01 23', { width: 4, height: 1 }), ['.rgb']);
    const sixteen = `10 ${'00 '.repeat(13)} 07 38 c0  de f0`;
    assert.deepEqual(await decode(sixteen, { width: 3, height: 1 }), ['rgb']);
  });

  it('reads runs, which go on in the next row', async () => {
    assert.deepEqual(await decode('80  07 03  38 00  c0 00', { width: 3, height: 2 }), [
      'rrr',
      'rgb',
    ]);
  });

  it('reads a run of 255 and more as bytes of 255 and a rest', async () => {
    const tiles = `
      80
      07 ff 00      # 1 + 255 + 0
      38 ff ff 01   # 1 + 255 + 255 + 1
    `;
    const rows = await decode(tiles, { width: 64, height: 12 });
    assert.deepEqual(rows, [...Array(4).fill('r'.repeat(64)), ...Array(8).fill('g'.repeat(64))]);
  });

  it('reads palettes with runs', async () => {
    const tiles = `
      82 00 07    # two colours: black, red
      01          # one red
      80 02       # three black
      81 00       # a run of one, as a sender may say it
      00
    `;
    assert.deepEqual(await decode(tiles, { width: 3, height: 2 }), ['r..', '.r.']);
    const most = `ff ${'00 '.repeat(126)} 38  fe 04`;
    assert.deepEqual(await decode(most, { width: 5, height: 1 }), ['ggggg']);
  });

  it('reads tiles of 64 by 64, left to right and then down', async () => {
    const rows = await decode('01 07  01 38  01 c0  01 00', { width: 66, height: 65 });
    assert.equal(rows[0], `${'r'.repeat(64)}gg`);
    assert.equal(rows[63], rows[0]);
    assert.equal(rows[64], `${'b'.repeat(64)}..`);
  });

  it('takes three bytes of 32 bits where channels fit into the lower or the upper three', async () => {
    const upper = { ...nativeFormat, redShift: 24, greenShift: 16, blueShift: 8 };
    const reversed = { ...nativeFormat, redShift: 0, blueShift: 16 };
    const cases: readonly (readonly [string, PixelFormat])[] = [
      ['00 00 ff', nativeFormat],
      ['ff 00 00', { ...nativeFormat, bigEndian: true }],
      ['ff 00 00', reversed],
      ['00 00 ff', { ...reversed, bigEndian: true }],
      ['00 00 ff', upper],
      ['ff 00 00', { ...upper, bigEndian: true }],
      // 24 bits and less may lie in both: the lower three bytes are meant.
      [
        '00 1f 00',
        {
          ...nativeFormat,
          depth: 15,
          redMax: 31,
          greenMax: 15,
          blueMax: 15,
          redShift: 8,
          greenShift: 16,
          blueShift: 20,
        },
      ],
    ];
    for (const [hex, format] of cases)
      assert.deepEqual(await decode(`01 ${hex}`, { width: 1, height: 1 }, format), ['r'], hex);
  });

  it('takes all four bytes where channels do not fit into three', async () => {
    const cases: readonly (readonly [string, PixelFormat])[] = [
      ['00 00 ff 00', { ...nativeFormat, depth: 32 }],
      ['00 00 f0 3f', formats['30 bits']!],
      // At most 24 bits, but from the lowest byte to the highest.
      ['00 00 00 ff', { ...nativeFormat, redShift: 24 }],
      ['ff 00 00 00', { ...nativeFormat, redShift: 24, bigEndian: true }],
    ];
    for (const [hex, format] of cases)
      assert.deepEqual(await decode(`01 ${hex}`, { width: 1, height: 1 }, format), ['r'], hex);
  });

  it('refuses the sub-encodings 17..127 and 129', async () => {
    for (const subencoding of [17, 18, 64, 127, 129]) {
      const tiles = toHex(Uint8Array.of(subencoding, ...new Uint8Array(200)));
      await assert.rejects(decode(tiles, { width: 8, height: 8 }), ProtocolError, `${subencoding}`);
    }
  });

  it('refuses indexes outside the palette, the first one too', async () => {
    await assert.rejects(decode('03 00 07 38  c0', { width: 1, height: 1 }), ProtocolError);
    await assert.rejects(decode('05 00 07 38 c0 00  50', { width: 1, height: 1 }), ProtocolError);
    await assert.rejects(decode('82 00 07  02', { width: 1, height: 1 }), ProtocolError);
    await assert.rejects(decode('82 00 07  82 00', { width: 1, height: 1 }), ProtocolError);
  });

  it('refuses runs that leave the tile', async () => {
    await assert.rejects(decode('80 07 06', { width: 3, height: 2 }), ProtocolError);
    await assert.rejects(decode('80 07 01  07 04', { width: 3, height: 2 }), ProtocolError);
    await assert.rejects(decode('82 00 07  80 06', { width: 3, height: 2 }), ProtocolError);
    await assert.rejects(
      decode(`80 07 ${'ff '.repeat(5000)}`, { width: 3, height: 2 }),
      ProtocolError,
    );
    // A run of the whole tile is no such run.
    assert.deepEqual(await decode('80 07 05', { width: 3, height: 2 }), ['rrr', 'rrr']);
  });

  it('refuses data that ends inside a tile', async () => {
    const tiles: readonly (readonly [string, Size])[] = [
      ['00 00 07 38', { width: 3, height: 1 }],
      ['01 07', { width: 1, height: 1 }],
      ['02 00 07 80 80', { width: 9, height: 1 }],
      ['80 07 ff ff 01', { width: 64, height: 8 }],
      ['82 00 07 81 02', { width: 3, height: 1 }],
    ];
    for (const [hex, size] of tiles) {
      await decode(hex, size);
      const bytes = fromHex(hex);
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(decode(toHex(bytes.subarray(0, length)), size), ProtocolError);
    }
  });

  it('refuses data behind the last tile', async () => {
    await assert.rejects(decode('01 07 00', { width: 1, height: 1 }), ProtocolError);
    await assert.rejects(decode('01 07', { width: 0, height: 4 }), ProtocolError);
    await assert.rejects(
      decode(`01 07 ${'00'.repeat(200_000)}`, { width: 1, height: 1 }),
      ProtocolError,
    );
  });

  it('survives any tiles', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 2, 3, 5, 16, 17, 128, 129, 130, 135, 255),
        fc.uint8Array({ maxLength: 120 }),
        fc.record({
          x: fc.constant(2),
          y: fc.constant(1),
          width: fc.integer({ min: 1, max: 70 }),
          height: fc.integer({ min: 1, max: 4 }),
        }),
        fc.constantFrom(...Object.values(formats)),
        async (subencoding, rest, r, format) => {
          const bytes = payloadOf(Uint8Array.of(subencoding, ...rest));
          await assertHarmless({ decoder: zrle.createDecoder({}), bytes, r, format });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('refuses a length above the limit before a byte of it is there', async () => {
    const r = { x: 0, y: 0, width: 1, height: 1 };
    await assert.rejects(
      receiveRectangle({
        decoder: zrle.createDecoder({}),
        bytes: fromHex('00 00 00 65'),
        r,
        format: bgr233Format,
        target: canaryAround(r),
        limits: resolveLimits({ maxRectBytes: 100 }),
      }),
      LimitError,
    );
  });
});

describe('ZRLE encoder', () => {
  it('sends a tile of one colour as solid', () => {
    assert.equal(encode(['rrr', 'rrr']), '0107');
    assert.equal(encode(['r'], nativeFormat), '010000ff');
  });

  it('sends few colours in disorder as bits', () => {
    assert.equal(encode(['r..r.r.rr', '.r.r.rr..']), '02' + '0700' + '6a00' + 'a980');
  });

  it('sends long runs as runs, with a palette where that is shorter', () => {
    const rows = [...Array(5).fill('r'.repeat(64)), `${'g'.repeat(63)}b`];
    // Runs of 320, 63 and 1 pixels.
    assert.equal(encode(rows), '80' + '07ff40' + '383e' + 'c000');
    // The same colours again in three bytes each: indexes are shorter.
    assert.equal(
      encode([...rows, ...rows], nativeFormat),
      '83' + '0000ff' + '00ff00' + 'ff0000' + '80ff40' + '813e' + '02' + '80ff40' + '813e' + '02',
    );
  });

  it('sends what has no order as it is', () => {
    const values = Uint32Array.from({ length: 256 }, (_, i) => i);
    const sink = new ByteWriter();
    zrle.createEncoder!({}).encode(blockOf(16, 16, values), bgr233Format, sink);
    const tiles = new NaiveZlibStream().next(sink.take().subarray(4));
    assert.deepEqual(Array.from(tiles), [0, ...values]);
  });

  it('never makes a tile larger than its pixels', () => {
    for (const kind of ['noise', 'gradient', 'many colours', 'text'] as const) {
      const source = picture(kind, { width: 130, height: 70 }, 3);
      const sink = new ByteWriter();
      zrle.createEncoder!({}).encode(blockOf(130, 70, source.pixels), nativeFormat, sink);
      const tiles = new NaiveZlibStream().next(sink.take().subarray(4));
      assert.ok(tiles.length <= 6 + 130 * 70 * 3, `${kind}: ${tiles.length}`);
    }
  });

  it('sends a row of 2048 pixels, and tiles cut at both edges', async () => {
    for (const [width, height] of [
      [2048, 1],
      [63, 65],
      [2048, 64],
    ] as const) {
      const source = picture('many colours', { width, height }, 9);
      const sink = new ByteWriter();
      zrle.createEncoder!({}).encode(blockOf(width, height, source.pixels), nativeFormat, sink);
      const r = { x: 1, y: 1, width, height };
      const target = canaryAround(r);
      const decoder = zrle.createDecoder({});
      await receiveRectangle({ decoder, bytes: sink.take(), r, format: nativeFormat, target });
      assertOnlyInside(target, r);
      assert.deepEqual(target.get(r), source.pixels);
    }
  });
});
