/**
 * One conformance suite for every encoding that has both ends: `describeCodec(codec, options)` in the codec's test file.
 * Spec vectors by hand stand in those files; what every codec must promise stands here.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Codec, Decoder, DecoderPorts, EncoderOptions } from '../../src/codec/codec.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { ClosedError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits, type Limits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

/** An independent decoder (test/reference/): one rectangle's payload to width * height pixel values, row-major. */
export type NaiveDecoder = (
  payload: Uint8Array,
  size: { readonly width: number; readonly height: number },
  format: PixelFormat,
) => Uint32Array;

export interface CodecSuiteOptions {
  /** Makes a naive decoder; one is used for a whole connection, so that it may keep zlib streams. */
  readonly createNaive?: () => NaiveDecoder;
  readonly ports?: DecoderPorts;
  /** Pictures may come out otherwise than they were, as long as the naive decoder sees the same. */
  readonly lossy?: boolean;
  /** Encoder settings to go through. Default: the default ones. */
  readonly encoderOptions?: readonly EncoderOptions[];
}

const rgb565: PixelFormat = {
  bitsPerPixel: 16,
  depth: 16,
  bigEndian: false,
  trueColour: true,
  redMax: 31,
  greenMax: 63,
  blueMax: 31,
  redShift: 11,
  greenShift: 5,
  blueShift: 0,
};

/** 8, 16 and 32 bits, both byte orders, channels low, high and spread over all four bytes. */
export const formats: Readonly<Record<string, PixelFormat>> = {
  native: nativeFormat,
  'native, big-endian': { ...nativeFormat, bigEndian: true },
  'rgb in the upper three bytes': { ...nativeFormat, redShift: 24, greenShift: 16, blueShift: 8 },
  'bgr in the upper three bytes, big-endian': {
    ...nativeFormat,
    bigEndian: true,
    redShift: 8,
    greenShift: 16,
    blueShift: 24,
  },
  '30 bits': {
    ...nativeFormat,
    depth: 30,
    redMax: 1023,
    greenMax: 1023,
    blueMax: 1023,
    redShift: 20,
    greenShift: 10,
  },
  rgb565,
  'rgb565, big-endian': { ...rgb565, bigEndian: true },
  bgr233: {
    ...rgb565,
    bitsPerPixel: 8,
    depth: 8,
    redMax: 7,
    greenMax: 7,
    blueMax: 3,
    redShift: 0,
    greenShift: 3,
    blueShift: 6,
  },
};

/** Kinds of pictures: each leads encoders down another path. */
export const pictureKinds = [
  'solid',
  'two colours',
  'text',
  'few colours',
  'many colours',
  'gradient',
  'noise',
] as const;
export type PictureKind = (typeof pictureKinds)[number];

/** A picture of a kind, the same for the same seed. */
export function picture(
  kind: PictureKind,
  size: { readonly width: number; readonly height: number },
  seed: number,
): Framebuffer {
  const { width, height } = size;
  const f = new Framebuffer(width, height);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
  const colours = Array.from({ length: 200 }, () => next(0x1000000));
  const count = {
    solid: 1,
    'two colours': 2,
    text: 2,
    'few colours': 9,
    'many colours': 200,
    gradient: 0,
    noise: 0,
  }[kind];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let colour: number;
      if (kind === 'noise') colour = next(0x1000000);
      else if (kind === 'gradient')
        colour = (((x * 3 + seed) & 255) << 16) | (((y * 5) & 255) << 8) | ((x + y) & 255);
      else if (kind === 'text') colour = colours[next(6) === 0 ? 1 : 0]!;
      // Runs rather than single pixels, as drawn pictures have them.
      else if (x > 0 && next(4) !== 0) colour = f.pixels[f.at(x - 1, y)]!;
      else colour = colours[next(count)]!;
      f.pixels[f.at(x, y)] = (colour | 0xff000000) >>> 0;
    }
  }
  return f;
}

export interface Reception {
  readonly decoder: Decoder;
  readonly bytes: Uint8Array;
  readonly r: Rectangle;
  readonly format: PixelFormat;
  readonly target: Framebuffer;
  readonly chunkBytes?: number;
  readonly limits?: Limits;
}

