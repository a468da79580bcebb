// Tiles of ZRLE and TRLE as encoders write them (RFB 7.7.5, 7.7.6): the sub-encoding with the fewest bytes, for ZRLE as they
// are guessed to be behind deflate. The readable twin is ../plain/zrle-write.ts, the state that of ../zrle-layout.ts.
import { equalBytes } from './lanes';
import { packPixels } from './pack';
import { remapIndexes, scanPalette } from './palette';
import {
  indexRunBytes,
  indexRuns,
  longRunBytes,
  packIndexes,
  pixelRunBytes,
  writeIndexRuns,
  writePixelRuns,
} from './runs';

const LAST_COUNT: usize = 0;
const LENGTHS: usize = 64;
const LAST_COLOURS: usize = 576;
const LOOKUP: usize = 1088;
const SOLID_SQUARES: usize = 1216;
const INDEXES: usize = 1280;
const PALETTE: usize = 5440;
/** Where the colours start. */
const COLOURS: usize = PALETTE + 64;

const RAW: u8 = 0;
const SOLID: u8 = 1;
const PACKED_LAST: u32 = 16;
const PACKED_REUSED: u8 = 127;
const PLAIN_RLE: u32 = 128;
const PALETTE_RLE_REUSED: u8 = 129;
const MAX_COLOURS: u32 = 127;
const ZRLE_SIDE: u32 = 64;

// As in the twin.
const PACKED_MAY_TAKE: u32 = 12;
const RUNS_MAY_TAKE: u32 = 10;

// What stays the same during a call.
let stride: u32 = 0;
let size: u32 = 0;
let shift0: u32 = 0;
let shift1: u32 = 0;
let shift2: u32 = 0;
let shift3: u32 = 0;
let state: usize = 0;

export function writeZrleTiles(
  pixels: usize,
  rowStride: u32,
  width: u32,
  height: u32,
  side: u32,
  pixelSize: u32,
  shifts: u32,
  work: usize,
  target: usize,
): u32 {
  stride = rowStride;
  size = pixelSize;
  shift0 = shifts & 255;
  shift1 = (shifts >>> 8) & 255;
  shift2 = (shifts >>> 16) & 255;
  shift3 = shifts >>> 24;
  state = work;
  const start = target;
  const isZrle = side == ZRLE_SIDE;
  let solid = work + SOLID_SQUARES;
  let lengths = work + LENGTHS;
  for (let x: u32 = 0; x < width; x += side, solid++, lengths += 4) {
    const tile = pixels + ((<usize>x) << 2);
    const end =
      isZrle && load<u8>(solid) != 0
        ? writePixels(SOLID, tile, 1, target)
        : writeTile(tile, min(side, width - x), height, isZrle, target);
    if (!isZrle) remember(target);
    store<u32>(lengths, <u32>(end - target));
    target = end;
  }
  return <u32>(target - start);
}

// Each of these returns where what it wrote ends.

function writeTile(pixels: usize, width: u32, height: u32, isZrle: bool, target: usize): usize {
  const area = width * height;
  const raw = area * size;
  const indexes = state + INDEXES;
  let colours = scanFew(pixels, width, height);
  if (colours == 1) return writePixels(SOLID, pixels, 1, target);
  if (colours == 0)
    colours = scanPalette(pixels, stride, width, height, MAX_COLOURS, state + PALETTE, indexes);
  if (colours == 0) {
    const plain = pixelRunBytes(pixels, stride, width, height, size);
    const isShort = isZrle ? plain * 16 < raw * RUNS_MAY_TAKE : plain < raw;
    if (isShort) return writeRuns(pixels, width, height, target);
    return writeRaw(pixels, width, height, target);
  }

  const colourBytes = colours * size;
  const packed = packedBytes(width, height, colours);
  const runs = indexRunBytes(indexes, area);
  // As pixelRunBytes has it: there are as many runs, and as long ones.
  const plain = indexRuns * (size + 1) + longRunBytes;
  const shortest = min(raw, min(packed, runs) + colourBytes);
  if (!isZrle && findAgain(colours)) {
    const end = writeReused(width, height, colours, runs, shortest, target);
    if (end != 0) return end;
  }
  if (plain < shortest) return writeRuns(pixels, width, height, target);
  if (shortest == raw) return writeRaw(pixels, width, height, target);
  const most = isZrle ? runs * PACKED_MAY_TAKE : runs;
  if (packed <= most && packed + colourBytes < raw) {
    const at = writePixels(<u8>colours, state + COLOURS, colours, target);
    return at + packIndexes(indexes, width, height, packedBits(colours), at);
  }
  const at = writePixels(<u8>(PLAIN_RLE + colours), state + COLOURS, colours, target);
  return at + writeIndexRuns(indexes, area, at);
}

/** A sub-encoding and pixels, one by one. */
function writePixels(subencoding: u8, pixels: usize, count: u32, target: usize): usize {
  store<u8>(target++, subencoding);
  for (const end = pixels + ((<usize>count) << 2); pixels < end; pixels += 4) {
    const value = load<u32>(pixels);
    store<u8>(target, <u8>(value >>> shift0));
    if (size > 1) store<u8>(target, <u8>(value >>> shift1), 1);
    if (size > 2) store<u8>(target, <u8>(value >>> shift2), 2);
    if (size > 3) store<u8>(target, <u8>(value >>> shift3), 3);
    target += size;
  }
  return target;
}

