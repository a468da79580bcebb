import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Decoder } from '../../src/codec/codec.ts';
import { decodeRectangle } from '../../src/codec/decode-rectangle.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { describeRectangle, type Rectangle } from '../../src/rfb/rectangle.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

/** What a decoder is asked to do for a rectangle, in order. */
async function calls(r: Rectangle, rows?: number): Promise<string[]> {
  const seen: string[] = [];
  const decoder: Decoder = {
    begin: () => void seen.push('begin'),
    frame: async (_reader, strip) => {
      seen.push(`frame ${describeRectangle(strip)}`);
      return Uint8Array.of(strip.y);
    },
    decode: (payload, strip) => {
      assert.equal(payload[0], strip.y);
      seen.push(`decode ${describeRectangle(strip)}`);
    },
    ...(rows === undefined ? {} : { stripRows: () => rows }),
  };
  await decodeRectangle(decoder, r, {
    reader: new ByteReader(memoryPair()[0]),
    format: nativeFormat,
    target: new Framebuffer(50, 50),
    limits: defaultLimits,
  });
  return seen;
}

describe('decodeRectangle', () => {
  const r = { x: 2, y: 3, width: 9, height: 10 };

  it('frames and decodes a rectangle whole where the decoder has no strips', async () => {
    assert.deepEqual(await calls(r), ['begin', 'frame 9x10 at 2,3', 'decode 9x10 at 2,3']);
  });

  it('begins once, then frames and decodes strip by strip, the last one smaller', async () => {
    assert.deepEqual(await calls(r, 4), [
      'begin',
      'frame 9x4 at 2,3',
      'decode 9x4 at 2,3',
      'frame 9x4 at 2,7',
      'decode 9x4 at 2,7',
      'frame 9x2 at 2,11',
      'decode 9x2 at 2,11',
    ]);
  });

  it('takes at least one row at a time', async () => {
    assert.equal((await calls({ ...r, height: 2 }, 0)).length, 1 + 2 * 2);
  });

  it('frames a rectangle without pixels once, for it may have a payload', async () => {
    for (const empty of [
      { ...r, height: 0 },
      { ...r, width: 0, height: 1 },
    ])
      assert.equal((await calls(empty, 4)).length, 1 + 2);
  });
});
