/** Tiles of Hextile (RFB 7.7.4); the twin of ../assembly/hextile.ts. */
import { HEXTILE_BACKGROUND, HEXTILE_FOREGROUND, HEXTILE_KNOWN } from '../hextile-layout.ts';
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const RAW = 1;
const BACKGROUND_SPECIFIED = 2;
const FOREGROUND_SPECIFIED = 4;
const ANY_SUBRECTS = 8;
const SUBRECTS_COLOURED = 16;

/** Colours that are counted in a tile, and those after which it is asked whether it will be raw anyway. */
const MAX_COUNTED = 16;
const FIRST_COUNTED = 4;
const MAX_SUBRECTS = 255;

interface Tile {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly values: readonly number[];
}

interface Subrectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function hextileKernels(memory: KernelMemory): Pick<Kernels, 'writeHextileTiles'> {
  const writeTile: Kernels['writeHextileTiles'] = (
    pixels,
    stride,
    width,
    height,
    size,
    shifts,
    state,
    target,
  ) => {
    const { bytes, words } = memory;
    const values: number[] = [];
    for (let y = 0; y < height; y++) {
      const row = (pixels + y * stride) >>> 2;
      values.push(...words.subarray(row, row + width));
    }
    const tile: Tile = { width, height, values };
    const raw = values.length * size;
    const word = (offset: number): number => (state + offset) >>> 2;
    const known = words[word(HEXTILE_KNOWN)]!;
    const isBackground = (value: number): boolean =>
      (known & 1) !== 0 && words[word(HEXTILE_BACKGROUND)] === value;
    const isForeground = (value: number): boolean =>
      (known & 2) !== 0 && words[word(HEXTILE_FOREGROUND)] === value;

    let at = target;
    const writePixel = (value: number): void => {
      for (let i = 0; i < size; i++) bytes[at++] = value >>> ((shifts >>> (8 * i)) & 31);
    };
    const writeRaw = (): number => {
      bytes[at++] = RAW;
      for (const value of values) writePixel(value);
      words[word(HEXTILE_KNOWN)] = 0;
      return at - target;
    };

    const ground = chooseColours(tile, size, isBackground);
    if (ground === undefined) return writeRaw();
    const { background, foreground, colours } = ground;
    const coloured = colours > 2;
    const newBackground = !isBackground(background);
    const newForeground = colours === 2 && !isForeground(foreground);
    const head = 1 + (newBackground ? size : 0) + (newForeground ? size : 0);
    const each = coloured ? size + 2 : 2;
    const room = Math.min(MAX_SUBRECTS, Math.floor(Math.max(0, raw - head - 1) / each));
    const found = cover(tile, background);
    if (colours > 1 && found.length > room) return writeRaw();

    bytes[at++] =
      (newBackground ? BACKGROUND_SPECIFIED : 0) |
      (newForeground ? FOREGROUND_SPECIFIED : 0) |
      (colours > 1 ? ANY_SUBRECTS : 0) |
      (coloured ? SUBRECTS_COLOURED : 0);
    if (newBackground) writePixel(background);
    if (newForeground) writePixel(foreground);
    words[word(HEXTILE_BACKGROUND)] = background;
    if (colours === 1) {
      words[word(HEXTILE_KNOWN)] = known | 1;
      return at - target;
    }
    if (!coloured) words[word(HEXTILE_FOREGROUND)] = foreground;
    // Behind a coloured tile the foreground is named again: some decoders use it as their scratch colour.
    words[word(HEXTILE_KNOWN)] = coloured ? 1 : 3;
    bytes[at++] = found.length;
    for (const { x, y, width: w, height: h } of found) {
      if (coloured) writePixel(values[y * width + x]!);
      bytes[at++] = (x << 4) | y;
      bytes[at++] = ((w - 1) << 4) | (h - 1);
    }
    return at - target;
  };

