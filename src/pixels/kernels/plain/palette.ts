/** Distinct values of blocks, and what blocks become when values are few; the twin of ../assembly/palette.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';
import { PALETTE_COLOURS, PALETTE_COUNT, PALETTE_TRANSITIONS } from '../palette-layout.ts';

const GENERATION = 8;
const SLOTS = 1088;
const SLOT_COUNT = 2048;
const LAST_GENERATION = 0xffff;

type PaletteKernels = Pick<
  Kernels,
  | 'clearPalette'
  | 'scanPalette'
  | 'addColours'
  | 'copyColours'
  | 'dropColours'
  | 'mapIndexes'
  | 'remapIndexes'
  | 'mapBits'
>;

export function paletteKernels(memory: KernelMemory): PaletteKernels {
  /** The first word of the slot that holds a value, or else of the free one where it belongs. A slot is index and value. */
  const slotOf = (words: Uint32Array, palette: number, value: number): number => {
    const generation = words[(palette + GENERATION) >>> 2]!;
    for (let i = Math.imul(value, 0x9e3779b1) >>> 21; ; i = (i + 1) % SLOT_COUNT) {
      const slot = ((palette + SLOTS) >>> 2) + 2 * i;
      const free = words[slot]! >>> 16 !== generation;
      if (free || words[slot + 1] === value) return slot;
    }
  };

  const findOrAdd = (
    words: Uint32Array,
    palette: number,
    value: number,
    count: number,
    limit: number,
  ): number => {
    const slot = slotOf(words, palette, value);
    const generation = words[(palette + GENERATION) >>> 2]!;
    if (words[slot]! >>> 16 === generation) return words[slot]! & 0xffff;
    if (count >= limit) return -1;
    words[slot] = (generation << 16) | count;
    words[slot + 1] = value;
    words[((palette + PALETTE_COLOURS) >>> 2) + count] = value;
    return count;
  };

  const clearPalette = (palette: number): void => {
    const { words } = memory;
    let generation = words[(palette + GENERATION) >>> 2]! + 1;
    if (generation > LAST_GENERATION) {
      const first = (palette + SLOTS) >>> 2;
      words.fill(0, first, first + 2 * SLOT_COUNT);
      generation = 1;
    }
    words[(palette + GENERATION) >>> 2] = generation;
    words[(palette + PALETTE_COUNT) >>> 2] = 0;
    words[(palette + PALETTE_TRANSITIONS) >>> 2] = 0;
  };

  const dropColours = (palette: number, count: number): void => {
    const { words } = memory;
    for (let i = words[(palette + PALETTE_COUNT) >>> 2]! - 1; i >= count; i--) {
      const slot = slotOf(words, palette, words[((palette + PALETTE_COLOURS) >>> 2) + i]!);
      words[slot] = 0;
      words[slot + 1] = 0;
    }
    words[(palette + PALETTE_COUNT) >>> 2] = count;
  };

  return {
    clearPalette,
    dropColours,
    scanPalette: (pixels, stride, width, height, limit, palette, indexes) => {
      clearPalette(palette);
      const { words, bytes } = memory;
      let last = words[pixels >>> 2]!;
      let index = findOrAdd(words, palette, last, 0, limit);
      let count = 1;
      let transitions = 0;
      let at = indexes;
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = row; x < row + width; x++) {
          const value = words[x]!;
          if (value !== last) {
            transitions++;
            index = findOrAdd(words, palette, value, count, limit);
            if (index < 0) return 0;
            if (index === count) count++;
            last = value;
          }
          if (indexes !== 0) bytes[at++] = index;
        }
      }
      words[(palette + PALETTE_COUNT) >>> 2] = count;
      words[(palette + PALETTE_TRANSITIONS) >>> 2] = transitions;
      return count;
    },
    addColours: (palette, source, limit, lookup) => {
      const { words, bytes } = memory;
      const before = words[(palette + PALETTE_COUNT) >>> 2]!;
      const added = words[(source + PALETTE_COUNT) >>> 2]!;
      let count = before;
      for (let i = 0; i < added; i++) {
        const value = words[((source + PALETTE_COLOURS) >>> 2) + i]!;
        const index = findOrAdd(words, palette, value, count, limit);
        if (index < 0) {
          words[(palette + PALETTE_COUNT) >>> 2] = count;
          dropColours(palette, before);
          return 0;
        }
        if (index === count) count++;
        bytes[lookup + i] = index;
      }
      words[(palette + PALETTE_COUNT) >>> 2] = count;
      return count;
    },
    copyColours: (palette, target) => {
      const { words } = memory;
      const start = palette >>> 2;
      const count = words[(palette + PALETTE_COUNT) >>> 2]!;
      words.copyWithin(target >>> 2, start, start + (PALETTE_COLOURS >>> 2) + count);
    },
    mapIndexes: (pixels, stride, width, height, palette, target) => {
      const { words, bytes } = memory;
      let at = target;
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = row; x < row + width; x++)
          bytes[at++] = words[slotOf(words, palette, words[x]!)]! & 0xffff;
      }
    },
    remapIndexes: (indexes, width, height, lookup, _colours, target, targetStride) => {
      const { bytes } = memory;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++)
          bytes[target + y * targetStride + x] = bytes[lookup + bytes[indexes + y * width + x]!]!;
      }
    },
    mapBits: (pixels, stride, width, height, zero, target) => {
      const { words, bytes } = memory;
      let at = target;
      for (let y = 0; y < height; y++) {
        const row = (pixels + y * stride) >>> 2;
        for (let x = 0; x < width; x += 8) {
          let byte = 0;
          for (let i = x; i < Math.min(x + 8, width); i++)
            if (words[row + i] !== zero) byte |= 128 >> (i - x);
          bytes[at++] = byte;
        }
      }
    },
  };
}
