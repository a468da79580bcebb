import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { corre } from '../../src/codec/corre/corre.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { ProtocolError } from '../../src/core/errors.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { bgr233Format } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { cutRectangle } from '../../src/server/picture.ts';
import { naiveCorre } from '../reference/naive-rre.ts';
import { describeCodec, receiveRectangle } from './codec-suite.ts';

describeCodec(corre, { createNaive: () => naiveCorre });

describe('CoRRE', () => {
  it('has places of one byte', async () => {
    const sink = new ByteWriter();
    const values = Uint32Array.of(1, 2, 1, 1, 2, 1, 1, 2, 1);
    corre.createEncoder!({}).encode(blockOf(3, 3, values), bgr233Format, sink);
    const hex = `
      00 00 00 01   # one subrectangle
      01            # background
      02            # its colour
      01 00 01 03   # at 1,0, 1 wide, 3 high
    `;
    assert.equal(toHex(sink.take()), toHex(fromHex(hex)));
    const target = new Framebuffer(3, 3);
    const r = target.bounds;
    const decoder = corre.createDecoder({});
    await receiveRectangle({ decoder, bytes: fromHex(hex), r, format: bgr233Format, target });
    assert.equal(target.pixels[0], target.pixels[2]);
    assert.notEqual(target.pixels[0], target.pixels[1]);
  });

  it('refuses a subrectangle outside of its rectangle', async () => {
    const target = new Framebuffer(3, 3);
    await assert.rejects(
      receiveRectangle({
        decoder: corre.createDecoder({}),
        bytes: fromHex('00 00 00 01  01  02  01 00 03 03'),
        r: target.bounds,
        format: bgr233Format,
        target,
      }),
      ProtocolError,
    );
  });

  it('never has rectangles of more than 255 on a side', () => {
    const encoder = corre.createEncoder!({});
    for (const [width, height] of [
      [5, 2000],
      [2000, 5],
      [600, 600],
    ] as const) {
      for (const piece of cutRectangle({ x: 0, y: 0, width, height }, encoder))
        assert.ok(piece.width <= 255 && piece.height <= 255);
    }
  });
});