function writeRaw(pixels: usize, width: u32, height: u32, target: usize): usize {
  store<u8>(target, RAW);
  packPixels(pixels, stride, width, height, target + 1, size, shift0, shift1, shift2, shift3);
  return target + 1 + width * height * size;
}

function writeRuns(pixels: usize, width: u32, height: u32, target: usize): usize {
  store<u8>(target, <u8>PLAIN_RLE);
  const at = target + 1;
  return (
    at + writePixelRuns(pixels, stride, width, height, at, size, shift0, shift1, shift2, shift3)
  );
}

/** Whether the last palette has all of these colours; under which index each stands then goes to LOOKUP. */
function findAgain(colours: u32): bool {
  const count = load<u32>(state + LAST_COUNT);
  if (colours > count) return false;
  for (let i: u32 = 0; i < colours; i++) {
    const value = load<u32>(state + COLOURS + ((<usize>i) << 2));
    let index: u32 = 0;
    while (index < count && load<u32>(state + LAST_COLOURS + ((<usize>index) << 2)) != value)
      index++;
    if (index == count) return false;
    store<u8>(state + LOOKUP + i, <u8>index);
  }
  return true;
}

/** By the last palette, if that takes less than `below` bytes behind the first; 0 if it does not. */
function writeReused(
  width: u32,
  height: u32,
  colours: u32,
  runs: u32,
  below: u32,
  target: usize,
): usize {
  const indexes = state + INDEXES;
  const count = load<u32>(state + LAST_COUNT);
  const packed = packedBytes(width, height, count);
  if (min(runs, packed) >= below) return 0;
  remapIndexes(indexes, width, height, state + LOOKUP, colours, indexes, width);
  const at = target + 1;
  if (packed <= runs) {
    store<u8>(target, PACKED_REUSED);
    return at + packIndexes(indexes, width, height, packedBits(count), at);
  }
  store<u8>(target, PALETTE_RLE_REUSED);
  return at + writeIndexRuns(indexes, width * height, at);
}

/** Keeps the palette of the tile that was written, when it has one of its own or that of the tile before. */
function remember(target: usize): void {
  const subencoding = load<u8>(target);
  if (subencoding == PACKED_REUSED || subencoding == PALETTE_RLE_REUSED) return;
  const colours: u32 = subencoding & 127;
  const count = colours > <u32>SOLID ? colours : 0;
  store<u32>(state + LAST_COUNT, count);
  memory.copy(state + LAST_COLOURS, state + COLOURS, (<usize>count) << 2);
}

function packedBits(colours: u32): u32 {
  return colours <= 2 ? 1 : colours <= 4 ? 2 : 4;
}

/** Of packed indexes; more than anything else when there are too many colours. */
function packedBytes(width: u32, height: u32, colours: u32): u32 {
  if (colours > PACKED_LAST) return 1 << 24;
  return ((width * packedBits(colours) + 7) >>> 3) * height;
}

/** How many colours scanFew takes. */
const FEW: u32 = 4;

/** What scanPalette does when there are up to four colours, faster when they change often; 0 when there are more. */
function scanFew(pixels: usize, width: u32, height: u32): u32 {
  const colours = state + COLOURS;
  let indexes = state + INDEXES;
  store<u32>(colours, load<u32>(pixels));
  let count: u32 = 1;
  const colour0 = v128.load32_splat(colours);
  // Those that are not there yet are as the first, whose index they must not change.
  let colour1 = colour0;
  let colour2 = colour0;
  let colour3 = colour0;
  let index1 = i32x4.splat(0);
  for (let y: u32 = 0; y < height; y++) {
    let at = pixels;
    const end = pixels + ((<usize>width) << 2);
    while (at < end) {
      const isWhole = at + 64 <= end;
      if (isWhole) {
        const second = equalBytes(at, colour1);
        let known = v128.or(equalBytes(at, colour0), second);
        let index = v128.and(second, index1);
        if (count > 2) {
          const third = equalBytes(at, colour2);
          known = v128.or(known, third);
          index = v128.or(index, v128.and(third, i8x16.splat(2)));
          if (count > 3) {
            const fourth = equalBytes(at, colour3);
            known = v128.or(known, fourth);
            index = v128.or(index, v128.and(fourth, i8x16.splat(3)));
          }
        }
        if (i8x16.all_true(known)) {
          v128.store(indexes, index);
          indexes += 16;
          at += 64;
          continue;
        }
      }
      const stop = isWhole ? at + 64 : end;
      count = addFew(at, stop, count);
      if (count == 0) return 0;
      if (count > 1) {
        colour1 = v128.load32_splat(colours, 4);
        index1 = i8x16.splat(1);
      }
      if (count > 2) colour2 = v128.load32_splat(colours, 8);
      if (count > 3) colour3 = v128.load32_splat(colours, 12);
      for (; at < stop; at += 4) store<u8>(indexes++, <u8>fewIndex(load<u32>(at), count));
    }
    pixels += stride;
  }
  return count;
}

/** Adds what is new to the colours; returns how many there are then, 0 when they are not few. */
function addFew(at: usize, end: usize, count: u32): u32 {
  for (; at < end; at += 4) {
    const value = load<u32>(at);
    if (fewIndex(value, count) < count) continue;
    if (count == FEW) return 0;
    store<u32>(state + COLOURS + ((<usize>count) << 2), value);
    count++;
  }
  return count;
}

/** Index of a value; `count` when it is new. */
function fewIndex(value: u32, count: u32): u32 {
  let index: u32 = 0;
  while (index < count && load<u32>(state + COLOURS + ((<usize>index) << 2)) != value) index++;
  return index;
}
