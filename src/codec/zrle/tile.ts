/** What both ends of ZRLE know about a tile (RFB 7.7.6): its size and its sub-encodings. */
import type { Rectangle } from '../../rfb/rectangle.ts';

export const TILE_SIDE = 64;
export const TILE_AREA: number = TILE_SIDE * TILE_SIDE;

export const Subencoding = {
  Raw: 0,
  Solid: 1,
  /** 2..16: the number of colours of a packed palette. */
  PackedFirst: 2,
  PackedLast: 16,
  PlainRle: 128,
  /** 130..255: 128 and the number of colours of a palette with runs. */
  PaletteRleFirst: 130,
} as const;

export const MAX_RLE_COLOURS = 127;

/** Bits of an index into a packed palette. */
export const packedBits = (colours: number): number => (colours <= 2 ? 1 : colours <= 4 ? 2 : 4);

/** Bytes of a row of packed indexes: each row starts on a byte. */
export const packedRowBytes = (width: number, colours: number): number =>
  (width * packedBits(colours) + 7) >> 3;

/** The most that a tile can take, in any sub-encoding, however wasteful the sender. */
export function maxTileBytes(pixels: number, pixelSize: number): number {
  const plainRle = pixels * (pixelSize + 1);
  const paletteRle = MAX_RLE_COLOURS * pixelSize + 2 * pixels;
  return 1 + Math.max(plainRle, paletteRle);
}

/** The tiles of a rectangle in the order of the wire: left to right, then down. */
export function* tilesOf(r: Rectangle): Generator<Rectangle> {
  for (let y = r.y; y < r.y + r.height; y += TILE_SIDE) {
    const height = Math.min(TILE_SIDE, r.y + r.height - y);
    for (let x = r.x; x < r.x + r.width; x += TILE_SIDE)
      yield { x, y, width: Math.min(TILE_SIDE, r.x + r.width - x), height };
  }
}
