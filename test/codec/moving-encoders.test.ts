import assert from 'node:assert/strict';
import { inflateSync, constants } from 'node:zlib';
import { describe, it } from 'node:test';
import type { Encoder } from '../../src/codec/codec.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { tight } from '../../src/codec/tight/tight.ts';
import { zlib } from '../../src/codec/zlib/zlib.ts';
import { createDeflater } from '../../src/codec/zlib-stream.ts';
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createKernels, useKernels } from '../../src/pixels/kernels/kernels.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { Random } from '../pixels/kernels/twins.ts';

const SIDE = 80;
const AREA = { x: 0, y: 0, width: SIDE, height: SIDE };

/** What was there before, so that history pays, and something new. */
function change(pixels: Uint32Array, random: Random): void {
  const colours = random.between(2, 400);
  const start = random.between(0, pixels.length - 1);
  const end = random.between(start, pixels.length);
  for (let i = start; i < end; i++)
    pixels[i] = (0xff000000 | (random.between(0, colours) * 0x10305)) >>> 0;
}

describe('a deflater that goes on with a stream that another thread wrote to', () => {
  it('gives one stream that zlib can inflate, whoever wrote what', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed);
      const threads = [createKernels(), createKernels()];
      const deflaters = [createDeflater(6), createDeflater(2)];
      const compressed: Uint8Array[] = [];
      const input: Uint8Array[] = [];
      let last = 0;
      const before = useKernels(threads[0]!);
      for (let i = 0; i < 40; i++) {
        const now = random.chance(70) ? last : 1 - last;
        useKernels(threads[now]!);
        const deflater = deflaters[now]!;
        if (now !== last) deflater.resume(deflaters[last]!.begun());
        last = now;
        const data = Uint8Array.from({ length: random.between(1, 9000) }, () =>
          random.between(0, 3),
        );
        const bytes = deflater.deflate(data).slice();
        if (random.chance(10)) {
          deflater.rewind();
          continue;
        }
        compressed.push(bytes);
        input.push(data);
      }
      useKernels(before!);
      const options = { finishFlush: constants.Z_SYNC_FLUSH };
      assert.deepEqual(inflateSync(Buffer.concat(compressed), options), Buffer.concat(input));
    }
  });
});

describe('an encoder that goes on where another thread left the streams', () => {
  for (const codec of [zlib, zrle, tight]) {
    it(`is understood by a viewer that knows of no threads (${codec.name})`, async () => {
      for (let seed = 1; seed <= 15; seed++) {
        const random = new Random(seed);
        const threads = [createKernels(), createKernels()];
        const encoders: Encoder[] = threads.map(() =>
          codec.createEncoder!({ compressionLevel: random.between(1, 6), gradient: true }),
        );
        const decoder = codec.createDecoder({});
        const picture = new Framebuffer(SIDE, SIDE);
        const seen = new Framebuffer(SIDE, SIDE);
        let last = 0;
        for (let i = 0; i < 20; i++) {
          change(picture.pixels, random);
          const now = random.chance(60) ? last : 1 - last;
          const before = useKernels(threads[now]!);
          const encoder = encoders[now]!;
          if (now !== last) encoder.resume!(encoders[last]!.streams!());
          last = now;
          const writer = new ByteWriter();
          // Tight's own way to start anew is kept when it changes sides.
          encoder.retune?.({ gradient: true, shareable: random.chance(20) });
          encoder.encode(blockOf(SIDE, SIDE, picture.pixels), nativeFormat, writer);
          useKernels(before!);
          await decode(decoder, writer.take(), seen);
          assert.deepEqual(seen.pixels, picture.pixels, `seed ${seed}, step ${i}`);
        }
      }
    });
  }
});

async function decode(
  decoder: ReturnType<typeof tight.createDecoder>,
  bytes: Uint8Array,
  target: Framebuffer,
): Promise<void> {
  const [near, far] = memoryPair();
  near.write(bytes);
  const payload = await decoder.frame(new ByteReader(far), AREA, nativeFormat, defaultLimits);
  decoder.decode(payload, AREA, nativeFormat, target);
}
