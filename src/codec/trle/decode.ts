/**
 * TRLE, the viewer's half (RFB 7.7.5): a strip is one row of tiles. The length of a tile stands nowhere: it is found by walking
 * over sub-encodings, palettes and runs, and the tile is then decoded as one of ZRLE's.
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import { area, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { Decoder } from '../codec.ts';
import { cpixel, perFormat } from '../wire-pixel.ts';
import { decodeTile, noSubencoding, reusedColours } from '../zrle/decode-tile.ts';
import { createLastPalette, packedRowBytes, Subencoding, tilesOf } from '../zrle/tile.ts';
import { TRLE_TILE_SIDE } from './tile.ts';

export function createDecoder(): Decoder {
  const pixelOf = perFormat(cpixel);
  const last = createLastPalette();
  /** Colours of the palette of the tile before, as far as was framed. */
  let framed = 0;

  const frame = async (
    reader: ByteReader,
    r: Rectangle,
    format: PixelFormat,
    limits: Limits,
  ): Promise<Uint8Array> => {
    const { size } = pixelOf(format);
    let end = 0;
    for (const tile of tilesOf(r, TRLE_TILE_SIDE)) {
      const walk: Walk = { reader, limits, at: end, colours: framed };
      await walkTile(walk, tile, size);
      end = walk.at;
      framed = walk.colours;
    }
    await reader.need(end);
    return reader.take(end);
  };

  return {
    stripRows: () => TRLE_TILE_SIDE,
    begin: () => {
      framed = 0;
      last.count = 0;
    },
    frame,
    decode: (payload, r, format, target) => {
      const pixel = pixelOf(format);
      let at = 0;
      for (const tile of tilesOf(r, TRLE_TILE_SIDE))
        at += decodeTile(payload.subarray(at), tile, pixel, target, last);
    },
  };
}

/** How far a strip is known. */
interface Walk {
  readonly reader: ByteReader;
  readonly limits: Limits;
  /** Bytes from the start of the strip. */
  at: number;
  /** Of the palette that the next tile may use again; 0 when there is none. */
  colours: number;
}

/** Steps over a tile, and waits for no more of it than tells how long it is. */
async function walkTile(walk: Walk, tile: Rectangle, pixelSize: number): Promise<void> {
  const pixels = area(tile);
  const subencoding = await nextByte(walk);
  const reused = reusedColours(subencoding, walk.colours);
  if (subencoding === Subencoding.PackedReused) {
    skip(walk, packedRowBytes(tile.width, reused) * tile.height);
  } else if (subencoding === Subencoding.PaletteRleReused) {
    await walkIndexedRuns(walk, pixels);
  } else if (subencoding >= Subencoding.PaletteRleFirst) {
    walk.colours = subencoding - 128;
    skip(walk, walk.colours * pixelSize);
    await walkIndexedRuns(walk, pixels);
  } else if (subencoding >= Subencoding.PackedFirst && subencoding <= Subencoding.PackedLast) {
    walk.colours = subencoding;
    skip(walk, subencoding * pixelSize + packedRowBytes(tile.width, subencoding) * tile.height);
  } else {
    walk.colours = 0;
    if (subencoding === Subencoding.Raw) skip(walk, pixels * pixelSize);
    else if (subencoding === Subencoding.Solid) skip(walk, pixelSize);
    else if (subencoding === Subencoding.PlainRle) await walkRuns(walk, pixels, pixelSize);
    else throw noSubencoding(subencoding);
  }
}

async function walkRuns(walk: Walk, pixels: number, pixelSize: number): Promise<void> {
  for (let left = pixels; left > 0; ) {
    skip(walk, pixelSize);
    left -= await runLength(walk, left);
  }
}

async function walkIndexedRuns(walk: Walk, pixels: number): Promise<void> {
  for (let left = pixels; left > 0; ) {
    const index = arrived(walk) ? takeByte(walk) : await nextByte(walk);
    left -= index < 128 ? 1 : await runLength(walk, left);
  }
}

/** 1 and the sum of bytes up to the first that is not 255. Stops as soon as it is more than `left`. */
async function runLength(walk: Walk, left: number): Promise<number> {
  let length = 1;
  let byte: number;
  do {
    byte = arrived(walk) ? takeByte(walk) : await nextByte(walk);
    length += byte;
    if (!(length <= left))
      throw new ProtocolError('TRLE run leaves the tile', { field: 'runLength', got: length });
  } while (byte === 255);
  return length;
}

function skip(walk: Walk, count: number): void {
  walk.at = checkLimit(walk.limits, 'maxRectBytes', walk.at + count);
}

const arrived = ({ reader, at }: Walk): boolean => at < reader.buffered;

async function nextByte(walk: Walk): Promise<number> {
  const end = checkLimit(walk.limits, 'maxRectBytes', walk.at + 1);
  if (walk.reader.buffered < end) await walk.reader.need(end);
  return takeByte(walk);
}

const takeByte = (walk: Walk): number => walk.reader.byteAt(walk.at++);
