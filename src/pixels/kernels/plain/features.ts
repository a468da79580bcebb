/** Landmarks by which a moved part of a picture is found again; the twin of ../assembly/features.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const SPAN = 32;
const SELECTION = 7;
const TABLE_BITS = 14;
const TABLE_MASK = (1 << TABLE_BITS) - 1;
const AMBIGUOUS = 0xffffffff;
const MULTIPLIERS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;
const [K0, K1, K2, K3] = MULTIPLIERS;
const STEP = 0x632be5a6;

type FeatureKernels = Pick<Kernels, 'indexFeatures' | 'matchFeatures'>;

export function featureKernels(memory: KernelMemory): FeatureKernels {
  /** Whether a feature begins at a pixel: there is an edge, and what stands around it mixes to a multiple of eight. */
  const isSelected = (words: Uint32Array, at: number): boolean => {
    const left = words[at - 1]!;
    const here = words[at]!;
    if (left === here) return false;
    let mixed =
      Math.imul(left ^ (words[at + 5]! << 5), K0) +
      Math.imul(here ^ (words[at + 9]! << 7), K1) +
      Math.imul(words[at + 2]! ^ (words[at + 14]! << 11), K2);
    mixed = Math.imul(mixed ^ ((mixed | 0) >>> 15), K3);
    return ((mixed >>> 20) & SELECTION) === 0;
  };

  /** Four sums, one for each column of four, mixed into one. Never 0. */
  const hashOf = (words: Uint32Array, at: number): number => {
    let hash = 0;
    for (let lane = 0; lane < 4; lane++) {
      let factor: number = MULTIPLIERS[lane]!;
      let mixed = 0;
      for (let i = lane; i < SPAN; i += 4) {
        mixed = (mixed + Math.imul(words[at + i]!, factor)) | 0;
        factor = (factor + STEP) | 0;
      }
      mixed ^= mixed >>> 15;
      hash ^= (mixed << (8 * lane)) | (lane === 0 ? 0 : mixed >>> (32 - 8 * lane));
    }
    return (Math.imul(hash, K0) | 1) >>> 0;
  };

  const slotOf = (words: Uint32Array, table: number, hash: number): number => {
    for (let index = hash >>> (32 - TABLE_BITS); ; index = (index + 1) & TABLE_MASK) {
      const slot = (table >>> 2) + 2 * index;
      if (words[slot] === hash || words[slot] === 0) return slot;
    }
  };

  return {
    indexFeatures: (block, stride, width, height, x, y, rowStep, table, room) => {
      const { words } = memory;
      let added = 0;
      for (let row = 0; row < height; row += rowStep) {
        const start = (block + row * stride) >>> 2;
        for (let at = 1; at + SPAN <= width; at++) {
          if (!isSelected(words, start + at)) continue;
          const hash = hashOf(words, start + at);
          const slot = slotOf(words, table, hash);
          if (words[slot] !== 0) {
            words[slot + 1] = AMBIGUOUS;
            continue;
          }
          if (added === room) return added;
          words[slot] = hash;
          words[slot + 1] = ((y + row) << 16) | (x + at);
          added++;
        }
      }
      return added;
    },

    matchFeatures: (block, stride, width, height, x, y, table, votes, room) => {
      const { words } = memory;
      let count = 0;
      for (let row = 0; row < height; row++) {
        const start = (block + row * stride) >>> 2;
        for (let at = 1; at + SPAN <= width; at++) {
          if (!isSelected(words, start + at)) continue;
          const slot = slotOf(words, table, hashOf(words, start + at));
          const position = words[slot + 1]!;
          const isKnown = words[slot] !== 0 && position !== AMBIGUOUS;
          const here = (((y + row) << 16) | (x + at)) >>> 0;
          if (!isKnown || position === here) continue;
          if (count === room) return count;
          const dx = (here & 0xffff) - (position & 0xffff);
          const dy = (here >>> 16) - (position >>> 16);
          words[(votes >>> 2) + count] = (dy << 16) | (dx & 0xffff);
          count++;
        }
      }
      return count;
    },
  };
}
