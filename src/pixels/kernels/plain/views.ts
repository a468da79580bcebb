/** The memory as the twins see it during one call. Words stand at multiples of four; an index in brackets counts from there. */
import type { KernelMemory } from '../memory.ts';

export interface Views {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

export const viewsOf = ({ bytes, words }: KernelMemory): Views => ({ bytes, words });

/** Four bytes from any address, the first lowest. */
export const fourBytes = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

export const twoBytes = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8);

/** One more at the index of a table of words. */
export function increment({ words }: Views, table: number, index: number): void {
  words[(table >>> 2) + index]!++;
}
