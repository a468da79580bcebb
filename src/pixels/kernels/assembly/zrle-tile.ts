// Tiles of ZRLE (RFB 7.7.6); the readable twin is ../plain/zrle-tile.ts.
import { pixelAt, unpackIndexes, unpackPixels } from './unpack';

const PLAIN_RLE: u32 = 128;
const PACKED_LAST: u32 = 16;

/** In the workspace: a palette, then a tile without gaps between its rows and room for what runs write too much. */
const TILE: usize = 4 * 128;

/**
 * Unpacks one tile from the start of `length` bytes. `order` as of unpackPixels: pixels have three bytes. Returns how many
 * bytes it took; 0 when it is malformed or does not end in these.
 */
export function unpackZrleTile(
  source: usize,
  length: u32,
  target: usize,
  stride: u32,
  width: u32,
  height: u32,
  order: u32,
  workspace: usize,
): u32 {
  if (length < 1) return 0;
  const end = source + length;
  const subencoding: u32 = load<u8>(source);
  const area = width * height;
  let at = source + 1;
  if (subencoding == 0) {
    at += 3 * area;
    if (at > end) return 0;
    unpackPixels(source + 1, target, stride, width, height, order);
    return <u32>(at - source);
  }
  if (subencoding == PLAIN_RLE) {
    at = unpackRuns(at, end, workspace + TILE, area, order);
    if (at == 0) return 0;
    placeTile(workspace + TILE, target, stride, width, height);
    return <u32>(at - source);
  }

  const colours = subencoding & 127;
  if ((subencoding < 128 && colours > PACKED_LAST) || (subencoding > 128 && colours < 2)) return 0;
  if (at + 3 * colours > end) return 0;
  unpackPixels(at, workspace, 0, colours, 1, order);
  at += 3 * colours;
  if (colours == 1) {
    fillTile(load<u32>(workspace), target, stride, width, height);
    return <u32>(at - source);
  }
  if (subencoding > 128) {
    at = unpackIndexedRuns(at, end, workspace, area, colours);
    if (at == 0) return 0;
    placeTile(workspace + TILE, target, stride, width, height);
    return <u32>(at - source);
  }
  const bits: u32 = colours == 2 ? 1 : colours <= 4 ? 2 : 4;
  const packed = ((width * bits + 7) >>> 3) * height;
  if (at + packed > end) return 0;
  if (!unpackIndexes(at, target, stride, width, height, bits, workspace, colours)) return 0;
  return <u32>(at + packed - source);
}

function fillTile(pixel: u32, target: usize, stride: u32, width: u32, height: u32): void {
  const four = i32x4.splat(pixel);
  for (let y: u32 = 0; y < height; y++) {
    let to = target;
    let left = width;
    for (; left >= 4; left -= 4, to += 16) v128.store(to, four);
    for (; left > 0; left--, to += 4) store<u32>(to, pixel);
    target += stride;
  }
}

function placeTile(tile: usize, target: usize, stride: u32, width: u32, height: u32): void {
  for (let y: u32 = 0; y < height; y++) {
    let to = target;
    let left = width;
    for (; left >= 4; left -= 4, tile += 16, to += 16) v128.store(to, v128.load(tile));
    for (; left > 0; left--, tile += 4, to += 4) store<u32>(to, load<u32>(tile));
    target += stride;
  }
}

/** Writes a run, at least one pixel; up to three behind it are overwritten. */
function drawRun(tile: usize, pixel: u32, length: u32): void {
  const four = i32x4.splat(pixel);
  const stop = tile + (length << 2);
  do {
    v128.store(tile, four);
    tile += 16;
  } while (tile < stop);
}

// Where readRun left off: a second result.
let runEnd: usize = 0;

/** A run's length: 1 and the sum of bytes up to the first that is not 255. 0 when it ends too late or is more than `left`. */
function readRun(source: usize, end: usize, left: u32): u32 {
  let length: u32 = 1;
  let byte: u32 = 255;
  while (byte == 255) {
    if (source >= end) return 0;
    byte = load<u8>(source++);
    length += byte;
    if (length > left) return 0;
  }
  runEnd = source;
  return length;
}

/** Where the runs end; 0 when they are malformed. */
function unpackRuns(source: usize, end: usize, tile: usize, area: u32, order: u32): usize {
  let left = area;
  while (left > 0) {
    if (source + 3 > end) return 0;
    const pixel = pixelAt(source, order);
    const length = readRun(source + 3, end, left);
    if (length == 0) return 0;
    source = runEnd;
    drawRun(tile, pixel, length);
    tile += length << 2;
    left -= length;
  }
  return source;
}

function unpackIndexedRuns(
  source: usize,
  end: usize,
  palette: usize,
  area: u32,
  colours: u32,
): usize {
  let tile = palette + TILE;
  let left = area;
  while (left > 0) {
    if (source >= end) return 0;
    const byte: u32 = load<u8>(source++);
    const index = byte & 127;
    if (index >= colours) return 0;
    const pixel = load<u32>(palette + (index << 2));
    if (byte < 128) {
      store<u32>(tile, pixel);
      tile += 4;
      left--;
      continue;
    }
    const length = readRun(source, end, left);
    if (length == 0) return 0;
    source = runEnd;
    drawRun(tile, pixel, length);
    tile += length << 2;
    left -= length;
  }
  return source;
}
