// Distinct values of blocks, and what blocks become when values are few; the readable twin is ../plain/palette.ts.
//
// A palette is PALETTE_BYTES (../palette-layout.ts) that were zero once: count, transitions and generation; the colours in
// order of appearance; and slots of 8 bytes, found by a hash of the value: value << 32 | generation << 16 | index. A slot of
// another generation is free, so that a palette starts again without being cleared.

import { equalBytes } from './lanes';

const COUNT: usize = 0;
const TRANSITIONS: usize = 4;
const GENERATION: usize = 8;
const COLOURS: usize = 64;
const SLOTS: usize = 1088;
const SLOTS_BYTES: usize = 8 * 2048;
const LAST_GENERATION: u32 = 0xffff;

function firstSlot(palette: usize, value: u32): usize {
  return palette + SLOTS + (((value * 0x9e3779b1) >>> 21) << 3);
}

function nextSlot(palette: usize, slot: usize): usize {
  return slot + 8 == palette + SLOTS + SLOTS_BYTES ? palette + SLOTS : slot + 8;
}

/** Index of a value, which becomes colour number `count` when it is new; -1 when it is and `limit` is reached. */
function findOrAdd(palette: usize, generation: u64, value: u32, count: u32, limit: u32): i32 {
  const key = ((<u64>value) << 16) | generation;
  let slot = firstSlot(palette, value);
  while (true) {
    const entry = load<u64>(slot);
    if (entry >>> 16 == key) return <i32>entry & 0xffff;
    if (((entry >>> 16) & 0xffff) != generation) {
      if (count >= limit) return -1;
      store<u64>(slot, (key << 16) | <u64>count);
      store<u32>(palette + COLOURS + ((<usize>count) << 2), value);
      return count;
    }
    slot = nextSlot(palette, slot);
  }
}

/** Index of a value that is in the palette. */
function find(palette: usize, generation: u64, value: u32): u32 {
  const key = ((<u64>value) << 16) | generation;
  let slot = firstSlot(palette, value);
  while (load<u64>(slot) >>> 16 != key) slot = nextSlot(palette, slot);
  return load<u16>(slot);
}

