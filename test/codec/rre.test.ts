import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rre } from '../../src/codec/rre/rre.ts';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, bytesPerPixel, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { naiveRre } from '../reference/naive-rre.ts';
import { describeCodec, formats, picture, pictureKinds, receiveRectangle } from './codec-suite.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';

describeCodec(rre, { createNaive: () => naiveRre });

const decode = async (hex: string, format: PixelFormat = bgr233Format): Promise<Framebuffer> => {
  const target = new Framebuffer(6, 5);
  const r = { x: 1, y: 1, width: 4, height: 3 };
  const bytes = fromHex(hex);
  await receiveRectangle({ decoder: rre.createDecoder({}), bytes, r, format, target });
  return target;
};

describe('RRE', () => {
  it('paints the background, then each subrectangle at its place in the rectangle', async () => {
    const target = await decode(`
      00 00 00 02               # two subrectangles
      07                        # background: red
      c0                        # blue …
      00 01 00 00 00 02 00 03   # … at 1,0, 2 wide, 3 high
      38                        # green …
      00 03 00 02 00 01 00 01   # … at 3,2, one pixel
    `);
    const letters: Record<number, string> = {
      0xff000000: '.',
      0xffff0000: 'r',
      0xff0000ff: 'b',
      0xff00ff00: 'g',
    };
    const rows = Array.from({ length: 5 }, (_, y) =>
      Array.from(target.pixels.subarray(6 * y, 6 * y + 6), (p) => letters[p]).join(''),
    );
    assert.deepEqual(rows, ['......', '.rbbr.', '.rbbr.', '.rbbg.', '......']);
  });

  it('encodes one colour as a background only', () => {
    const sink = new ByteWriter();
    const block = blockOf(3, 2, new Uint32Array(6).fill(0x1f));
    rre.createEncoder!({}).encode(block, bgr233Format, sink);
    assert.equal(toHex(sink.take()), '000000001f');
  });

  it('encodes a bar as one subrectangle on the most frequent colour', () => {
    const sink = new ByteWriter();
    const values = Uint32Array.of(1, 2, 1, 1, 2, 1, 1, 2, 1);
    rre.createEncoder!({}).encode(blockOf(3, 3, values), bgr233Format, sink);
    assert.equal(
      toHex(sink.take()),
      toHex(
        fromHex(`
          00 00 00 01               # one subrectangle
          01                        # background
          02                        # colour …
          00 01 00 00 00 01 00 03   # … at 1,0, 1 wide, 3 high
        `),
      ),
    );
  });

  it('never takes more than 4 + bytesPerPixel + pixels * (bytesPerPixel + 8) bytes', () => {
    const encoder = rre.createEncoder!({});
    for (const format of Object.values(formats)) {
      for (const kind of pictureKinds) {
        const source = picture(kind, { width: 64, height: 64 }, 1);
        const values = createTranslator(format).values(source, source.bounds);
        const sink = new ByteWriter();
        encoder.encode(blockOf(64, 64, values), format, sink);
        const size = bytesPerPixel(format);
        assert.ok(sink.length <= 4 + size + encoder.maxArea * (size + 8));
      }
    }
  });

  it('refuses a subrectangle that leaves the rectangle by one pixel (CVE-2017-5884)', async () => {
    for (const place of [
      '0004 0000 0001 0001', // x at the width
      '0000 0003 0001 0001', // y at the height
      '0001 0000 0004 0001', // one too wide
      '0000 0001 0001 0003', // one too high
      'ffff ffff ffff ffff',
    ]) {
      await assert.rejects(decode(`00000001 07 c0 ${place}`), ProtocolError);
    }
  });

  it('accepts a subrectangle without pixels', async () => {
    const target = await decode('00000001 07 c0 0004 0003 0000 0000');
    assert.equal(target.pixels[target.at(4, 3)], 0xffff0000);
  });

  it('refuses more subrectangles than pixels before it waits for them', async () => {
    await assert.rejects(decode('ffffffff 07'), ProtocolError);
    await assert.rejects(decode('0000000d 07'), ProtocolError);
    await assert.rejects(decode('0000000c 07'), ClosedError);
  });

  it('checks its length against maxRectBytes before it waits for it', async () => {
    const decoder = rre.createDecoder({});
    const r = { x: 0, y: 0, width: 100, height: 100 };
    const limits = resolveLimits({ maxRectBytes: 99 });
    const [there, here] = memoryPair();
    there.write(fromHex('0000000b 07'));
    await assert.rejects(decoder.frame(new ByteReader(here), r, bgr233Format, limits), LimitError);
  });

  it('refuses to paint the whole rectangle over and over', async () => {
    const whole = 'c0 0000 0000 0004 0003';
    await decode(`00000004 07 ${whole.repeat(4)}`);
    await assert.rejects(decode(`00000005 07 ${whole.repeat(5)}`), ProtocolError);
  });
});