/** Decodes one rectangle from a stream that holds `bytes` and ends. Returns how many were left over. */
export async function receiveRectangle(reception: Reception): Promise<number> {
  const { decoder, bytes, r, format, target, chunkBytes, limits = defaultLimits } = reception;
  const [near, far] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  far.write(bytes.slice());
  far.end();
  const reader = new ByteReader(near);
  await decodeRectangle(decoder, r, { reader, format, target, limits });
  return bytes.length - reader.consumed;
}

const CANARY = 0xff5a17c3;

/** A framebuffer with a margin of known pixels on each side of `r`. */
export function canaryAround(r: Rectangle): Framebuffer {
  const target = new Framebuffer(r.x + r.width + 7, r.y + r.height + 5);
  target.pixels.fill(CANARY);
  return target;
}

export function assertOnlyInside(target: Framebuffer, r: Rectangle): void {
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      const inside = x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;
      if (!inside && target.pixels[target.at(x, y)] !== CANARY)
        assert.fail(`pixel ${x},${y} outside the rectangle was written`);
    }
  }
}

/** Feeds whatever bytes: only the peer's errors come out, and nothing outside the rectangle changes. */
export async function assertHarmless(
  reception: Omit<Reception, 'target'>,
): Promise<Error | undefined> {
  const target = canaryAround(reception.r);
  let fault: Error | undefined;
  try {
    await receiveRectangle({ ...reception, target });
  } catch (error) {
    assert.ok(
      error instanceof ProtocolError || error instanceof ClosedError,
      `hostile bytes threw ${String(error)}`,
    );
    fault = error;
  }
  assertOnlyInside(target, reception.r);
  return fault;
}

/** What the viewer should see: the values taken through the format and back. */
function expectedPixels(values: Uint32Array, format: PixelFormat): Uint32Array {
  const { toPixel } = createTranslator(format);
  return values.map((value) => toPixel(value));
}

const SIZES: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 1],
  [1, 3],
  [16, 16],
  [17, 5],
  [64, 64],
  [65, 67],
  [130, 9],
  [5, 140],
];

