/** Pictures of a few pixels as rows of letters, in bgr233: 00 is black ".", 07 red, 38 green, c0 blue. */
import assert from 'node:assert/strict';
import type { Codec } from '../../src/codec/codec.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { assertOnlyInside, canaryAround, receiveRectangle } from './codec-suite.ts';

const letters: Record<number, string> = {
  0xff000000: '.',
  0xffff0000: 'r',
  0xff00ff00: 'g',
  0xff0000ff: 'b',
};

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a codec's decoder makes of a payload, all of which it must take. */
export async function decodeLetters(
  codec: Codec,
  payload: string,
  size: Size,
  format: PixelFormat = bgr233Format,
): Promise<string[]> {
  const r = { x: 3, y: 2, ...size };
  const target = canaryAround(r);
  try {
    const decoder = codec.createDecoder({});
    const bytes = fromHex(payload);
    assert.equal(await receiveRectangle({ decoder, bytes, r, format, target }), 0);
  } finally {
    assertOnlyInside(target, r);
  }
  const pixels = Array.from(target.get(r), (pixel) => letters[pixel] ?? '?');
  return Array.from({ length: size.height }, (_, y) =>
    pixels.slice(y * size.width, (y + 1) * size.width).join(''),
  );
}

/** What a codec's encoder makes of rows of letters, in hexadecimal. */
export function encodeLetters(
  codec: Codec,
  rows: readonly string[],
  format: PixelFormat = bgr233Format,
): string {
  const { toValue } = createTranslator(format);
  const colours = new Map(
    Object.entries(letters).map(([pixel, letter]) => [letter, Number(pixel)]),
  );
  const values = Uint32Array.from(rows.join(''), (letter) => toValue(colours.get(letter)!));
  const sink = new ByteWriter();
  codec.createEncoder!({}).encode(blockOf(rows[0]!.length, rows.length, values), format, sink);
  return toHex(sink.take());
}
