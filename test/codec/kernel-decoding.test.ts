/** Decoding with kernels: whatever the format, the kernels and the place of the picture, the pixels are the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import type { Codec } from '../../src/codec/codec.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { tightPng } from '../../src/codec/tight-png/tight-png.ts';
import { tight } from '../../src/codec/tight/tight.ts';
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { createKernelFramebuffer } from '../../src/pixels/kernel-framebuffer.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createKernels, useKernels } from '../../src/pixels/kernels/kernels.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { formats, picture, pictureKinds } from './codec-suite.ts';

const plainKernels = createKernels('plain');

const width = 700;
const height = 90;
/** Not at the edges, so that pixels beside the rectangle can be seen to stay. */
const place = { x: 5, y: 3, width, height };

/** The payload of a picture in an encoding. */
function encoded(codec: Codec, source: Framebuffer, format: PixelFormat): Uint8Array {
  const sink = new ByteWriter();
  const values = createTranslator(format).values(source, source.bounds);
  codec.createEncoder!({}).encode(blockOf(width, height, values), format, sink);
  return sink.take();
}

async function decoded(
  codec: Codec,
  payload: Uint8Array,
  format: PixelFormat,
  target: Framebuffer,
): Promise<Framebuffer> {
  const [near, far] = memoryPair();
  far.write(payload.slice());
  far.end();
  const context = { reader: new ByteReader(near), format, target, limits: defaultLimits };
  await decodeRectangle(codec.createDecoder({}), place, context);
  return target;
}

/** The gradient filter, which our encoder may not use, on bytes that wrap around and on ones that do not. */
function gradientPayload(): Uint8Array {
  const differences = Uint8Array.from({ length: 3 * width * height }, (_, i) =>
    i % 50_000 < 25_000 ? (i % 7) - 3 : Math.imul(i + 1, 0x9e3779b1) >>> 24,
  );
  const data = deflateSync(differences);
  const { length } = data;
  const compact = [(length & 127) | 128, ((length >>> 7) & 127) | 128, length >>> 14];
  return Uint8Array.from([0x40, 0x02, ...compact, ...data]);
}

const newTarget = (): Framebuffer => new Framebuffer(width + 9, height + 5);

describe('decoding with kernels', () => {
  for (const codec of [tight, tightPng, zrle]) {
    it(`${codec.name}: gives the same pixels with either kernels, in either memory`, async () => {
      for (const [name, format] of Object.entries(formats)) {
        for (const kind of pictureKinds) {
          const payload = encoded(codec, picture(kind, { width, height }, 1), format);
          const usual = await decoded(codec, payload, format, newTarget());
          const owned = createKernelFramebuffer(width + 9, height + 5);
          await decoded(codec, payload, format, owned.framebuffer);
          assert.deepEqual(owned.framebuffer.bytes.slice(), usual.bytes, `${name}, ${kind}`);
          owned.release();

          const before = useKernels(plainKernels);
          const plain = await decoded(codec, payload, format, newTarget());
          useKernels(before!);
          assert.ok(Buffer.compare(plain.bytes, usual.bytes) === 0, `${name}, ${kind}, plain`);
        }
      }
    });
  }

  it('Tight: undoes gradients over many strips the same way with either kernels, in either memory', async () => {
    const payload = gradientPayload();
    const usual = await decoded(tight, payload, nativeFormat, newTarget());
    const owned = createKernelFramebuffer(width + 9, height + 5);
    // What stands above the rectangle is not part of it.
    owned.framebuffer.fill({ x: 0, y: 0, width, height: 3 }, 0xffffff);
    usual.fill({ x: 0, y: 0, width, height: 3 }, 0xffffff);
    await decoded(tight, payload, nativeFormat, owned.framebuffer);
    assert.ok(Buffer.compare(owned.framebuffer.bytes.slice(), usual.bytes) === 0);
    owned.release();
    const before = useKernels(plainKernels);
    const plain = await decoded(tight, payload, nativeFormat, newTarget());
    useKernels(before!);
    plain.fill({ x: 0, y: 0, width, height: 3 }, 0xffffff);
    assert.ok(Buffer.compare(plain.bytes, usual.bytes) === 0);
  });
});
