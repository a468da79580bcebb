import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JpegDecoder } from '../../src/codec/codec.ts';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { jpegSize, loadJpegDecoder, loadJpegEncoder } from '../../src/node/jpeg.ts';
import { fromHex } from '../../src/wire/hex.ts';

const header = fromHex(`
  ffd8                # SOI
  ffe0 0004 0000      # an application segment
  ffff c0 000b        # a fill byte, SOF0, length
  08 0005 0007 01     # precision, height, width, components
  01 11 00            # the component
`);

interface Compressor {
  readonly FORMAT_RGB: number;
  readonly compressSync: (raw: Buffer, options: object) => Buffer;
}

async function compress(
  width: number,
  height: number,
  rgb: readonly number[],
): Promise<Uint8Array> {
  const turbo = (await import('@julusian/jpeg-turbo')) as unknown as { default: Compressor };
  const raw = Buffer.from(Array.from({ length: width * height }, () => rgb).flat());
  const format = turbo.default.FORMAT_RGB;
  return new Uint8Array(turbo.default.compressSync(raw, { width, height, format, quality: 100 }));
}

describe('JPEG size', () => {
  it('is read from the frame header, without decoding', () => {
    assert.deepEqual(jpegSize(header), { width: 7, height: 5 });
  });

  it('is a ProtocolError when the header is cut anywhere', () => {
    const sizeEnd = header.length - 4;
    for (let cut = 0; cut < sizeEnd; cut += 1)
      assert.throws(() => jpegSize(header.subarray(0, cut)), ProtocolError, `cut at ${cut}`);
  });

  it('is a ProtocolError in a file without a frame, or with an empty one', () => {
    for (const hex of [
      'ffd8 ffda 0004 0000 ffc0 000b 08 0005 0007 01 011100', // the scan comes first
      'ffd8 ffd9',
      'ffd8 ffe0 0000 ffc0 000b 08 0005 0007 01 011100', // a segment of length 0
      'ffd8 0000 0000 0000',
      'ffd8 ffc4 0004 0000', // DHT is no frame
      'ffd8 ffc0 000b 08 0000 0007 01 011100', // no rows
      '89504e470d0a1a0a',
    ]) {
      assert.throws(() => jpegSize(fromHex(hex)), ProtocolError, hex);
    }
  });
});

describe('JPEG decoder', () => {
  it('turns a file into 0xFFRRGGBB words', async () => {
    const decode = await loadJpegDecoder();
    assert.ok(decode !== undefined);
    const { width, height, pixels } = decode(await compress(19, 3, [200, 100, 50]));
    assert.deepEqual([width, height, pixels.length], [19, 3, 57]);
    for (const pixel of pixels) {
      assert.equal(pixel >>> 24, 255);
      for (const [shift, wanted] of [
        [16, 200],
        [8, 100],
        [0, 50],
      ] as const)
        assert.ok(Math.abs(((pixel >>> shift) & 255) - wanted) <= 2, pixel.toString(16));
    }
  });

  it('checks the claimed size before it decodes', async () => {
    const decode = await loadJpegDecoder(100);
    assert.ok(decode !== undefined);
    const file = await compress(101, 1, [0, 0, 0]);
    assert.throws(() => decode(file), LimitError);
    decode(await compress(100, 1, [0, 0, 0]));
  });

  it('throws ProtocolError on a file that is cut or broken', async () => {
    const decode = await loadJpegDecoder();
    assert.ok(decode !== undefined);
    const file = await compress(64, 64, [1, 2, 3]);
    for (const bytes of [header, new Uint8Array(0), file.subarray(0, 200)])
      assert.throws(() => decode(bytes), ProtocolError);
  });
});

describe('JPEG encoder', () => {
  const options = { quality: 92, subsampling: '4:4:4' } as const;

  it('makes a file of a part of a picture, whatever the order of its bytes', async () => {
    const [encode, decode] = [await loadJpegEncoder(), await loadJpegDecoder()];
    assert.ok(encode !== undefined && decode !== undefined);
    const [width, height, stride] = [20, 9, 33];
    for (const [red, green, blue] of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 3],
      [3, 2, 1],
    ] as const) {
      // Only as many bytes as the last row needs: the memory may end there.
      const bytes = new Uint8Array(4 * (stride * (height - 1) + width));
      for (let i = 0; i < bytes.length; i += 4) {
        const inside = (i / 4) % stride < width;
        bytes[i + red] = inside ? 200 : 0;
        bytes[i + green] = inside ? 100 : 0;
        bytes[i + blue] = inside ? 50 : 0;
      }
      const file = encode({ bytes, width, height, stride, red, blue }, options);
      const image: ReturnType<JpegDecoder> = decode(file);
      assert.deepEqual([image.width, image.height], [width, height]);
      for (const pixel of image.pixels)
        for (const [shift, wanted] of [
          [16, 200],
          [8, 100],
          [0, 50],
        ] as const)
          assert.ok(Math.abs(((pixel >>> shift) & 255) - wanted) <= 2, pixel.toString(16));
    }
  });

  it('makes less of it at a lower quality, and with less colour', async () => {
    const encode = await loadJpegEncoder();
    assert.ok(encode !== undefined);
    const bytes = Uint8Array.from({ length: 4 * 64 * 64 }, (_, i) => Math.imul(i, i) >>> 7);
    const source = { bytes, width: 64, height: 64, stride: 64, red: 2, blue: 0 };
    const sizes = [
      encode(source, options).length,
      encode(source, { ...options, quality: 40 }).length,
      encode(source, { quality: 40, subsampling: '4:2:2' }).length,
      encode(source, { quality: 40, subsampling: '4:2:0' }).length,
      encode(source, { quality: 40, subsampling: 'grey' }).length,
    ];
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
    );
  });
});
