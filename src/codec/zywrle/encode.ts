/**
 * ZYWRLE, the server's half: ZRLE, but tiles of many colours become coefficients of a wavelet (tile.ts), many of which are then
 * alike. Tiles of few colours, which is where text is, are always sent as they are.
 */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { KernelMemory } from '../../pixels/kernels/memory.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { blockValues } from '../pixel-block.ts';
import { perFormat, type WirePixel } from '../wire-pixel.ts';
import { encodeRuns, encodeTiles, tileLengths } from '../zrle/encode-tile.ts';
import { createTilesEncoder, type RowWriter } from '../zrle/encode.ts';
import { Subencoding, TILE_AREA, TILE_SIDE } from '../zrle/tile.ts';
import { channelsOf } from './channels.ts';
import { depthsOf, toCoefficients } from './tile.ts';

/** From here on, and without a level, viewers do not agree whether there is a wavelet: then nothing must depend on it. */
const EXACT_LEVEL = 9;

export function createEncoder(options: EncoderOptions): Encoder {
  const layoutOf = perFormat(channelsOf);
  let depths = 0;
  let lossy = false;

  const retune = ({ qualityLevel }: EncoderOptions): void => {
    depths = qualityLevel === undefined || qualityLevel >= EXACT_LEVEL ? 0 : depthsOf(qualityLevel);
  };
  retune(options);

  const writeTile = (
    tile: PixelBlock,
    pixel: WirePixel,
    target: number,
    format: PixelFormat,
  ): number => {
    const length = encodeTiles(tile, pixel, target);
    if (format.bitsPerPixel === 8) return length;
    const { bytes } = kernelSet().memory;
    const subencoding = bytes[target]!;
    const channels = layoutOf(format);
    if (depths === 0 || channels === undefined)
      return subencoding === Subencoding.Raw ? encodeRuns(tile, pixel, target) : length;
    const { width, height } = tile;
    // With or without runs.
    const colours = subencoding & 127;
    const fewColours = colours > 0 && colours <= Subencoding.PackedLast;
    const short = length <= (width * height * pixel.size) >> depths;
    if (fewColours || (short && subencoding !== Subencoding.Raw)) return length;

    const { memory, address } = openPlace();
    const values = blockValues(tile).slice();
    if (toCoefficients(values, tile, depths, channels)) lossy = true;
    memory.words.set(values, address >>> 2);
    bytes[target] = Subencoding.Raw;
    const coefficients = { width, height, address, stride: 4 * width };
    return 1 + encodeTiles(coefficients, pixel, target + 1);
  };

  const writeRow: RowWriter = ({ width, height, address, stride }, pixel, target, format) => {
    const lengths: number[] = [];
    let at = target;
    for (let x = 0; x < width; x += TILE_SIDE) {
      const columns = Math.min(TILE_SIDE, width - x);
      const tile = { width: columns, height, address: address + 4 * x, stride };
      const length = writeTile(tile, pixel, at, format);
      lengths.push(length);
      at += length;
    }
    kernelSet().memory.words.set(lengths, tileLengths() >>> 2);
    return at - target;
  };

  const { encode, ...rest } = createTilesEncoder(options, writeRow);
  return {
    ...rest,
    encode: (block, format, sink) => {
      lossy = false;
      encode(block, format, sink);
    },
    get lossy() {
      return lossy;
    },
    retune,
  };
}

// Shared by all encoders: encode is synchronous.
let place: { readonly memory: KernelMemory; readonly address: number } | undefined;

/** Where a tile of coefficients is put. */
function openPlace(): { readonly memory: KernelMemory; readonly address: number } {
  const { memory } = kernelSet();
  if (place?.memory !== memory) place = { memory, address: memory.allocate(4 * TILE_AREA) };
  return place;
}
