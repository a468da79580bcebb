/** What both ends of ZRLE, and TRLE, know about a tile (RFB 7.7.5, 7.7.6): its size and its sub-encodings. */
import type { Rectangle } from '../../rfb/rectangle.ts';

export const TILE_SIDE = 64;
export const TILE_AREA: number = TILE_SIDE * TILE_SIDE;

export const Subencoding = {
  Raw: 0,
  Solid: 1,
  /** 2..16: the number of colours of a packed palette. */
  PackedFirst: 2,
  PackedLast: 16,
  /** TRLE alone: packed indexes into the palette of the tile before. */
  PackedReused: 127,
  PlainRle: 128,
  /** TRLE alone: runs of the palette of the tile before. */
  PaletteRleReused: 129,
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
export function* tilesOf(r: Rectangle, side: number = TILE_SIDE): Generator<Rectangle> {
  for (let y = r.y; y < r.y + r.height; y += side) {
    const height = Math.min(side, r.y + r.height - y);
    for (let x = r.x; x < r.x + r.width; x += side)
      yield { x, y, width: Math.min(side, r.x + r.width - x), height };
  }
}

/** The palette of the tile before, which TRLE may use again. */
export interface LastPalette {
  readonly colours: Uint32Array;
  /** 0 when that tile had none. */
  count: number;
}

export const createLastPalette = (): LastPalette => ({
  colours: new Uint32Array(MAX_RLE_COLOURS),
  count: 0,
});
