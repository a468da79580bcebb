// Landmarks by which a moved part of a picture is found again; the readable twin is ../plain/features.ts.

/** Pixels of a feature. */
const SPAN: u32 = 32;
/** Of the edges in a picture about one in eight is a feature: those whose surroundings mix to a multiple of it. */
const SELECTION: u32 = 7;
const TABLE_BITS: u32 = 14;
const TABLE_MASK: u32 = (1 << TABLE_BITS) - 1;
/** In place of a position: the feature stands more than once. */
const AMBIGUOUS: u32 = 0xffffffff;

const K0: u32 = 0x9e3779b1;
const K1: u32 = 0x85ebca77;
const K2: u32 = 0xc2b2ae3d;
const K3: u32 = 0x27d4eb2f;
/** Even, so that odd factors stay odd. */
const STEP: u32 = 0x632be5a6;

/** Of four pixels, as bits, those at which a feature begins. */
function selected(at: usize): u32 {
  const left = v128.load(at - 4);
  const here = v128.load(at);
  const edges = i32x4.ne(left, here);
  if (!v128.any_true(edges)) return 0;
  let mixed = i32x4.mul(v128.xor(left, i32x4.shl(v128.load(at + 20), 5)), i32x4.splat(K0));
  mixed = i32x4.add(
    mixed,
    i32x4.mul(v128.xor(here, i32x4.shl(v128.load(at + 36), 7)), i32x4.splat(K1)),
  );
  mixed = i32x4.add(
    mixed,
    i32x4.mul(v128.xor(v128.load(at + 8), i32x4.shl(v128.load(at + 56), 11)), i32x4.splat(K2)),
  );
  mixed = v128.xor(mixed, i32x4.shr_u(mixed, 15));
  mixed = i32x4.mul(mixed, i32x4.splat(K3));
  const chosen = i32x4.eq(v128.and(i32x4.shr_u(mixed, 20), i32x4.splat(SELECTION)), i32x4.splat(0));
  return i32x4.bitmask(v128.and(edges, chosen));
}

/** Of the pixels of a feature. Never 0. Sums of products, as a chain of them would wait for each. */
function hashOf(at: usize): u32 {
  let factors = i32x4(K0, K1, K2, K3);
  let mixed = i32x4.splat(0);
  for (let i: usize = 0; i < SPAN * 4; i += 16) {
    mixed = i32x4.add(mixed, i32x4.mul(v128.load(at + i), factors));
    factors = i32x4.add(factors, i32x4.splat(STEP));
  }
  mixed = v128.xor(mixed, i32x4.shr_u(mixed, 15));
  let hash =
    i32x4.extract_lane(mixed, 0) ^
    rotl<i32>(i32x4.extract_lane(mixed, 1), 8) ^
    rotl<i32>(i32x4.extract_lane(mixed, 2), 16) ^
    rotl<i32>(i32x4.extract_lane(mixed, 3), 24);
  hash *= <i32>K0;
  return <u32>hash | 1;
}

/** The slot with this hash, or the empty one where it belongs. The table is never full. */
function slotOf(table: usize, hash: u32): usize {
  let index = hash >>> (32 - TABLE_BITS);
  let there = load<u32>(table + ((<usize>index) << 3));
  while (there != hash && there != 0) {
    index = (index + 1) & TABLE_MASK;
    there = load<u32>(table + ((<usize>index) << 3));
  }
  return table + ((<usize>index) << 3);
}

/** Notes the features of every `rowStep`-th row in a table, at most `room` new ones; returns how many. */
export function indexFeatures(
  block: usize,
  stride: u32,
  width: u32,
  height: u32,
  x: u32,
  y: u32,
  rowStep: u32,
  table: usize,
  room: u32,
): u32 {
  let added: u32 = 0;
  for (let row: u32 = 0; row < height; row += rowStep) {
    const start = block + row * stride;
    for (let column: u32 = 1; column + SPAN <= width; column += 4) {
      let lanes = selected(start + (column << 2));
      while (lanes != 0) {
        const at = column + ctz<u32>(lanes);
        lanes &= lanes - 1;
        if (at + SPAN > width) break;
        const hash = hashOf(start + (at << 2));
        const slot = slotOf(table, hash);
        if (load<u32>(slot) != 0) {
          store<u32>(slot, AMBIGUOUS, 4);
          continue;
        }
        if (added == room) return added;
        store<u32>(slot, hash);
        store<u32>(slot, ((y + row) << 16) | (x + at), 4);
        added++;
      }
    }
  }
  return added;
}

/** Looks features up in a table; each that stands elsewhere, once, is a vote (dy << 16 | dx & 0xffff). Returns how many. */
export function matchFeatures(
  block: usize,
  stride: u32,
  width: u32,
  height: u32,
  x: u32,
  y: u32,
  table: usize,
  votes: usize,
  room: u32,
): u32 {
  let count: u32 = 0;
  for (let row: u32 = 0; row < height; row++) {
    const start = block + row * stride;
    for (let column: u32 = 1; column + SPAN <= width; column += 4) {
      let lanes = selected(start + (column << 2));
      while (lanes != 0) {
        const at = column + ctz<u32>(lanes);
        lanes &= lanes - 1;
        if (at + SPAN > width) break;
        const slot = slotOf(table, hashOf(start + (at << 2)));
        if (load<u32>(slot) == 0) continue;
        const position = load<u32>(slot, 4);
        const here = ((y + row) << 16) | (x + at);
        if (position == AMBIGUOUS || position == here) continue;
        if (count == room) return count;
        const dx = (here & 0xffff) - (position & 0xffff);
        const dy = (here >>> 16) - (position >>> 16);
        store<u32>(votes + ((<usize>count) << 2), (dy << 16) | (dx & 0xffff));
        count++;
      }
    }
  }
  return count;
}
