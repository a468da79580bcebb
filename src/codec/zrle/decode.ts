/** ZRLE, the viewer's half (RFB 7.7.6): tiles by kernels where a channel is a byte, else by decode-tile.ts. */
import { assertInvariant } from '../../core/errors.ts';
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { kernelAddress } from '../../pixels/kernel-framebuffer.ts';
import { kernelSet, ZRLE_WORKSPACE_BYTES } from '../../pixels/kernels/kernels.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { Decoder, DecoderPorts } from '../codec.ts';
import type { Inflater } from '../inflate-stream.ts';
import { placePixels, unpackingPlace } from '../unpacked.ts';
import { cpixel, perFormat, type WirePixel } from '../wire-pixel.ts';
import { frameZlibBlock } from '../zlib-block.ts';
import { inflaterOf } from './connection-stream.ts';
import { decodeTile } from './decode-tile.ts';
import { maxTileBytes, TILE_AREA, TILE_SIDE, tilesOf } from './tile.ts';

export function createDecoder(ports: DecoderPorts): Decoder {
  const inflater = inflaterOf(ports.connection);
  const pixelOf = perFormat(cpixel);
  return {
    frame: (reader, _r, _format, limits) => frameZlibBlock(reader, limits),
    decode: (payload: Uint8Array, r: Rectangle, format: PixelFormat, target: Framebuffer) => {
      const pixel = pixelOf(format);
      inflater.open(payload);
      if (pixel.order === undefined) {
        for (const tile of tilesOf(r)) decodePlainly(inflater, tile, pixel, target);
      } else {
        decodeWithKernels(inflater, r, pixel, pixel.order, target);
      }
      inflater.close();
    },
  };
}

/** The tile's length is unknown before it is decoded: looks at as much as it could take. */
const peekTile = (inflater: Inflater, tile: Rectangle, pixel: WirePixel): Uint8Array =>
  inflater.peek(maxTileBytes(tile.width * tile.height, pixel.size));

function decodePlainly(
  inflater: Inflater,
  tile: Rectangle,
  pixel: WirePixel,
  target: Framebuffer,
): void {
  inflater.skip(decodeTile(peekTile(inflater, tile, pixel), tile, pixel, target));
}

/** Tiles that are unpacked side by side and then copied together: long rows, but no more than the nearer caches hold. */
const GROUP_TILES = 8;

/** Where a channel is a byte; `order` as of WirePixel. */
function decodeWithKernels(
  inflater: Inflater,
  r: Rectangle,
  pixel: WirePixel,
  order: number,
  target: Framebuffer,
): void {
  const { kernels } = kernelSet();
  const direct = kernelAddress(target);
  const stride = direct === undefined ? 4 * TILE_SIDE * GROUP_TILES : 4 * target.width;
  const workspace = unpackingPlace(ZRLE_WORKSPACE_BYTES + 4 * TILE_AREA * GROUP_TILES);
  const group = workspace + ZRLE_WORKSPACE_BYTES;
  for (const tile of tilesOf(r)) {
    const column = Math.floor((tile.x - r.x) / TILE_SIDE) % GROUP_TILES;
    const available = peekTile(inflater, tile, pixel).length;
    const taken = kernels.unpackZrleTile(
      inflater.address(),
      available,
      direct === undefined
        ? group + 4 * TILE_SIDE * column
        : direct + 4 * target.at(tile.x, tile.y),
      stride,
      tile.width,
      tile.height,
      order,
      workspace,
    );
    if (taken === 0) {
      // The plain way knows what is wrong.
      decodePlainly(inflater, tile, pixel, target);
      assertInvariant(false, 'the kernel for ZRLE tiles takes what is right');
    }
    inflater.skip(taken);
    const end = tile.x + tile.width;
    if (direct === undefined && (column === GROUP_TILES - 1 || end === r.x + r.width)) {
      const x = tile.x - TILE_SIDE * column;
      placePixels(group, stride, { ...tile, x, width: end - x }, target);
    }
  }
}