/** Which of 16 pixels differ from the one before, as bits; before the first one stands `last`. */
function changesIn(pixels: usize, last: u32): u32 {
  const first = v128.load(pixels);
  const before = i32x4.replace_lane(
    i8x16.shuffle(first, first, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    0,
    last,
  );
  const low = i16x8.narrow_i32x4_s(
    i32x4.ne(first, before),
    i32x4.ne(v128.load(pixels, 16), v128.load(pixels, 12)),
  );
  const high = i16x8.narrow_i32x4_s(
    i32x4.ne(v128.load(pixels, 32), v128.load(pixels, 28)),
    i32x4.ne(v128.load(pixels, 48), v128.load(pixels, 44)),
  );
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/** 16 indexes of which those from a lane on are another. */
function replaceFrom(indexes: v128, lane: u32, index: u32): v128 {
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const chosen = i8x16.ge_u(lanes, i8x16.splat(<i8>lane));
  return v128.bitselect(i8x16.splat(<i8>index), indexes, chosen);
}

/** The first `count` of 16 indexes; what is written too much, but for the end, is written again by who comes next. */
function storeIndexes(target: usize, indexes: v128, count: u32, end: usize): void {
  if (target + 16 <= end) {
    v128.store(target, indexes);
    return;
  }
  for (let i: u32 = 0; i < count; i++)
    store<u8>(target + i, i8x16.extract_lane_u(i8x16.swizzle(indexes, i8x16.splat(<i8>i)), 0));
}

export function clearPalette(palette: usize): void {
  let generation = load<u32>(palette + GENERATION) + 1;
  if (generation > LAST_GENERATION) {
    memory.fill(palette + SLOTS, 0, SLOTS_BYTES);
    generation = 1;
  }
  store<u32>(palette + GENERATION, generation);
  store<u32>(palette + COUNT, 0);
  store<u32>(palette + TRANSITIONS, 0);
}

export function scanPalette(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  limit: u32,
  palette: usize,
  indexes: usize,
): u32 {
  clearPalette(palette);
  const generation = <u64>load<u32>(palette + GENERATION);
  const wanted = indexes != 0;
  const indexesEnd = indexes + <usize>width * height;
  let last = load<u32>(pixels);
  let index = <u32>findOrAdd(palette, generation, last, 0, limit);
  let count: u32 = 1;
  let transitions: u32 = 0;
  for (let y: u32 = 0; y < height; y++) {
    let at = pixels;
    const end = pixels + ((<usize>width) << 2);
    // Only what changes is looked up. Going from change to change has one branch that cannot be foretold: the last.
    while (at < end) {
      const pixelCount = min<u32>(16, <u32>(end - at) >>> 2);
      let changes = changesIn(at, last) & ((1 << pixelCount) - 1);
      let run = i8x16.splat(<i8>index);
      if (changes != 0) {
        transitions += popcnt(changes);
        last = load<u32>(at + (pixelCount << 2) - 4);
        do {
          const lane = ctz(changes);
          changes &= changes - 1;
          const value = load<u32>(at + (lane << 2));
          const slot = firstSlot(palette, value);
          const key = ((<u64>value) << 16) | generation;
          const entry = load<u64>(slot);
          index = <u32>entry & 0xffff;
          if (entry >>> 16 != key) {
            if (((entry >>> 16) & 0xffff) != generation) {
              if (count >= limit) return 0;
              store<u64>(slot, (key << 16) | <u64>count);
              store<u32>(palette + COLOURS + ((<usize>count) << 2), value);
              index = count++;
            } else {
              const found = findOrAdd(palette, generation, value, count, limit);
              if (found < 0) return 0;
              index = <u32>found;
              if (index == count) count++;
            }
          }
          if (wanted) run = replaceFrom(run, lane, index);
        } while (changes != 0);
      }
      if (wanted) {
        storeIndexes(indexes, run, pixelCount, indexesEnd);
        indexes += pixelCount;
      }
      at += pixelCount << 2;
    }
    pixels += stride;
  }
  store<u32>(palette + COUNT, count);
  store<u32>(palette + TRANSITIONS, transitions);
  return count;
}

export function addColours(palette: usize, source: usize, limit: u32, lookup: usize): u32 {
  const generation = <u64>load<u32>(palette + GENERATION);
  const before = load<u32>(palette + COUNT);
  const added = load<u32>(source + COUNT);
  let count = before;
  for (let i: u32 = 0; i < added; i++) {
    const value = load<u32>(source + COLOURS + ((<usize>i) << 2));
    const index = findOrAdd(palette, generation, value, count, limit);
    if (index < 0) {
      store<u32>(palette + COUNT, count);
      dropColours(palette, before);
      return 0;
    }
    if (<u32>index == count) count++;
    store<u8>(lookup + i, <u8>index);
  }
  store<u32>(palette + COUNT, count);
  return count;
}

export function copyColours(palette: usize, target: usize): void {
  memory.copy(target, palette, COLOURS + ((<usize>load<u32>(palette + COUNT)) << 2));
}

export function dropColours(palette: usize, count: u32): void {
  // Backwards: nothing that stays was ever placed behind what goes.
  for (let i = load<u32>(palette + COUNT); i > count; i--) {
    const value = load<u32>(palette + COLOURS + ((<usize>(i - 1)) << 2));
    let slot = firstSlot(palette, value);
    const generation = load<u32>(palette + GENERATION);
    const key = ((<u64>value) << 16) | <u64>generation;
    while (load<u64>(slot) >>> 16 != key) slot = nextSlot(palette, slot);
    store<u64>(slot, 0);
  }
  store<u32>(palette + COUNT, count);
}

export function mapIndexes(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  palette: usize,
  target: usize,
): void {
  const generation = <u64>load<u32>(palette + GENERATION);
  const targetEnd = target + <usize>width * height;
  let last = load<u32>(pixels);
  let index = find(palette, generation, last);
  for (let y: u32 = 0; y < height; y++) {
    let at = pixels;
    const end = pixels + ((<usize>width) << 2);
    while (at < end) {
      const pixelCount = min<u32>(16, <u32>(end - at) >>> 2);
      let changes = changesIn(at, last) & ((1 << pixelCount) - 1);
      let run = i8x16.splat(<i8>index);
      if (changes != 0) {
        last = load<u32>(at + (pixelCount << 2) - 4);
        do {
          const lane = ctz(changes);
          changes &= changes - 1;
          const value = load<u32>(at + (lane << 2));
          const entry = load<u64>(firstSlot(palette, value));
          index = <u32>entry & 0xffff;
          if (entry >>> 16 != (((<u64>value) << 16) | generation))
            index = find(palette, generation, value);
          run = replaceFrom(run, lane, index);
        } while (changes != 0);
      }
      storeIndexes(target, run, pixelCount, targetEnd);
      target += pixelCount;
      at += pixelCount << 2;
    }
    pixels += stride;
  }
}

export function remapIndexes(
  indexes: usize,
  width: u32,
  height: u32,
  lookup: usize,
  colours: u32,
  target: usize,
  targetStride: u32,
): void {
  // Lanes past `colours` are stale and never chosen.
  const table = v128.load(lookup);
  for (let y: u32 = 0; y < height; y++) {
    let x: u32 = 0;
    if (colours <= 16) {
      for (; x + 16 <= width; x += 16)
        v128.store(target + x, i8x16.swizzle(table, v128.load(indexes + x)));
    }
    for (; x < width; x++) store<u8>(target + x, load<u8>(lookup + load<u8>(indexes + x)));
    indexes += width;
    target += targetStride;
  }
}

export function mapBits(
  pixels: usize,
  stride: u32,
  width: u32,
  height: u32,
  zero: u32,
  target: usize,
): void {
  const wide = i32x4.splat(zero);
  for (let y: u32 = 0; y < height; y++) {
    let at = pixels;
    let x: u32 = 0;
    for (; x + 16 <= width; x += 16) {
      const flags = v128.not(equalBytes(at, wide));
      // Bit 0 is lane 0, but the first pixel belongs into the highest bit of its byte.
      const turned = i8x16.shuffle(
        flags,
        flags,
        7,
        6,
        5,
        4,
        3,
        2,
        1,
        0,
        15,
        14,
        13,
        12,
        11,
        10,
        9,
        8,
      );
      store<u16>(target, <u16>i8x16.bitmask(turned));
      at += 64;
      target += 2;
    }
    while (x < width) {
      let byte: u32 = 0;
      for (let bit: u32 = 128; bit > 0 && x < width; bit >>>= 1, x++, at += 4)
        if (load<u32>(at) != zero) byte |= bit;
      store<u8>(target, <u8>byte);
      target++;
    }
    pixels += stride;
  }
}
