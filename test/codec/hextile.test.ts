import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hextile } from '../../src/codec/hextile/hextile.ts';
import type { Decoder } from '../../src/codec/codec.ts';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits, resolveLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, bytesPerPixel, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { naiveHextile } from '../reference/naive-hextile.ts';
import { describeCodec, formats, picture, receiveRectangle } from './codec-suite.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';

describeCodec(hextile, { createNaive: () => naiveHextile });

/** In bgr233: 00 is black, 07 red, 38 green, c0 blue. */
const letters: Record<number, string> = {
  0xff000000: '.',
  0xffff0000: 'r',
  0xff00ff00: 'g',
  0xff0000ff: 'b',
};

interface Decoding {
  readonly width: number;
  readonly height: number;
  readonly decoder?: Decoder;
  readonly maxRectBytes?: number;
}

/** Rows of letters. */
async function decode(hex: string, size: Decoding): Promise<string[]> {
  const { width, height, decoder = hextile.createDecoder({}) } = size;
  const target = new Framebuffer(width, height);
  const left = await receiveRectangle({
    decoder,
    bytes: fromHex(hex),
    r: target.bounds,
    format: bgr233Format,
    target,
    chunkBytes: 1,
    limits:
      size.maxRectBytes === undefined
        ? defaultLimits
        : resolveLimits({ maxRectBytes: size.maxRectBytes }),
  });
  assert.equal(left, 0);
  return Array.from({ length: height }, (_, y) =>
    Array.from(target.pixels.subarray(width * y, width * y + width), (p) => letters[p] ?? '?').join(
      '',
    ),
  );
}

const encode = (values: number[], width: number): string => {
  const sink = new ByteWriter();
  const block = blockOf(width, values.length / width, Uint32Array.from(values));
  hextile.createEncoder!({}).encode(block, bgr233Format, sink);
  return toHex(sink.take());
};

describe('Hextile decoder', () => {
  it('fills a tile with a background', async () => {
    const rows = await decode(
      `
        02   # BackgroundSpecified
        07   # red
      `,
      { width: 3, height: 2 },
    );
    assert.deepEqual(rows, ['rrr', 'rrr']);
  });

  it('paints subrectangles in the foreground', async () => {
    const rows = await decode(
      `
        0e   # BackgroundSpecified, ForegroundSpecified, AnySubrects
        07   # background: red
        c0   # foreground: blue
        02   # two subrectangles
        10   # at 1,0
        12   # 2 wide, 3 high
        03   # at 0,3
        30   # 4 wide, 1 high
      `,
      { width: 4, height: 4 },
    );
    assert.deepEqual(rows, ['rbbr', 'rbbr', 'rbbr', 'bbbb']);
  });

  it('paints coloured subrectangles', async () => {
    const rows = await decode(
      `
        1a         # BackgroundSpecified, AnySubrects, SubrectsColoured
        07         # background: red
        02         # two subrectangles
        c0 00 10   # blue at 0,0, 2 wide
        38 21 00   # green at 2,1
      `,
      { width: 3, height: 2 },
    );
    assert.deepEqual(rows, ['bbr', 'rrg']);
  });

  it('takes a raw tile as pixels, whatever the other bits say', async () => {
    for (const bits of ['01', '1f', '0b'])
      assert.deepEqual(await decode(`${bits} 07 38 c0 00`, { width: 2, height: 2 }), ['rg', 'b.']);
  });

  it('carries both colours from tile to tile and from strip to strip of one rectangle', async () => {
    const rows = await decode(
      `
        0e 07 c0 01 00 00   # tile 0,0: red, blue at its corner
        08 01 00 00         # tile 1,0: the same colours
        00                  # tile 0,1: background only
        08 01 00 00         # tile 1,1: the foreground is still known
      `,
      { width: 17, height: 17 },
    );
    assert.equal(rows[0], `b${'r'.repeat(15)}b`);
    assert.equal(rows[16], `${'r'.repeat(16)}b`);
  });

  it('carries both colours past a raw tile', async () => {
    const raw = `01 ${'38'.repeat(16)}`;
    const rows = await decode(`0e 07 c0 01 00 00 ${raw} 08 01 00 00`, { width: 33, height: 1 });
    assert.deepEqual(rows, [`b${'r'.repeat(15)}${'g'.repeat(16)}b`]);
  });

  it('carries nothing from one rectangle to the next', async () => {
    const decoder = hextile.createDecoder({});
    await decode('0e 07 c0 01 00 00', { width: 1, height: 1, decoder });
    await assert.rejects(decode('00', { width: 1, height: 1, decoder }), ProtocolError);
    await decode('0e 07 c0 01 00 00', { width: 1, height: 1, decoder });
    await assert.rejects(decode('0a 07 01 00 00', { width: 1, height: 1, decoder }), ProtocolError);
  });

  it('accepts a coloured tile that names a foreground too, as libvncserver may send it', async () => {
    assert.deepEqual(await decode('1e 07 38 01 c0 00 00', { width: 2, height: 1 }), ['br']);
  });

  it('accepts zero subrectangles', async () => {
    assert.deepEqual(await decode('0a 07 00', { width: 2, height: 1 }), ['rr']);
  });

  it('refuses bits that are not of Hextile', async () => {
    for (const bits of ['20', '40', '80', '22', '21'])
      await assert.rejects(decode(`${bits} 07 07 07`, { width: 1, height: 1 }), ProtocolError);
  });

  it('refuses a subrectangle that leaves its tile by one pixel (CVE-2017-5884)', async () => {
    // Tiles of 16x16, and of 3x2 at the right and lower edge.
    for (const [width, height, before, place] of [
      [16, 16, '', '10 f0'],
      [16, 16, '', '01 0f'],
      [16, 16, '', 'ff 10'],
      [3, 2, '', '30 00'],
      [3, 2, '', '02 00'],
      [3, 2, '', '00 30'],
      [3, 2, '', '00 02'],
      [19, 2, '00', '30 00'],
      [3, 18, '00', '02 00'],
    ] as const) {
      const first = before === '' ? '' : '06 07 c0';
      const bits = before === '' ? '0e 07 c0' : '08';
      await assert.rejects(
        decode(`${first} ${bits} 01 ${place}`, { width, height }),
        ProtocolError,
      );
    }
  });

  it('checks a strip against maxRectBytes as it walks it', async () => {
    const tile = `01 ${'38'.repeat(16 * 16)}`;
    await decode(tile, { width: 16, height: 16, maxRectBytes: 257 });
    await assert.rejects(decode(tile, { width: 16, height: 16, maxRectBytes: 256 }), LimitError);
    await assert.rejects(
      decode('1a 07 ff', { width: 16, height: 16, maxRectBytes: 99 }),
      LimitError,
    );
  });

  it('takes a row of tiles as a strip', () => {
    const decoder = hextile.createDecoder({});
    assert.equal(decoder.stripRows!({ x: 0, y: 0, width: 9, height: 99 }, nativeFormat), 16);
  });
});

