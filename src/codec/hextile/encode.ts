/** RFB 7.7.4 Hextile, server's half: each tile as one colour, mono or coloured subrectangles, or raw, whichever is smallest. */
import { writeValues } from '../../pixels/translate.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, PixelBlock } from '../codec.ts';
import { blockValues } from '../pixel-block.ts';
import { findSubrectangles, SUBRECTANGLE_WORDS } from '../rre/subrectangles.ts';
import { Subencoding, TILE } from './tile.ts';

/** Their number is one byte. */
const MAX_SUBRECTS = 255;
/** Colours that are counted in a tile; with more than these it is seldom anything but raw. */
const MAX_COUNTED = 16;

/** Colours that the viewer remembers from the tiles before; undefined when it must be told. */
interface Carried {
  background: number | undefined;
  foreground: number | undefined;
}

/** INVARIANT: never larger than Raw by more than one byte a tile. */
export function createEncoder(): Encoder {
  return { maxWidth: 65535, maxArea: 65536, encode };
}

function encode(block: PixelBlock, format: PixelFormat, sink: ByteWriter): void {
  const carried: Carried = { background: undefined, foreground: undefined };
  const found = new Uint32Array(MAX_SUBRECTS * SUBRECTANGLE_WORDS);
  const all = { width: block.width, height: block.height, values: blockValues(block) };
  for (let y = 0; y < block.height; y += TILE) {
    for (let x = 0; x < block.width; x += TILE) {
      const width = Math.min(TILE, block.width - x);
      const height = Math.min(TILE, block.height - y);
      const tile = { width, height, values: cut(all, x, y, width, height) };
      encodeTile(tile, carried, format, sink, found);
    }
  }
}

interface Tile {
  readonly width: number;
  readonly height: number;
  readonly values: Uint32Array;
}

function cut(block: Tile, x: number, y: number, width: number, height: number): Uint32Array {
  const values = new Uint32Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (y + row) * block.width + x;
    values.set(block.values.subarray(start, start + width), row * width);
  }
  return values;
}

function encodeTile(
  tile: Tile,
  carried: Carried,
  format: PixelFormat,
  sink: ByteWriter,
  found: Uint32Array,
): void {
  const size = bytesPerPixel(format);
  const { background, foreground } = colours(tile.values);
  const coloured = foreground === undefined;
  // More than these are larger than the raw tile: there is no need to find them all.
  const worthwhile = Math.ceil((tile.values.length * size) / ((coloured ? size : 0) + 2));
  const room = found.subarray(0, Math.min(MAX_SUBRECTS, worthwhile) * SUBRECTANGLE_WORDS);
  const count = findSubrectangles(tile.values.slice(), tile, background, room);
  const newBackground = background !== carried.background;
  const newForeground = count > 0 && !coloured && foreground !== carried.foreground;
  const length =
    (newBackground ? size : 0) +
    (newForeground ? size : 0) +
    (count > 0 ? 1 /* count */ + count * ((coloured ? size : 0) + 2) : 0);

  if (count > MAX_SUBRECTS || length >= tile.values.length * size) {
    sink.u8(Subencoding.Raw);
    writeValues(tile.values, format, sink.reserve(tile.values.length * size));
    // Viewers differ in what they remember past a raw tile.
    carried.background = undefined;
    carried.foreground = undefined;
    return;
  }

  const { BackgroundSpecified, ForegroundSpecified, AnySubrects, SubrectsColoured } = Subencoding;
  sink.u8(
    (newBackground ? BackgroundSpecified : 0) |
      (newForeground ? ForegroundSpecified : 0) |
      (count > 0 ? AnySubrects | (coloured ? SubrectsColoured : 0) : 0),
  );
  const pixel = new Uint32Array(1);
  const writePixel = (value: number): void => {
    pixel[0] = value;
    writeValues(pixel, format, sink.reserve(size));
  };
  if (newBackground) writePixel(background);
  carried.background = background;
  if (count === 0) return;
  if (newForeground) writePixel(foreground!);
  // Behind a coloured tile the foreground is named again: some decoders use it as their scratch colour.
  carried.foreground = foreground;
  sink.u8(count);
  for (let at = 0; at < count * SUBRECTANGLE_WORDS; at += SUBRECTANGLE_WORDS) {
    if (coloured) writePixel(found[at + 4]!);
    sink.u8((found[at]! << 4) | found[at + 1]!);
    sink.u8(((found[at + 2]! - 1) << 4) | (found[at + 3]! - 1));
  }
}

/** The most frequent colour, as far as counted, and the other one if there are exactly two. */
function colours(values: Uint32Array): { background: number; foreground: number | undefined } {
  const seen: number[] = [];
  const counts: number[] = [];
  let all = true;
  for (let start = 0; start < values.length; ) {
    const value = values[start]!;
    let end = start + 1;
    while (end < values.length && values[end] === value) end++;
    const at = seen.indexOf(value);
    if (at >= 0) {
      counts[at]! += end - start;
    } else if (seen.length < MAX_COUNTED) {
      seen.push(value);
      counts.push(end - start);
    } else {
      all = false;
    }
    start = end;
  }
  const best = counts.indexOf(Math.max(...counts));
  const two = all && seen.length === 2;
  return { background: seen[best]!, foreground: two ? seen[1 - best] : undefined };
}
