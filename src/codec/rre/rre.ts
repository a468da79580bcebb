/**
 * RFB 7.7.3 RRE: a background and one-coloured rectangles on it. Few viewers like nothing better; kept for those that have only it.
 * @rfb encoding 2 RRE | both ends
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit } from '../../core/limits.ts';
import { readValue, translatorOf, writeValues } from '../../pixels/translate.ts';
import { Encoding } from '../../rfb/constants.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import { area, contains, describeRectangle } from '../../rfb/rectangle.ts';
import { Cursor } from '../../wire/cursor.ts';
import type { Codec, Decoder, Encoder, PixelBlock } from '../codec.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { blockValues } from '../pixel-block.ts';
import { findSubrectangles, SUBRECTANGLE_WORDS } from './subrectangles.ts';

/** How large each of a subrectangle's x, y, width and height is: two bytes, in CoRRE one. */
export interface Places {
  readonly bytes: 1 | 2;
}

/** Our encoder never overlaps, and no other known one does; a peer that paints more than this many times over wants our time. */
const MAX_OVERPAINT = 4;

/**
 * INVARIANT: at most `4 + bytesPerPixel + pixels * (bytesPerPixel + 8)` bytes, three times Raw at 32 bits and nine times at 8: RRE has
 * no way out of noise. The area is small, so that a scheduler can choose again soon.
 */
const MAX_AREA = 64 * 64;

/** A side of CoRRE's rectangles. */
const MAX_SMALL_SIDE = 255;

export function createRreEncoder({ bytes }: Places): Encoder {
  return {
    maxWidth: bytes === 1 ? MAX_SMALL_SIDE : MAX_AREA,
    maxHeight: bytes === 1 ? MAX_SMALL_SIDE : MAX_AREA,
    maxArea: MAX_AREA,
    encode: (block, format, sink) => encode(block, format, sink, bytes),
  };
}

// Shared by all encoders: encode is synchronous.
let found = new Uint32Array(0);

function encode(block: PixelBlock, format: PixelFormat, sink: ByteWriter, bytes: 1 | 2): void {
  if (found.length === 0) found = new Uint32Array(MAX_AREA * SUBRECTANGLE_WORDS);
  const values = blockValues(block);
  const background = mostFrequent(values);
  const count = findSubrectangles(values.slice(), block, background, found);
  const pixel = Uint32Array.of(background);
  const size = bytesPerPixel(format);
  sink.u32(count);
  writeValues(pixel, format, sink.reserve(size));
  for (let i = 0; i < count; i++) {
    const at = i * SUBRECTANGLE_WORDS;
    pixel[0] = found[at + 4]!;
    writeValues(pixel, format, sink.reserve(size));
    for (let word = at; word < at + 4; word++) {
      if (bytes === 1) sink.u8(found[word]!);
      else sink.u16(found[word]!);
    }
  }
}

function mostFrequent(values: Uint32Array): number {
  const counts = new Map<number, number>();
  let best = values[0] ?? 0;
  let bestCount = 0;
  // A run of one colour costs one look into the map.
  for (let start = 0; start < values.length; ) {
    const value = values[start]!;
    let end = start + 1;
    while (end < values.length && values[end] === value) end++;
    const count = (counts.get(value) ?? 0) + end - start;
    counts.set(value, count);
    if (count > bestCount) {
      best = value;
      bestCount = count;
    }
    start = end;
  }
  return best;
}

export const createRreDecoder = ({ bytes }: Places): Decoder => ({
  frame: async (reader, r, format, limits) => {
    const size = bytesPerPixel(format);
    const count = new Cursor(await reader.peek(4)).u32();
    if (!(count <= area(r))) {
      throw new ProtocolError(`${count} RRE subrectangles in ${describeRectangle(r)}`, {
        field: 'RRE.numberOfSubrectangles',
        got: count,
      });
    }
    const length = 4 + size + count * (size + 4 * bytes);
    return reader.view(checkLimit(limits, 'maxRectBytes', length));
  },
  decode: (payload, r, format, target) => {
    const { toPixel } = translatorOf(format);
    const size = bytesPerPixel(format);
    const c = new Cursor(payload);
    const count = c.u32();
    target.fill(r, toPixel(readValue(c.view(size), 0, format)));
    const mostPixels = MAX_OVERPAINT * area(r);
    let pixels = 0;
    for (let i = 0; i < count; i++) {
      const colour = toPixel(readValue(c.view(size), 0, format));
      const place = (): number => (bytes === 1 ? c.u8() : c.u16());
      const part = { x: r.x + place(), y: r.y + place(), width: place(), height: place() };
      // CVE-2017-5884: gtk-vnc trusted these.
      if (!contains(r, part)) {
        throw new ProtocolError(
          `RRE subrectangle ${describeRectangle(part)} exceeds ${describeRectangle(r)}`,
          { field: 'RRE.subrectangle', got: describeRectangle(part) },
        );
      }
      pixels += area(part);
      if (!(pixels <= mostPixels)) {
        throw new ProtocolError(`RRE paints ${describeRectangle(r)} over and over`, {
          field: 'RRE.numberOfSubrectangles',
          got: count,
        });
      }
      target.fill(part, colour);
    }
  },
});

const places: Places = { bytes: 2 };

export const rre: Codec = {
  encoding: Encoding.RRE,
  name: 'RRE',
  sharing: 'always',
  createEncoder: () => createRreEncoder(places),
  createDecoder: () => createRreDecoder(places),
};
