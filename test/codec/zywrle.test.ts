import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import type { EncoderOptions } from '../../src/codec/codec.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { zywrle } from '../../src/codec/zywrle/zywrle.ts';
import { depthsOf } from '../../src/codec/zywrle/tile.ts';
import { quantizersOf } from '../../src/codec/zywrle/quantize.ts';
import { analyze, synthesize } from '../../src/codec/zywrle/wavelet.ts';
import { ProtocolError } from '../../src/core/errors.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { createNaiveZywrle } from '../reference/naive-zywrle.ts';
import {
  assertHarmless,
  describeCodec,
  formats,
  picture,
  receiveRectangle,
} from './codec-suite.ts';

for (const qualityLevel of [0, 4, 8]) {
  describe(`at quality level ${qualityLevel}`, () => {
    describeCodec(zywrle, {
      createNaive: () => createNaiveZywrle(depthsOf(qualityLevel)),
      ports: { qualityLevel },
      encoderOptions: [{ qualityLevel }],
      lossy: true,
    });
  });
}

describe('at quality level 9', () => {
  describeCodec(zywrle, {
    createNaive: () => createNaiveZywrle(1),
    ports: { qualityLevel: 9 },
    encoderOptions: [{ qualityLevel: 9 }, {}],
  });
});

interface Sent {
  readonly bytes: Uint8Array;
  readonly lossy: boolean | undefined;
}

function send(source: Framebuffer, options: EncoderOptions, format = nativeFormat): Sent {
  const encoder = zywrle.createEncoder!(options);
  const sink = new ByteWriter();
  const values = createTranslator(format).values(source, source.bounds);
  encoder.encode(blockOf(source.width, source.height, values), format, sink);
  return { bytes: sink.take(), lossy: encoder.lossy };
}

async function see(
  bytes: Uint8Array,
  source: Framebuffer,
  qualityLevel: number | undefined,
  format: PixelFormat = nativeFormat,
): Promise<Framebuffer> {
  const target = new Framebuffer(source.width, source.height);
  const ports = qualityLevel === undefined ? {} : { qualityLevel };
  const r = target.bounds;
  const decoder = zywrle.createDecoder(ports);
  assert.equal(await receiveRectangle({ decoder, bytes, r, format, target }), 0);
  return target;
}

/** Smooth waves of light: what photos are like. */
function waves(width: number, height: number): Framebuffer {
  const f = new Framebuffer(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = (i: number): number =>
        Math.round(128 + 60 * Math.sin((x + 17 * i) / 19) + 60 * Math.cos((y - 11 * i) / 23));
      f.pixels[f.at(x, y)] = (0xff000000 | (wave(0) << 16) | (wave(1) << 8) | wave(2)) >>> 0;
    }
  }
  return f;
}

/** Root of the mean squared difference of the channels. */
function difference(a: Framebuffer, b: Framebuffer): number {
  let sum = 0;
  for (let i = 0; i < a.pixels.length; i++)
    for (const shift of [0, 8, 16])
      sum += (((a.pixels[i]! >>> shift) & 255) - ((b.pixels[i]! >>> shift) & 255)) ** 2;
  return Math.sqrt(sum / a.pixels.length / 3);
}

