/** TRLE, the server's half (RFB 7.7.5): tile behind tile, each in the shortest sub-encoding, with the palette before if it has all. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { KernelMemory } from '../../pixels/kernels/memory.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, PixelBlock } from '../codec.ts';
import { cpixel, perFormat } from '../wire-pixel.ts';
import { encodeTile } from '../zrle/encode-tile.ts';
import { createLastPalette, maxTileBytes, tilesOf } from '../zrle/tile.ts';
import { TRLE_TILE_SIDE } from './tile.ts';

/** INVARIANT: never larger than Raw by more than one byte a tile. */
const MAX_WIDTH = 2048;
const MAX_AREA = 65536;
/** The most that a row of tiles can take. */
const ROW_BYTES = (MAX_WIDTH / TRLE_TILE_SIDE) * maxTileBytes(TRLE_TILE_SIDE ** 2, 4);

export function createEncoder(): Encoder {
  const pixelOf = perFormat(cpixel);

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    const { width, height, address, stride } = block;
    const pixel = pixelOf(format);
    const { memory } = kernelSet();
    const row = rowPlace(memory);
    const last = createLastPalette();
    for (let y = 0; y < height; y += TRLE_TILE_SIDE) {
      const rows = { x: 0, y, width, height: Math.min(TRLE_TILE_SIDE, height - y) };
      let at = row;
      for (const { x, width: w, height: h } of tilesOf(rows, TRLE_TILE_SIDE)) {
        const tile = { width: w, height: h, address: address + y * stride + 4 * x, stride };
        at += encodeTile(tile, pixel, at, last);
      }
      sink.bytes(memory.bytes.subarray(row, at));
    }
  };

  return { maxWidth: MAX_WIDTH, maxArea: MAX_AREA, encode };
}

// Shared by all encoders: encode is synchronous.
let place: { readonly memory: KernelMemory; readonly address: number } | undefined;

/** Where a row of tiles is put together. */
function rowPlace(memory: KernelMemory): number {
  if (place?.memory !== memory) place = { memory, address: memory.allocate(ROW_BYTES) };
  return place.address;
}