export function describeCodec(codec: Codec, options: CodecSuiteOptions = {}): void {
  const create = codec.createEncoder;
  assert.ok(create !== undefined, `${codec.name} has no encoder to test with`);
  const settings = options.encoderOptions ?? [{}];
  const newDecoder = (): Decoder => codec.createDecoder(options.ports ?? {});
  const limitsOf = create({});
  const sizes = SIZES.filter(([w, h]) => w <= limitsOf.maxWidth && w * h <= limitsOf.maxArea);

  const anyRectangle = fc.record({
    kind: fc.constantFrom(...pictureKinds),
    size: fc.constantFrom(...sizes).map(([width, height]) => ({ width, height })),
    seed: fc.nat(),
    format: fc.constantFrom(...Object.values(formats)),
  });
  type AnyRectangle = typeof anyRectangle extends fc.Arbitrary<infer T> ? T : never;

  const block = (
    some: AnyRectangle,
  ): { readonly values: Uint32Array; readonly width: number; readonly height: number } => {
    const source = picture(some.kind, some.size, some.seed);
    return { ...some.size, values: createTranslator(some.format).values(source, source.bounds) };
  };

  /** One rectangle by a fresh encoder. */
  const encode = (some: AnyRectangle, setting: EncoderOptions = {}): Uint8Array => {
    const sink = new ByteWriter();
    const { width, height, values } = block(some);
    create(setting).encode(blockOf(width, height, values), some.format, sink);
    return sink.take();
  };

  const at = (size: { readonly width: number; readonly height: number }): Rectangle => ({
    x: 5,
    y: 3,
    ...size,
  });

  /** Encodes several rectangles on one connection and compares what both decoders make of each. */
  const assertConnection = async (
    rectangles: readonly AnyRectangle[],
    setting: EncoderOptions,
    chunkBytes?: number,
  ): Promise<void> => {
    const encoder = create(setting);
    const decoder = newDecoder();
    const naive = options.createNaive?.();
    for (const some of rectangles) {
      const { values, width, height } = block(some);
      const sink = new ByteWriter();
      sink.u16(0xabcd);
      encoder.encode(blockOf(width, height, values), some.format, sink);
      const written = sink.take();
      assert.deepEqual(Array.from(written.subarray(0, 2)), [0xab, 0xcd]);
      const bytes = written.slice(2);
      const r = at(some.size);
      const target = canaryAround(r);
      const left = await receiveRectangle({
        decoder,
        bytes,
        r,
        format: some.format,
        target,
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
      });
      assert.equal(left, 0, 'bytes left over behind the rectangle');
      assertOnlyInside(target, r);
      const expected = expectedPixels(values, some.format);
      if (options.lossy !== true) assert.deepEqual(target.get(r), expected);
      if (naive !== undefined) {
        const seen = expectedPixels(naive(bytes, some.size, some.format), some.format);
        assert.deepEqual(seen, target.get(r), 'the naive decoder disagrees');
      }
    }
  };

  describe(`${codec.name} as a codec`, () => {
    for (const [formatName, format] of Object.entries(formats)) {
      it(`shows every kind and size of picture as it was: ${formatName}`, async () => {
        for (const setting of settings) {
          await assertConnection(
            sizes.flatMap(([width, height], i) =>
              [0, 1, 2].map((j) => ({
                kind: pictureKinds[(i + j * 2) % pictureKinds.length]!,
                size: { width, height },
                seed: i,
                format,
              })),
            ),
            setting,
          );
        }
      });
    }

    it('shows any series of rectangles as they were, through changes of the pixel format', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyRectangle, { minLength: 1, maxLength: 4 }),
          fc.constantFrom(...settings),
          (rectangles, setting) => assertConnection(rectangles, setting),
        ),
        { numRuns: 40 },
      );
    });

    it('decodes the same when every byte arrives alone', async () => {
      const small = anyRectangle.filter(({ size }) => size.width * size.height <= 260);
      await fc.assert(
        fc.asyncProperty(fc.array(small, { minLength: 1, maxLength: 2 }), (rectangles) =>
          assertConnection(rectangles, settings[0] ?? {}, 1),
        ),
        { numRuns: 15 },
      );
    });

    it('waits for more at every strict prefix, and ends in ClosedError when the stream does', async () => {
      for (const kind of pictureKinds) {
        const some = { kind, size: { width: 17, height: 5 }, seed: 7, format: formats.rgb565! };
        const bytes = encode(some);
        for (let length = 0; length < bytes.length; length++) {
          const r = at(some.size);
          const target = canaryAround(r);
          await assert.rejects(
            receiveRectangle({
              decoder: newDecoder(),
              bytes: bytes.subarray(0, length),
              r,
              format: some.format,
              target,
            }),
            ClosedError,
            `${kind}: prefix of ${length} of ${bytes.length} bytes`,
          );
          assertOnlyInside(target, r);
        }
      }
    });

    it('throws only the peer’s errors on random bytes, and writes nothing outside the rectangle', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 600 }),
          anyRectangle,
          async (bytes, { size, format }) => {
            await assertHarmless({ decoder: newDecoder(), bytes, r: at(size), format });
          },
        ),
        { numRuns: 150 },
      );
    });

    it('throws only the peer’s errors on damaged payloads, and writes nothing outside the rectangle', async () => {
      const damage = fc.record({ place: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
      await fc.assert(
        fc.asyncProperty(
          anyRectangle.filter(({ size }) => size.width * size.height <= 5000),
          fc.array(damage, { minLength: 1, maxLength: 4 }),
          fc.boolean(),
          async (some, damages, nearTheStart) => {
            const bytes = encode(some);
            const reach = nearTheStart ? Math.min(24, bytes.length) : bytes.length;
            for (const { place, byte } of damages) bytes[place % reach] = byte;
            await assertHarmless({
              decoder: newDecoder(),
              bytes,
              r: at(some.size),
              format: some.format,
            });
          },
        ),
        { numRuns: 120 },
      );
    });

    it('decodes a rectangle without pixels, or refuses it as the peer’s fault', async () => {
      for (const [width, height] of [
        [0, 0],
        [0, 9],
        [9, 0],
      ] as const) {
        for (const bytes of [new Uint8Array(0), new Uint8Array(64)]) {
          await assertHarmless({
            decoder: newDecoder(),
            bytes,
            r: at({ width, height }),
            format: nativeFormat,
          });
        }
      }
    });
  });
}