const row = (width: number): number[] => Array.from({ length: width }, () => 7);

describe('Hextile encoder', () => {
  it('sends a solid tile as its background, and names it once', () => {
    assert.equal(encode(row(34), 34), '020700' + '00');
  });

  it('sends two colours as mono subrectangles on the more frequent', () => {
    assert.equal(encode([7, 7, 7, 7, 9, 9, 7, 7], 8), '0e0709014010');
  });

  it('sends several colours as coloured subrectangles where that is smaller', () => {
    const several = row(16);
    several[2] = 8;
    several[9] = 9;
    assert.equal(encode(several, 16), '1a0702' + '082000' + '099000');
  });

  it('sends noise raw, and names the background again behind it', () => {
    const noise = Array.from({ length: 16 }, (_, i) => i);
    const solid = row(16);
    assert.equal(
      encode([...solid, ...noise, ...solid], 48),
      `0207${`01${toHex(Uint8Array.from(noise))}`}0207`,
    );
  });

  it('names the foreground again behind a coloured tile', () => {
    const mono = row(16);
    mono[0] = 8;
    const coloured = mono.slice();
    coloured[5] = 9;
    assert.equal(
      encode([...mono, ...coloured, ...mono], 48),
      '0e0708010000' + '1802' + '080000' + '095000' + '0c08010000',
    );
  });

  it('never takes more than Raw and one byte a tile', () => {
    for (const format of Object.values(formats)) {
      for (const kind of ['noise', 'gradient', 'many colours', 'text'] as const) {
        const source = picture(kind, { width: 65, height: 33 }, 5);
        const values = createTranslator(format).values(source, source.bounds);
        const sink = new ByteWriter();
        hextile.createEncoder!({}).encode(blockOf(65, 33, values), format, sink);
        assert.ok(sink.length <= 65 * 33 * bytesPerPixel(format) + 5 * 3);
      }
    }
  });
});
