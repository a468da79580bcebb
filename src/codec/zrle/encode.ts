/** ZRLE, the server's half (RFB 7.7.6): tiles one behind the other, compressed together. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { cpixel, perFormat, type WirePixel } from '../wire-pixel.ts';
import { moves } from '../zlib-block.ts';
import { type DataShape, DeflateEffort } from '../zlib-stream.ts';
import { deflaterOf } from './connection-stream.ts';
import { encodeSolid, encodeTile, findSolid } from './encode-tile.ts';
import { maxTileBytes, Subencoding, tilesOf } from './tile.ts';

// The largest rectangle bounds how long the event loop stands still.
const MAX_WIDTH = 2048;
const MAX_AREA = 2048 * 256;
const TILE_SIDE = 64;
const DEFAULT_LEVEL = 2;

/** Writes a tile at an address where there is room for a byte more than maxTileBytes; returns how many bytes it took. */
export type TileWriter = (
  tile: PixelBlock,
  pixel: WirePixel,
  target: number,
  format: PixelFormat,
) => number;

export const createEncoder = (options: EncoderOptions): Encoder =>
  createTilesEncoder(options, (tile, pixel, target) => encodeTile(tile, pixel, target));

export function createTilesEncoder(options: EncoderOptions, writeTile: TileWriter): Encoder {
  const level = options.compressionLevel ?? DEFAULT_LEVEL;
  const deflater = deflaterOf(options.connection, level);
  const pixelOf = perFormat(cpixel);

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    const { width, height, address, stride } = block;
    const pixel = pixelOf(format);
    const { memory } = kernelSet();
    const start = deflater.begin(maxBlockBytes(width, height, pixel.size));
    let at = start;
    let raw = 0;
    let solid = 0;
    for (const { x, y, width: w, height: h } of tilesOf({ x: 0, y: 0, width, height })) {
      const tile = { width: w, height: h, address: address + y * stride + 4 * x, stride };
      if (x === 0) solid = findSolid({ ...tile, width });
      const length =
        memory.bytes[solid + x / TILE_SIDE] === 1
          ? encodeSolid(tile.address, pixel, at)
          : writeTile(tile, pixel, at, format);
      if (memory.bytes[at] === Subencoding.Raw) raw += length;
      at += length;
    }
    const shape = shapeOf({ all: at - start, raw }, pixel.size, level);
    const data = deflater.finish(at - start, shape);
    sink.u32(data.length).bytes(data);
  };

  return { ...moves(deflater), maxWidth: MAX_WIDTH, maxArea: MAX_AREA, encode };
}

/** Where pixels are much of it, they are what repeats; where they are all of it, it is a photo, and little does. */
function shapeOf(
  bytes: { readonly all: number; readonly raw: number },
  pixelSize: number,
  level: number,
): DataShape {
  const { all, raw } = bytes;
  if (4 * raw > all) {
    const shape = { bytesPerPixel: pixelSize, rowBytes: TILE_SIDE * pixelSize };
    return raw === all && level === DEFAULT_LEVEL
      ? { ...shape, effort: DeflateEffort.Greedy }
      : shape;
  }
  // Runs of pixels too: they are of text with soft edges, and worth the effort that indexes are.
  return { bytesPerPixel: 1, rowBytes: 0 };
}

/** The most that all tiles of a block can take. */
const maxBlockBytes = (width: number, height: number, pixelSize: number): number =>
  Math.ceil(width / TILE_SIDE) *
  Math.ceil(height / TILE_SIDE) *
  (1 + maxTileBytes(Math.min(width, TILE_SIDE) * Math.min(height, TILE_SIDE), pixelSize));
