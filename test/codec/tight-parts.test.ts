import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type {
  Decoder,
  EncodedParts,
  Encoder,
  EncoderOptions,
  JpegSource,
} from '../../src/codec/codec.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { tight } from '../../src/codec/tight/tight.ts';
import { lossyOptionsOf } from '../../src/codec/tight/jpeg-quality.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import {
  readRectangleHeader,
  rectangleHeaderSize,
  type Rectangle,
} from '../../src/rfb/rectangle.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { Cursor } from '../../src/wire/cursor.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { createNaiveTight } from '../reference/naive-tight.ts';
import { formats, picture, pictureKinds, type NaiveDecoder } from './codec-suite.ts';

const create = (options: EncoderOptions = {}): Encoder => tight.createEncoder!(options);

/** A screen: pictures of all kinds beside and on top of each other. */
function screen(width: number, height: number, seed: number): Framebuffer {
  const target = picture('solid', { width, height }, seed);
  for (let i = 0; i < 6; i++) {
    const size = {
      width: Math.min(width, 1 + ((seed * 31 + i * 97) % width)),
      height: Math.min(height, 1 + ((seed * 17 + i * 61) % height)),
    };
    const kind = pictureKinds[(seed + i) % pictureKinds.length]!;
    const x = (seed * 13 + i * 41) % (width - size.width + 1);
    const y = (seed * 7 + i * 29) % (height - size.height + 1);
    target.put({ x, y, ...size }, picture(kind, size, seed + i).pixels);
  }
  return target;
}

interface Seen {
  readonly rectangles: readonly Rectangle[];
  /** First bytes of the payloads. */
  readonly controls: readonly number[];
  readonly target: Framebuffer;
}

/** Reads rectangles as a viewer does, and compares what the naive decoder makes of each. */
async function view(
  bytes: Uint8Array,
  format: PixelFormat,
  target: Framebuffer,
  {
    decoder = tight.createDecoder({}),
    naive = createNaiveTight(),
  }: { readonly decoder?: Decoder; readonly naive?: NaiveDecoder | 'none' } = {},
): Promise<Seen> {
  const [near, far] = memoryPair({});
  far.write(bytes.slice());
  far.end();
  const reader = new ByteReader(near);
  const rectangles: Rectangle[] = [];
  const controls: number[] = [];
  const { toPixel } = createTranslator(format);
  while (reader.consumed < bytes.length) {
    const header = readRectangleHeader(new Cursor(await reader.bytes(rectangleHeaderSize)));
    assert.equal(header.encoding, Encoding.Tight);
    const { x, y, width, height } = header;
    const r = { x, y, width, height };
    rectangles.push(r);
    const start = reader.consumed;
    controls.push(bytes[start]!);
    await decodeRectangle(decoder, r, { reader, format, target, limits: defaultLimits });
    if (naive === 'none') continue;
    const values = naive(bytes.subarray(start, reader.consumed), r, format);
    assert.deepEqual(values.map(toPixel), target.get(r));
  }
  return { rectangles, controls, target };
}

function encodeParts(
  encoder: Encoder,
  source: Framebuffer,
  format: PixelFormat,
  at: { readonly x: number; readonly y: number } = { x: 0, y: 0 },
): EncodedParts & { readonly bytes: Uint8Array } {
  const sink = new ByteWriter();
  const { width, height, bounds } = source;
  const values = createTranslator(format).values(source, bounds);
  const parts = encoder.encodeParts!(blockOf(width, height, values), at, format, sink);
  return { ...parts, bytes: sink.take() };
}

function assertCovered(rectangles: readonly Rectangle[], width: number, height: number): void {
  const hits = new Uint8Array(width * height);
  for (const r of rectangles) {
    for (let y = r.y; y < r.y + r.height; y++)
      for (let x = r.x; x < r.x + r.width; x++) hits[y * width + x]! += 1;
  }
  assert.ok(
    hits.every((count) => count === 1),
    'rectangles cover the block, each pixel once',
  );
}

const settings: readonly EncoderOptions[] = [
  {},
  { gradient: true },
  { gradient: true, compressionLevel: 0 },
  { gradient: true, compressionLevel: 1 },
  { gradient: true, compressionLevel: 6 },
  { gradient: true, compressionLevel: 9 },
  { gradient: true, shareable: true },
];

