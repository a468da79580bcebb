/** RFB 7.7.4 Hextile, viewer's half: a strip is one row of tiles; the two colours are carried from tile to tile and strip to strip. */
import { assertInvariant, ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import { OPAQUE, type Framebuffer } from '../../pixels/framebuffer.ts';
import { readPixels, readValue, translatorOf } from '../../pixels/translate.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import { area, describeRectangle, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { Decoder } from '../codec.ts';
import { Subencoding, TILE } from './tile.ts';

const { Raw, BackgroundSpecified, ForegroundSpecified, AnySubrects, SubrectsColoured } =
  Subencoding;
const KNOWN_BITS = Raw | BackgroundSpecified | ForegroundSpecified | AnySubrects | SubrectsColoured;

/** Colours carried over, as our pixels; undefined until the rectangle names them. */
interface Carried {
  background: number | undefined;
  foreground: number | undefined;
}

export function createDecoder(): Decoder {
  const carried: Carried = { background: undefined, foreground: undefined };
  return {
    stripRows: () => TILE,
    begin: () => {
      carried.background = undefined;
      carried.foreground = undefined;
    },
    frame,
    decode: (payload, r, format, target) => {
      const strip = { payload, format, target, size: bytesPerPixel(format) };
      let at = 0;
      for (const tile of tilesOf(r)) at = decodeTile(strip, at, tile, carried);
      assertInvariant(at === payload.length, 'a Hextile strip is as long as its tiles say');
    },
  };
}

function* tilesOf(r: Rectangle): Generator<Rectangle> {
  for (let y = 0; y < r.height; y += TILE) {
    for (let x = 0; x < r.width; x += TILE) {
      const width = Math.min(TILE, r.width - x);
      yield { x: r.x + x, y: r.y + y, width, height: Math.min(TILE, r.height - y) };
    }
  }
}

/** Walks the bytes that tell how long each tile is. */
async function frame(
  reader: ByteReader,
  r: Rectangle,
  format: PixelFormat,
  limits: Limits,
): Promise<Uint8Array> {
  const size = bytesPerPixel(format);
  const wanted = (count: number): number => checkLimit(limits, 'maxRectBytes', count);
  let end = 0;
  for (const tile of tilesOf(r)) {
    end = wanted(end + 1);
    if (reader.buffered < end) await reader.need(end);
    const bits = checkSubencoding(reader.byteAt(end - 1));
    if ((bits & Raw) !== 0) {
      end = wanted(end + area(tile) * size);
      continue;
    }
    if ((bits & BackgroundSpecified) !== 0) end += size;
    if ((bits & ForegroundSpecified) !== 0) end += size;
    if ((bits & AnySubrects) === 0) continue;
    end = wanted(end + 1);
    if (reader.buffered < end) await reader.need(end);
    const count = reader.byteAt(end - 1);
    end = wanted(end + count * (((bits & SubrectsColoured) !== 0 ? size : 0) + 2));
  }
  if (reader.buffered < end) await reader.need(end);
  return reader.take(end);
}

function checkSubencoding(bits: number): number {
  if ((bits & ~KNOWN_BITS) !== 0)
    throw new ProtocolError(`unknown Hextile subencoding ${bits}`, {
      field: 'Hextile.subencoding',
      got: bits,
    });
  return bits;
}

/** What tiles are decoded from, and where to. */
interface Strip {
  /** As long as its tiles say: frame() has seen to that. */
  readonly payload: Uint8Array;
  readonly format: PixelFormat;
  readonly target: Framebuffer;
  /** Bytes of a pixel. */
  readonly size: number;
}

/** Returns where the next tile begins. Without an object for each part: there are tens of thousands in a picture. */
function decodeTile(strip: Strip, start: number, tile: Rectangle, carried: Carried): number {
  const { payload, format, target, size } = strip;
  let at = start;
  const bits = checkSubencoding(payload[at++]!);
  if ((bits & Raw) !== 0) return readPixels(payload, at, format, target, tile);
  const { toPixel } = translatorOf(format);
  const colourAt = (offset: number): number => toPixel(readValue(payload, offset, format));
  if ((bits & BackgroundSpecified) !== 0) {
    carried.background = colourAt(at);
    at += size;
  }
  if ((bits & ForegroundSpecified) !== 0) {
    carried.foreground = colourAt(at);
    at += size;
  }
  const { width, height } = tile;
  const origin = target.at(tile.x, tile.y);
  fillPart(target, origin, width, height, named(carried.background, 'background'));
  if ((bits & AnySubrects) === 0) return at;

  const coloured = (bits & SubrectsColoured) !== 0;
  const count = payload[at++]!;
  let colour = coloured || count === 0 ? 0 : named(carried.foreground, 'foreground');
  for (let i = 0; i < count; i++) {
    if (coloured) {
      colour = colourAt(at);
      at += size;
    }
    const place = payload[at]!;
    const extent = payload[at + 1]!;
    at += 2;
    const x = place >> 4;
    const y = place & 15;
    const right = x + (extent >> 4) + 1;
    const bottom = y + (extent & 15) + 1;
    // CVE-2017-5884: gtk-vnc trusted these.
    if (right > width || bottom > height) refuse({ x, y, right, bottom }, tile);
    fillPart(target, origin + y * target.width + x, right - x, bottom - y, colour);
  }
  return at;
}

/** A part of a tile, from index `first` on. By hand: to call for each row takes longer than the row. */
function fillPart(
  { pixels, width: stride }: Framebuffer,
  first: number,
  width: number,
  height: number,
  colour: number,
): void {
  const value = (colour | OPAQUE) >>> 0;
  for (let row = first; row < first + height * stride; row += stride)
    for (let i = row; i < row + width; i++) pixels[i] = value;
}

function refuse(
  part: { readonly x: number; readonly y: number; readonly right: number; readonly bottom: number },
  tile: Rectangle,
): never {
  const { x, y, right, bottom } = part;
  const place = { x: tile.x + x, y: tile.y + y, width: right - x, height: bottom - y };
  const described = describeRectangle(place);
  throw new ProtocolError(`Hextile subrectangle ${described} exceeds ${describeRectangle(tile)}`, {
    field: 'Hextile.subrectangle',
    got: described,
  });
}

function named(colour: number | undefined, which: 'background' | 'foreground'): number {
  if (colour === undefined)
    throw new ProtocolError(`Hextile tile uses a ${which} that no tile before it named`, {
      field: `Hextile.${which}`,
    });
  return colour;
}