  return {
    writeHextileTiles: (pixels, stride, width, height, ...rest) => {
      const [size, shifts, state, target] = rest;
      let at = target;
      for (let x = 0; x < width; x += 16) {
        const w = Math.min(16, width - x);
        at += writeTile(pixels + 4 * x, stride, w, height, size, shifts, state, at);
      }
      return at - target;
    },
  };
}

interface Ground {
  readonly background: number;
  /** Of two colours the other one. */
  readonly foreground: number;
  /** 1, 2 or 3, which stands for more. */
  readonly colours: number;
}

/** Undefined when the tile is hardly anything but raw. */
function chooseColours(
  tile: Tile,
  size: number,
  isBackground: (value: number) => boolean,
): Ground | undefined {
  const { values } = tile;
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  // In order of appearance; of equally frequent ones the first.
  const most = (some: readonly (readonly [number, number])[]): number =>
    some.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
  const all = [...counts];
  if (all.length > FIRST_COUNTED) {
    for (const counted of [FIRST_COUNTED, MAX_COUNTED]) {
      const best = most(all.slice(0, counted));
      if (corners(tile, best) * (size + 2) >= values.length * size) return undefined;
    }
  }
  let background = most(all.slice(0, MAX_COUNTED));
  // What the tile ends with is likely to go on.
  if (all.length === 2 && all[0]![1] === all[1]![1]) background = values.at(-1)!;
  if (all.length !== 2)
    return { background, foreground: background, colours: Math.min(3, all.length) };

  // The fewer ones may be the better ground: where they are remembered, or lie around the others.
  const foreground = all.find(([value]) => value !== background)![0];
  const cost = (ground: number): number => {
    const count = cover(tile, ground).length;
    // Whatever is new now is likely to be so again when it changes back.
    return count > MAX_SUBRECTS ? 0x7fffffff : 2 * count + (isBackground(ground) ? 0 : 2 * size);
  };
  const nearlyAsMany = 4 * counts.get(foreground)! >= counts.get(background)!;
  const remembered = isBackground(foreground) && !isBackground(background);
  return (nearlyAsMany || remembered) && cost(foreground) < cost(background)
    ? { background: foreground, foreground: background, colours: 2 }
    : { background, foreground, colours: 2 };
}

/** How many pixels are not of a value, nor as the one to the left or above: each is the first of a rectangle. */
function corners({ width, height, values }: Tile, value: number): number {
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const own = values[i];
      const goesOn = (x > 0 && values[i - 1] === own) || (y > 0 && values[i - width] === own);
      if (own !== value && !goesOn) count++;
    }
  }
  return count;
}

/**
 * Disjoint rectangles of one colour that cover all but the background. Greedy, from the top left: the run to the right, as far down
 * as it repeats, or the run down, as far right as it repeats, whichever covers more.
 */
function cover({ width, height, values }: Tile, background: number): Subrectangle[] {
  const open = values.map((value) => value !== background);
  const found: Subrectangle[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!open[y * width + x]) continue;
      const value = values[y * width + x];
      const is = (column: number, row: number): boolean =>
        column < width &&
        row < height &&
        open[row * width + column]! &&
        values[row * width + column] === value;
      const rowIs = (columns: number, row: number): boolean =>
        Array.from({ length: columns }, (_, i) => is(x + i, row)).every(Boolean);
      const columnIs = (column: number, rows: number): boolean =>
        Array.from({ length: rows }, (_, i) => is(column, y + i)).every(Boolean);

      let across = 1;
      while (is(x + across, y)) across++;
      let acrossRows = 1;
      while (rowIs(across, y + acrossRows)) acrossRows++;
      let down = acrossRows;
      while (is(x, y + down)) down++;
      let downColumns = 1;
      while (columnIs(x + downColumns, down)) downColumns++;

      const tall = down * downColumns > across * acrossRows;
      const part = tall
        ? { x, y, width: downColumns, height: down }
        : { x, y, width: across, height: acrossRows };
      found.push(part);
      for (let row = y; row < y + part.height; row++)
        open.fill(false, row * width + x, row * width + x + part.width);
    }
  }
  return found;
}
