/** ZRLE, the viewer's half (RFB 7.7.6). Strict: what other viewers let pass (sub-encodings 17..127 and 129) is an error. */
import { assertInvariant, ProtocolError } from '../../core/errors.ts';
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { kernelAddress } from '../../pixels/kernel-framebuffer.ts';
import { kernelSet, ZRLE_WORKSPACE_BYTES } from '../../pixels/kernels/kernels.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { Decoder } from '../codec.ts';
import { createInflater, type Inflater } from '../inflate-stream.ts';
import { placePixels, unpackingPlace } from '../unpacked.ts';
import { cpixel, perFormat, type WirePixel } from '../wire-pixel.ts';
import { frameZlibBlock } from '../zlib-block.ts';
import {
  maxTileBytes,
  packedBits,
  packedRowBytes,
  Subencoding,
  TILE_AREA,
  TILE_SIDE,
  tilesOf,
} from './tile.ts';

export function createDecoder(): Decoder {
  const inflater = createInflater();
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

// Shared by all decoders: decode is synchronous.
const palette = new Uint32Array(127);
const scratch = new Uint32Array(TILE_AREA);

/** Draws one tile from the start of `bytes`, and returns how many of them it took. */
function decodeTile(
  bytes: Uint8Array,
  tile: Rectangle,
  pixel: WirePixel,
  target: Framebuffer,
): number {
  expectBytes(bytes, 1);
  const subencoding = bytes[0]!;
  const area = tile.width * tile.height;

  if (subencoding === Subencoding.Raw) {
    const end = expectBytes(bytes, 1 + area * pixel.size);
    pixel.read(bytes.subarray(1), scratch, 0, area);
    target.put(tile, scratch);
    return end;
  }
  if (subencoding === Subencoding.PlainRle) {
    const end = readRuns(bytes, area, pixel);
    target.put(tile, scratch);
    return end;
  }

  const withRuns = subencoding >= Subencoding.PaletteRleFirst;
  const colours = withRuns ? subencoding - 128 : subencoding;
  if (!(withRuns || colours <= Subencoding.PackedLast))
    throw new ProtocolError(`ZRLE sub-encoding ${subencoding} does not exist`, {
      field: 'subencoding',
      got: subencoding,
    });
  const at = expectBytes(bytes, 1 + colours * pixel.size);
  pixel.read(bytes.subarray(1), palette, 0, colours);
  if (colours === 1) {
    target.fill(tile, palette[0]!);
    return at;
  }
  const end = withRuns
    ? readIndexedRuns(bytes, at, area, colours)
    : readPacked(bytes, at, tile, colours);
  target.put(tile, scratch);
  return end;
}

/** Returns `count`; ProtocolError when the tile has fewer bytes. */
function expectBytes(bytes: Uint8Array, count: number): number {
  if (!(count <= bytes.length))
    throw new ProtocolError('ZRLE data ends inside a tile', { field: 'zrleData' });
  return count;
}

function expectIndex(index: number, colours: number): void {
  if (!(index < colours))
    throw new ProtocolError(`ZRLE palette index ${index} of ${colours} colours`, {
      field: 'paletteIndex',
      got: index,
    });
}

function readPacked(bytes: Uint8Array, from: number, tile: Rectangle, colours: number): number {
  const bits = packedBits(colours);
  const mask = (1 << bits) - 1;
  const rowBytes = packedRowBytes(tile.width, colours);
  const end = expectBytes(bytes, from + rowBytes * tile.height);
  let out = 0;
  for (let row = from; row < end; row += rowBytes) {
    let at = row;
    let shift = 8;
    for (let x = 0; x < tile.width; x++) {
      if (shift === 0) {
        at++;
        shift = 8;
      }
      shift -= bits;
      const index = (bytes[at]! >>> shift) & mask;
      expectIndex(index, colours);
      scratch[out++] = palette[index]!;
    }
  }
  return end;
}

// Where readRunLength left off: a second result without an allocation a run.
let runEnd = 0;

/** A run's length: 1 and the sum of bytes up to the first that is not 255. Stops as soon as it is more than `left`. */
function readRunLength(bytes: Uint8Array, from: number, left: number): number {
  let at = from;
  let length = 1;
  let byte: number;
  do {
    expectBytes(bytes, at + 1);
    byte = bytes[at++]!;
    length += byte;
    if (!(length <= left))
      throw new ProtocolError('ZRLE run leaves the tile', { field: 'runLength', got: length });
  } while (byte === 255);
  runEnd = at;
  return length;
}

/** Fills a run of the tile and returns its end. */
function drawRun(colour: number, from: number, length: number): number {
  const end = from + length;
  // Most runs are too short for the call of fill to pay.
  if (length > 16) scratch.fill(colour, from, end);
  else for (let i = from; i < end; i++) scratch[i] = colour;
  return end;
}

function readRuns(bytes: Uint8Array, area: number, pixel: WirePixel): number {
  let at = 1;
  let out = 0;
  while (out < area) {
    expectBytes(bytes, at + pixel.size);
    const colour = pixel.readOne(bytes, at);
    const length = readRunLength(bytes, at + pixel.size, area - out);
    at = runEnd;
    out = drawRun(colour, out, length);
  }
  return at;
}

function readIndexedRuns(bytes: Uint8Array, from: number, area: number, colours: number): number {
  let at = from;
  let out = 0;
  while (out < area) {
    expectBytes(bytes, at + 1);
    const byte = bytes[at++]!;
    const index = byte & 127;
    expectIndex(index, colours);
    if (byte < 128) {
      scratch[out++] = palette[index]!;
    } else {
      const length = readRunLength(bytes, at, area - out);
      at = runEnd;
      out = drawRun(palette[index]!, out, length);
    }
  }
  return at;
}
