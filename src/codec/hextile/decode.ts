/** RFB 7.7.4 Hextile, viewer's half: a strip is one row of tiles; the two colours are carried from tile to tile and strip to strip. */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { readPixels, readValue, translatorOf } from '../../pixels/translate.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import { area, contains, describeRectangle, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import { Cursor } from '../../wire/cursor.ts';
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
      const c = new Cursor(payload);
      for (const tile of tilesOf(r)) decodeTile(c, tile, carried, format, target);
      c.end('Hextile strip');
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

function decodeTile(
  c: Cursor,
  tile: Rectangle,
  carried: Carried,
  format: PixelFormat,
  target: Framebuffer,
): void {
  const size = bytesPerPixel(format);
  const { toPixel } = translatorOf(format);
  const bits = checkSubencoding(c.u8());
  if ((bits & Raw) !== 0) {
    readPixels(c.view(area(tile) * size), 0, format, target, tile);
    return;
  }
  const readColour = (): number => toPixel(readValue(c.view(size), 0, format));
  if ((bits & BackgroundSpecified) !== 0) carried.background = readColour();
  if ((bits & ForegroundSpecified) !== 0) carried.foreground = readColour();
  target.fill(tile, named(carried.background, 'background'));
  if ((bits & AnySubrects) === 0) return;

  const count = c.u8();
  const coloured = (bits & SubrectsColoured) !== 0;
  for (let i = 0; i < count; i++) {
    const colour = coloured ? readColour() : named(carried.foreground, 'foreground');
    const place = c.u8();
    const extent = c.u8();
    const part = {
      x: tile.x + (place >> 4),
      y: tile.y + (place & 15),
      width: (extent >> 4) + 1,
      height: (extent & 15) + 1,
    };
    // CVE-2017-5884: gtk-vnc trusted these.
    if (!contains(tile, part)) {
      throw new ProtocolError(
        `Hextile subrectangle ${describeRectangle(part)} exceeds ${describeRectangle(tile)}`,
        { field: 'Hextile.subrectangle', got: describeRectangle(part) },
      );
    }
    target.fill(part, colour);
  }
}

function named(colour: number | undefined, which: 'background' | 'foreground'): number {
  if (colour === undefined)
    throw new ProtocolError(`Hextile tile uses a ${which} that no tile before it named`, {
      field: `Hextile.${which}`,
    });
  return colour;
}
