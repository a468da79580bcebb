import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { zlib } from '../../src/codec/zlib/zlib.ts';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { bgr233Format } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { createNaiveZlib } from '../reference/naive-zlib.ts';
import { canaryAround, describeCodec, receiveRectangle } from './codec-suite.ts';

describeCodec(zlib, {
  createNaive: createNaiveZlib,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});

const r = { x: 2, y: 1, width: 3, height: 2 };

function withLength(data: Uint8Array): Uint8Array {
  return new ByteWriter().u32(data.length).bytes(data).take();
}

async function decode(bytes: Uint8Array, maxRectBytes = 1000): Promise<string[]> {
  const target = canaryAround(r);
  await receiveRectangle({
    decoder: zlib.createDecoder({}),
    bytes,
    r,
    format: bgr233Format,
    target,
    limits: resolveLimits({ maxRectBytes }),
  });
  return Array.from(target.get(r), (pixel) => pixel.toString(16));
}

describe('Zlib', () => {
  it('reads a length and compressed pixels', async () => {
    const pixels = await decode(
      fromHex(`
        00 00 00 12          # length
        78 01                # zlib header
        00 06 00 f9 ff       # a stored block of six bytes, not the last
        00 07 38 c0 ff 00    # black, red, green; blue, white, black
        00 00 00 ff ff       # the empty block of a sync flush
      `),
    );
    assert.deepEqual(pixels, [
      'ff000000',
      'ffff0000',
      'ff00ff00',
      'ff0000ff',
      'ffffffff',
      'ff000000',
    ]);
  });

  it('refuses a length above the limit before a byte of it is there', async () => {
    await assert.rejects(decode(fromHex('00 00 00 65'), 100), LimitError);
    await assert.rejects(decode(fromHex('ff ff ff ff')), LimitError);
  });

  it('refuses data that yields too few or too many pixels', async () => {
    await assert.rejects(decode(withLength(deflateSync(new Uint8Array(5)))), ProtocolError);
    await assert.rejects(decode(withLength(deflateSync(new Uint8Array(7)))), ProtocolError);
    await assert.rejects(decode(withLength(new Uint8Array(0))), ProtocolError);
  });

  it('refuses data after the end of the zlib stream', async () => {
    const ended = Buffer.concat([deflateSync(new Uint8Array(6)), Uint8Array.of(0)]);
    await assert.rejects(decode(withLength(ended)), ProtocolError);
  });

  it('refuses a rectangle after the end of the zlib stream', async () => {
    const decoder = zlib.createDecoder({});
    const bytes = withLength(deflateSync(new Uint8Array(6)));
    const once = (): Promise<number> =>
      receiveRectangle({ decoder, bytes, r, format: bgr233Format, target: canaryAround(r) });
    assert.equal(await once(), 0);
    await assert.rejects(once(), ProtocolError);
  });
});
