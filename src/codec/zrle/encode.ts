/** ZRLE, the server's half (RFB 7.7.6): tiles one behind the other, compressed together. */
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { solidIn } from '../pixel-block.ts';
import { cpixel, perFormat, type WirePixel } from '../wire-pixel.ts';
import { moves } from '../zlib-block.ts';
import { deflaterOf } from './connection-stream.ts';
import { encodeTiles } from './encode-tile.ts';
import { createParts } from './parts.ts';
import { maxTileBytes, TILE_SIDE } from './tile.ts';

// The largest rectangle bounds how long the event loop stands still.
const MAX_WIDTH = 2048;
const MAX_AREA = 1024 * 1024;
const DEFAULT_LEVEL = 2;

/**
 * Writes a row of tiles at an address where there is room for a byte more than maxTileBytes for each; returns how many bytes
 * they took, and leaves at `tileLengths` how many each.
 */
export type RowWriter = (
  row: PixelBlock,
  pixel: WirePixel,
  target: number,
  format: PixelFormat,
) => number;

export const createEncoder = (options: EncoderOptions): Encoder =>
  createTilesEncoder(options, (row, pixel, target) => encodeTiles(row, pixel, target));

export function createTilesEncoder(options: EncoderOptions, writeRow: RowWriter): Encoder {
  const level = options.compressionLevel ?? DEFAULT_LEVEL;
  const deflater = deflaterOf(options.connection, level);
  const pixelOf = perFormat(cpixel);

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    const { width, height, address, stride } = block;
    const pixel = pixelOf(format);
    const columns = Math.ceil(width / TILE_SIDE);
    const parts = createParts(pixel.size, level === DEFAULT_LEVEL);
    let at = deflater.begin(maxBlockBytes(width, height, pixel.size));
    for (let y = 0; y < height; y += TILE_SIDE) {
      const rows = Math.min(TILE_SIDE, height - y);
      const from = address + y * stride;
      const row = { width, height: rows, address: from, stride, ...solidIn(block, 0, y) };
      const length = writeRow(row, pixel, at, format);
      parts.addTiles(at, columns);
      at += length;
    }
    const data = deflater.finishParts(parts.end());
    sink.u32(data.length).bytes(data);
  };

  return { ...moves(deflater), maxWidth: MAX_WIDTH, maxArea: MAX_AREA, encode };
}

/** The most that all tiles of a block can take. */
const maxBlockBytes = (width: number, height: number, pixelSize: number): number =>
  Math.ceil(width / TILE_SIDE) *
  Math.ceil(height / TILE_SIDE) *
  (1 + maxTileBytes(Math.min(width, TILE_SIDE) * Math.min(height, TILE_SIDE), pixelSize));
