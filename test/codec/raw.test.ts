import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { raw } from '../../src/codec/raw/raw.ts';
import { defaultLimits, resolveLimits } from '../../src/core/limits.ts';
import { LimitError } from '../../src/core/errors.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { bgr233Format, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { naiveRaw } from '../reference/naive-raw.ts';
import { describeCodec, formats, receiveRectangle } from './codec-suite.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';

describeCodec(raw, { createNaive: () => naiveRaw });

describe('Raw', () => {
  it('puts pixels row by row, blue first in the native format', async () => {
    const target = new Framebuffer(2, 2);
    const bytes = fromHex(`
      03 02 01 00   # 0,0: red 1, green 2, blue 3
      06 05 04 ff   # 1,0
      09 08 07 12   # 0,1
      ff ff ff 00   # 1,1
    `);
    const r = target.bounds;
    await receiveRectangle({
      decoder: raw.createDecoder({}),
      bytes,
      r,
      format: nativeFormat,
      target,
    });
    assert.deepEqual(
      Array.from(target.pixels, (p) => p.toString(16)),
      ['ff010203', 'ff040506', 'ff070809', 'ffffffff'],
    );
  });

  it('writes 16-bit pixels in the viewer’s byte order', () => {
    const block = blockOf(2, 1, Uint32Array.of(0xf800, 0x07ff));
    for (const [name, hex] of [
      ['rgb565', '00f8ff07'],
      ['rgb565, big-endian', 'f80007ff'],
    ] as const) {
      const sink = new ByteWriter();
      raw.createEncoder!({}).encode(block, formats[name]!, sink);
      assert.equal(toHex(sink.take()), hex);
    }
  });

  it('decodes a rectangle larger than a strip, a strip of at most 256 KiB at a time', async () => {
    const target = new Framebuffer(700, 300);
    const r = target.bounds;
    const decoder = raw.createDecoder({});
    const rows = decoder.stripRows!(r, nativeFormat);
    assert.ok(rows * 700 * 4 <= 256 * 1024 && (rows + 1) * 700 * 4 > 256 * 1024);
    const bytes = Uint8Array.from({ length: 700 * 300 * 4 }, (_, i) => (i * 31 + (i >> 9)) & 255);
    await receiveRectangle({ decoder, bytes, r, format: nativeFormat, target });
    const values = naiveRaw(bytes, r, nativeFormat);
    assert.deepEqual(
      target.pixels,
      values.map((value) => value | 0xff000000),
    );
  });

  it('shows each strip as soon as it has come, though the rest never does', async () => {
    const target = new Framebuffer(700, 300);
    const decoder = raw.createDecoder({});
    const rows = decoder.stripRows!(target.bounds, nativeFormat);
    const bytes = new Uint8Array(700 * 4 * rows + 5).fill(0x80);
    await assert.rejects(
      receiveRectangle({ decoder, bytes, r: target.bounds, format: nativeFormat, target }),
    );
    assert.equal(target.pixels[target.at(699, rows - 1)], 0xff808080);
    assert.equal(target.pixels[target.at(0, rows)], 0xff000000);
  });

  it('handles a single row that is longer than a strip', () => {
    const decoder = raw.createDecoder({});
    assert.ok(decoder.stripRows!({ x: 0, y: 0, width: 65535, height: 2 }, nativeFormat) <= 1);
    assert.ok(decoder.stripRows!({ x: 0, y: 0, width: 0, height: 2 }, bgr233Format) >= 1);
  });

  it('checks a strip against maxRectBytes before it waits for it', async () => {
    const [near] = memoryPair();
    const limits = resolveLimits({ maxRectBytes: 99 });
    const r = { x: 0, y: 0, width: 5, height: 5 };
    const decoder = raw.createDecoder({});
    await assert.rejects(decoder.frame(new ByteReader(near), r, nativeFormat, limits), LimitError);
    assert.ok(defaultLimits.maxRectBytes > 65535 * 4);
  });
});