describe('ZYWRLE', () => {
  it('sends photos in fewer bytes the lower the quality level, and says that they are not exact', async () => {
    const source = waves(128, 128);
    const exact = send(source, {});
    assert.equal(exact.lossy, false);
    assert.deepEqual((await see(exact.bytes, source, undefined)).pixels, source.pixels);
    let before = exact.bytes.length;
    for (const qualityLevel of [8, 5, 2]) {
      const sent = send(source, { qualityLevel });
      assert.equal(sent.lossy, true);
      assert.ok(sent.bytes.length < before, `${sent.bytes.length} after ${before}`);
      before = sent.bytes.length;
      const seen = await see(sent.bytes, source, qualityLevel);
      const error = difference(seen, source);
      assert.ok(error > 0 && error < 20, `quality ${qualityLevel}: ${error}`);
    }
  });

  it('sends pictures of few colours as they are, at every level', async () => {
    for (const kind of ['solid', 'two colours', 'text', 'few colours'] as const) {
      const source = picture(kind, { width: 130, height: 70 }, 5);
      for (const qualityLevel of [0, 4, 8]) {
        const sent = send(source, { qualityLevel });
        assert.equal(sent.lossy, false, kind);
        assert.deepEqual((await see(sent.bytes, source, qualityLevel)).pixels, source.pixels);
      }
    }
  });

  it('depends on no level where viewers differ: 9 and none are read alike at all', async () => {
    const source = picture('noise', { width: 70, height: 66 }, 5);
    for (const options of [{}, { qualityLevel: 9 }]) {
      const { bytes } = send(source, options);
      for (const read of [undefined, 0, 5, 9])
        assert.deepEqual((await see(bytes, source, read)).pixels, source.pixels);
    }
  });

  it('loses nothing in formats that have no wavelet', async () => {
    for (const format of [
      bgr233Format,
      formats['30 bits']!,
      formats['rgb in the upper three bytes']!,
    ]) {
      const source = picture('noise', { width: 70, height: 66 }, 5);
      const sent = send(source, { qualityLevel: 1 }, format);
      assert.equal(sent.lossy, false);
      const { toPixel, toValue } = createTranslator(format);
      assert.deepEqual(
        (await see(sent.bytes, source, 1, format)).pixels,
        source.pixels.map((pixel) => toPixel(toValue(pixel))),
      );
    }
  });

  it('takes a new quality level for the rectangles to come', () => {
    const encoder = zywrle.createEncoder!({});
    const source = waves(64, 64);
    const lossy = (): boolean | undefined => {
      encoder.encode(blockOf(64, 64, source.pixels), nativeFormat, new ByteWriter());
      return encoder.lossy;
    };
    assert.equal(lossy(), false);
    encoder.retune!({ qualityLevel: 5 });
    assert.equal(lossy(), true);
    encoder.retune!({ qualityLevel: 9 });
    assert.equal(lossy(), false);
  });

  it('has one zlib stream with ZRLE on a connection', async () => {
    const source = waves(64, 64);
    const connection = {};
    for (const codec of [zywrle, zrle, zywrle]) {
      const sink = new ByteWriter();
      const encoder = codec.createEncoder!({ qualityLevel: 5, connection });
      encoder.encode(blockOf(64, 64, source.pixels), nativeFormat, sink);
      const target = new Framebuffer(64, 64);
      const decoder = codec.createDecoder({ qualityLevel: 5, connection });
      const r = target.bounds;
      const bytes = sink.take();
      assert.equal(await receiveRectangle({ decoder, bytes, r, format: nativeFormat, target }), 0);
      assert.ok(difference(target, source) < (codec === zrle ? 1e-9 : 20));
    }
  });

  it('reads coefficients in pixels’ places, fine ones first, odd columns and rows last of all', async () => {
    const tile = `
      00            # coefficients follow
      80            # as runs
      00 00 00 02   # three fine differences: none
      0a 14 1e 00   # what is left: blue 2 * 10, red 2 * 30 from green; brightness 128 + 20
      01 02 03 00   # the odd column
      04 05 06 00
      07 08 09 00   # the odd row
      0a 0b 0c 00
      0d 0e 0f 00   # the corner
    `;
    const green = 128 + 20 - (20 + 60) / 4;
    const even = 0xff000000 + ((green + 60) << 16) + (green << 8) + green + 20;
    const data = deflateSync(fromHex(tile));
    const bytes = new ByteWriter().u32(data.length).bytes(data).take();
    const seen = await see(bytes, new Framebuffer(3, 3), 8);
    assert.deepEqual(Array.from(seen.pixels), [
      even,
      even,
      0xff030201,
      even,
      even,
      0xff060504,
      0xff090807,
      0xff0c0b0a,
      0xff0f0e0d,
    ]);
  });

  it('refuses coefficients in a format that has no place for them', async () => {
    const data = deflateSync(fromHex('00 01 00 00 00 00'));
    const bytes = new ByteWriter().u32(data.length).bytes(data).take();
    await assert.rejects(see(bytes, new Framebuffer(1, 1), 5, formats['30 bits']!), ProtocolError);
  });

  it('survives any tiles', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.constantFrom(0, 1, 2, 128, 129, 130), fc.uint8Array({ maxLength: 120 })),
        fc.record({
          x: fc.constant(2),
          y: fc.constant(1),
          width: fc.integer({ min: 1, max: 70 }),
          height: fc.integer({ min: 1, max: 9 }),
        }),
        fc.constantFrom(...Object.values(formats)),
        fc.constantFrom(0, 4, 8),
        async ([subencoding, rest], r, format, qualityLevel) => {
          const data = deflateSync(Uint8Array.of(0, subencoding, ...rest));
          const bytes = new ByteWriter().u32(data.length).bytes(data).take();
          const decoder = zywrle.createDecoder({ qualityLevel });
          await assertHarmless({ decoder, bytes, r, format });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps eight bits eight bits, and gets all of them back without quantizing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.integer({ min: -127, max: 127 })),
        (depths, columns, rows, numbers) => {
          const size = { width: columns * 2 ** depths, height: rows * 2 ** depths };
          const plane = Int8Array.from(
            { length: size.width * size.height },
            () => numbers.next().value,
          );
          const before = plane.slice();
          for (let depth = 0; depth < depths; depth++) analyze(plane, size, depth);
          assert.ok(!plane.includes(-128));
          synthesize(plane, size, depths);
          assert.deepEqual(plane, before);
        },
      ),
    );
  });

  it('quantizes evenly to both sides, and never to -128', () => {
    for (const depths of [1, 2, 3]) {
      for (let depth = 0; depth < depths; depth++) {
        const { brightness, colour } = quantizersOf(depths, depth);
        for (let value = 1; value < 128; value++)
          for (const table of [brightness, colour]) {
            assert.equal(table[256 - value], table[value]! === 0 ? 0 : -table[value]!);
            assert.ok(table[value]! <= 120);
          }
      }
    }
  });
});
