/** TRLE, the server's half (RFB 7.7.5): tile behind tile, each in the shortest sub-encoding, with the palette before if it has all. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { KernelMemory } from '../../pixels/kernels/memory.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, PixelBlock } from '../codec.ts';
import { cpixel, perFormat } from '../wire-pixel.ts';
import { encodeTiles, forgetPalette } from '../zrle/encode-tile.ts';
import { maxTileBytes } from '../zrle/tile.ts';
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
    forgetPalette();
    for (let y = 0; y < height; y += TRLE_TILE_SIDE) {
      const rows = Math.min(TRLE_TILE_SIDE, height - y);
      const tiles = { width, height: rows, address: address + y * stride, stride };
      const length = encodeTiles(tiles, pixel, row, TRLE_TILE_SIDE);
      sink.bytes(memory.bytes.subarray(row, row + length));
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
