/** Where things stand in a palette of the kernels, in bytes from its address. */

/** Memory of a palette: zero when it is first used, the kernels' own from then on. */
export const PALETTE_BYTES: number = 1088 + 8 * 2048;

/** One 32-bit word each: distinct values, and how often a pixel differs from the one before it in row order. */
export const PALETTE_COUNT = 0;
export const PALETTE_TRANSITIONS = 4;

/** Up to 256 values, 32 bits each, in order of appearance. */
export const PALETTE_COLOURS = 64;
