/** A naive decoder of the tiles of ZRLE and TRLE after RFB 7.7.5 and 7.7.6, independent of src/. */
import assert from 'node:assert/strict';
import { naiveBits } from './naive-pixels.ts';
import type { NaiveReader } from './naive-reader.ts';

/** The palette of the tile before, for TRLE. */
export interface NaivePalette {
  colours: readonly number[];
}

/** A tile's pixels, row by row. */
export function naiveTile(
  from: NaiveReader,
  cpixel: (from: NaiveReader) => number,
  w: number,
  h: number,
  before?: NaivePalette,
): number[] {
  let sub = from.byte();
  let palette: readonly number[];
  if (before !== undefined && (sub === 127 || sub === 129)) {
    palette = before.colours;
    assert.ok(palette.length >= 2, 'there was a palette in the tile before');
    sub = sub === 127 ? palette.length : 128 + palette.length;
  } else {
    palette = Array.from({ length: sub < 128 ? sub : sub - 128 }, () => cpixel(from));
  }
  if (before !== undefined) before.colours = palette.length >= 2 ? palette : [];
  const tile: number[] = [];
  if (sub === 0) return Array.from({ length: w * h }, () => cpixel(from));
  if (sub === 1) return Array.from({ length: w * h }, () => palette[0]!);
  if (sub <= 16) {
    const bits = sub === 2 ? 1 : sub <= 4 ? 2 : 4;
    for (let row = 0; row < h; row++)
      tile.push(...naiveBits(from, bits, w).map((index) => palette[index]!));
    return tile;
  }
  assert.ok(sub === 128 || sub >= 130, `sub-encoding ${sub}`);
  while (tile.length < w * h) {
    let value: number;
    let runs = true;
    if (sub === 128) {
      value = cpixel(from);
    } else {
      const index = from.byte();
      value = palette[index % 128]!;
      runs = index >= 128;
    }
    let length = 1;
    if (runs) {
      let more: number;
      do {
        more = from.byte();
        length += more;
      } while (more === 255);
    }
    for (let i = 0; i < length; i++) tile.push(value);
  }
  assert.equal(tile.length, w * h);
  assert.ok(tile.every((value) => value !== undefined));
  return tile;
}