describe('Tight in parts', () => {
  it('shows any screen in any format as it was, update after update, whatever the settings', async () => {
    const any = fc.record({
      width: fc.integer({ min: 1, max: 400 }),
      height: fc.integer({ min: 1, max: 200 }),
      seed: fc.nat(10_000),
      format: fc.constantFrom(...Object.values(formats)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(any, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...settings),
        async (updates, setting) => {
          const encoder = create(setting);
          const ends = { decoder: tight.createDecoder({}), naive: createNaiveTight() };
          for (const { width, height, seed, format } of updates) {
            const source = screen(width, height, seed);
            const { rectangles, lossy, bytes } = encodeParts(encoder, source, format);
            const seen = await view(bytes, format, new Framebuffer(width, height), ends);
            assert.equal(seen.rectangles.length, rectangles);
            assert.deepEqual(lossy, []);
            assertCovered(seen.rectangles, width, height);
            const { toValue, toPixel } = createTranslator(format);
            const expected = source.pixels.map((pixel) => toPixel(toValue(pixel)));
            assert.deepEqual(seen.target.pixels, expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps to 2048 columns and 65536 pixels, but for fills', async () => {
    const source = picture('solid', { width: 4500, height: 200 }, 1);
    source.put(
      { x: 0, y: 70, width: 4500, height: 66 },
      picture('noise', { width: 4500, height: 66 }, 2).pixels,
    );
    source.put(
      { x: 9, y: 140, width: 4400, height: 60 },
      picture('text', { width: 4400, height: 60 }, 3).pixels,
    );
    const { bytes } = encodeParts(create({ gradient: true }), source, nativeFormat);
    const target = new Framebuffer(4500, 200);
    const { rectangles, controls } = await view(bytes, nativeFormat, target, {});
    assert.deepEqual(target.pixels, source.pixels);
    rectangles.forEach(({ width, height }, i) => {
      if (controls[i]! >> 4 !== 8) assert.ok(width <= 2048 && width * height <= 65536);
    });
    assert.ok(rectangles.some(({ width }) => width === 4500));
  });

  it('sends a screen of one colour as one fill, however large', () => {
    const { rectangles, bytes } = encodeParts(
      create(),
      picture('solid', { width: 1000, height: 700 }, 1),
      nativeFormat,
      { x: 5, y: 6 },
    );
    assert.equal(rectangles, 1);
    assert.equal(bytes.length, rectangleHeaderSize + 4);
  });

  it('cuts what is solid off text, to the pixel on its right', async () => {
    const source = picture('solid', { width: 500, height: 64 }, 1);
    source.put(
      { x: 128, y: 0, width: 70, height: 64 },
      picture('text', { width: 70, height: 64 }, 3).pixels,
    );
    const { bytes } = encodeParts(create(), source, nativeFormat);
    const { rectangles } = await view(bytes, nativeFormat, new Framebuffer(500, 64));
    const at = rectangles.map(({ x, width }) => [x, width]).sort((a, b) => a[0]! - b[0]!);
    assert.deepEqual(at, [
      [0, 128],
      [128, 70],
      [198, 302],
    ]);
  });

  it('fills what is solid between a line and text, however little bits would be', async () => {
    const source = picture('solid', { width: 640, height: 64 }, 1);
    const black = new Uint32Array(64 * 64).fill(0xff000000);
    source.put({ x: 10, y: 20, width: 30, height: 1 }, black.subarray(0, 30));
    source.put({ x: 600, y: 0, width: 1, height: 64 }, black.subarray(0, 64));
    const { bytes } = encodeParts(create(), source, nativeFormat);
    const { rectangles } = await view(bytes, nativeFormat, new Framebuffer(640, 64));
    const at = rectangles.map(({ x, width }) => [x, width]).sort((a, b) => a[0]! - b[0]!);
    assert.deepEqual(at, [
      [0, 40],
      [40, 560],
      [600, 40],
    ]);
  });

  it('uses the gradient filter for photos, only where it was allowed and pixels are three bytes', async () => {
    const source = picture('gradient', { width: 300, height: 200 }, 3);
    const noisy = source.pixels.map((pixel, i) => pixel ^ (Math.imul(i, 0x9e3779b1) >>> 30));
    source.put(source.bounds, noisy);
    const isGradient = async (options: EncoderOptions, format: PixelFormat): Promise<boolean> => {
      const { bytes } = encodeParts(create(options), source, format);
      const { controls } = await view(bytes, format, new Framebuffer(300, 200));
      return controls.some((control) => control >> 4 === 7);
    };
    assert.equal(await isGradient({ gradient: true }, nativeFormat), true);
    assert.equal(await isGradient({}, nativeFormat), false);
    assert.equal(await isGradient({ gradient: true }, formats.rgb565!), false);
    assert.equal(await isGradient({ gradient: true }, formats['30 bits']!), false);
  });

  it('starts all streams anew where encodings are shared: each part of a series can be read by itself', async () => {
    const encoder = create({ shareable: true, gradient: true });
    for (let seed = 0; seed < 4; seed++) {
      const source = screen(200, 130, seed);
      const { bytes } = encodeParts(encoder, source, nativeFormat);
      const { target } = await view(bytes, nativeFormat, new Framebuffer(200, 130));
      assert.deepEqual(target.pixels, source.pixels);
    }
  });

  it('goes on with the same streams after it was retuned', async () => {
    const encoder = create({ compressionLevel: 1 });
    const ends = { decoder: tight.createDecoder({}), naive: createNaiveTight() };
    for (const compressionLevel of [1, 9, 0, 6, 2]) {
      encoder.retune!({ compressionLevel, gradient: compressionLevel > 4 });
      const source = screen(300, 100, compressionLevel);
      const { bytes } = encodeParts(encoder, source, nativeFormat);
      const { target } = await view(bytes, nativeFormat, new Framebuffer(300, 100), ends);
      assert.deepEqual(target.pixels, source.pixels);
    }
  });
});

describe('Tight in parts, with loss', () => {
  const noise = picture('noise', { width: 128, height: 96 }, 5);
  const text = picture('text', { width: 128, height: 96 }, 6);

  it('makes JPEG of what is full of detail, tells where, and leaves text exact', async () => {
    const both = new Framebuffer(256, 96);
    both.put({ x: 0, y: 0, width: 128, height: 96 }, noise.pixels);
    both.put({ x: 128, y: 0, width: 128, height: 96 }, text.pixels);
    const sources: JpegSource[] = [];
    const encoder = create({
      lossy: lossyOptionsOf(8),
      jpeg: (source, options) => {
        assert.deepEqual(options, { quality: 92, subsampling: '4:4:4' });
        sources.push(source);
        return Uint8Array.of(0xff, 0xd8, sources.length);
      },
    });
    const { lossy, bytes } = encodeParts(encoder, both, nativeFormat, { x: 10, y: 20 });
    assert.deepEqual(lossy, [{ x: 10, y: 20, width: 128, height: 96 }]);
    const [source] = sources;
    assert.deepEqual([source?.width, source?.height, source?.stride], [128, 96, 256]);
    assert.deepEqual([source?.red, source?.blue], [2, 0]);
    const decoder = tight.createDecoder({
      jpeg: () => ({ width: 128, height: 96, pixels: noise.pixels }),
    });
    const target = new Framebuffer(300, 200);
    await view(bytes, nativeFormat, target, { decoder, naive: 'none' });
    assert.deepEqual(target.get({ x: 10, y: 20, width: 256, height: 96 }), both.pixels);
  });

  it('makes none in formats whose channels are not whole bytes, nor without a codec or a quality', () => {
    const jpeg = (): never => assert.fail('JPEG was made');
    const lossy = lossyOptionsOf(5);
    for (const [options, format] of [
      [{ jpeg, lossy }, formats.rgb565!],
      [{ jpeg, lossy }, formats['30 bits']!],
      [{ jpeg }, nativeFormat],
      [{ lossy }, nativeFormat],
    ] as const)
      assert.deepEqual(encodeParts(create(options), noise, format).lossy, []);
  });

  it('makes none in single rectangles', () => {
    const jpeg = (): never => assert.fail('JPEG was made');
    const sink = new ByteWriter();
    const encoder = create({ jpeg, lossy: lossyOptionsOf(5) });
    encoder.encode(blockOf(128, 96, noise.pixels), nativeFormat, sink);
    assert.ok(sink.length > 128 * 96);
  });
});
