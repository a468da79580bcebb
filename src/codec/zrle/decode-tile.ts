/**
 * One tile of ZRLE or TRLE (RFB 7.7.5, 7.7.6), the viewer's half, in plain TypeScript. Strict: what other viewers let pass
 * (unused sub-encodings, palettes that are used again without having been sent) is an error.
 */
import { ProtocolError } from '../../core/errors.ts';
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { WirePixel } from '../wire-pixel.ts';
import {
  type LastPalette,
  MAX_RLE_COLOURS,
  packedBits,
  packedRowBytes,
  Subencoding,
  TILE_AREA,
} from './tile.ts';

// Shared by all decoders: decode is synchronous.
const ownPalette = new Uint32Array(MAX_RLE_COLOURS);
const scratch = new Uint32Array(TILE_AREA);

/** Draws one tile from the start of `bytes`, and returns how many of them it took. ZRLE has no last palette. */
export function decodeTile(
  bytes: Uint8Array,
  tile: Rectangle,
  pixel: WirePixel,
  target: Framebuffer,
  last?: LastPalette,
): number {
  expectBytes(bytes, 1);
  const subencoding = bytes[0]!;
  const area = tile.width * tile.height;
  const reused = last === undefined ? 0 : reusedColours(subencoding, last.count);
  if (last !== undefined && reused > 0) {
    const end =
      subencoding === Subencoding.PaletteRleReused
        ? readIndexedRuns(bytes, 1, area, last.colours, reused)
        : readPacked(bytes, 1, tile, last.colours, reused);
    target.put(tile, scratch);
    return end;
  }
  if (last !== undefined) last.count = 0;

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
  if (!(withRuns || colours <= Subencoding.PackedLast)) throw noSubencoding(subencoding);
  const palette = last?.colours ?? ownPalette;
  const at = expectBytes(bytes, 1 + colours * pixel.size);
  pixel.read(bytes.subarray(1), palette, 0, colours);
  if (colours === 1) {
    target.fill(tile, palette[0]!);
    return at;
  }
  const end = withRuns
    ? readIndexedRuns(bytes, at, area, palette, colours)
    : readPacked(bytes, at, tile, palette, colours);
  target.put(tile, scratch);
  if (last !== undefined) last.count = colours;
  return end;
}

/**
 * How many colours TRLE's sub-encodings that use the last palette again have to choose from; 0 for the other sub-encodings.
 * ProtocolError when the tile before had no palette, or one that is too large for packed indexes.
 */
export function reusedColours(subencoding: number, lastCount: number): number {
  const packed = subencoding === Subencoding.PackedReused;
  if (!packed && subencoding !== Subencoding.PaletteRleReused) return 0;
  if (!(lastCount > 0 && (!packed || lastCount <= Subencoding.PackedLast)))
    throw new ProtocolError(
      `TRLE sub-encoding ${subencoding} after a tile with a palette of ${lastCount}`,
      { field: 'subencoding', got: subencoding },
    );
  return lastCount;
}

export const noSubencoding = (subencoding: number): ProtocolError =>
  new ProtocolError(`tile sub-encoding ${subencoding} does not exist`, {
    field: 'subencoding',
    got: subencoding,
  });

/** Returns `count`; ProtocolError when the tile has fewer bytes. */
function expectBytes(bytes: Uint8Array, count: number): number {
  if (!(count <= bytes.length))
    throw new ProtocolError('tile data ends inside a tile', { field: 'tileData' });
  return count;
}

function expectIndex(index: number, colours: number): void {
  if (!(index < colours))
    throw new ProtocolError(`tile palette index ${index} of ${colours} colours`, {
      field: 'paletteIndex',
      got: index,
    });
}

function readPacked(
  bytes: Uint8Array,
  from: number,
  tile: Rectangle,
  palette: Uint32Array,
  colours: number,
): number {
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
      throw new ProtocolError('run leaves the tile', { field: 'runLength', got: length });
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

function readIndexedRuns(
  bytes: Uint8Array,
  from: number,
  area: number,
  palette: Uint32Array,
  colours: number,
): number {
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
