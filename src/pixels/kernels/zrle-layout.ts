/** Where things stand in what the kernel that writes tiles of ZRLE and TRLE works with, in bytes from its address. */
import { PALETTE_BYTES } from './palette-layout.ts';

/** One 32-bit word: the colours of the palette of TRLE's tile before; 0 when it had none, as before a rectangle's first. */
export const ZRLE_LAST_COUNT = 0;
/** How many bytes each tile of the last row took, 32 bits each, for up to 128 tiles. */
export const ZRLE_LENGTHS = 64;
/** The colours of the palette of TRLE's tile before. */
export const ZRLE_LAST_COLOURS = 576;
/** A byte for each colour of a palette. */
export const ZRLE_LOOKUP = 1088;
/** A byte for each of up to 32 of ZRLE's tiles: 1 where it is known to be of one value, else 0. */
export const ZRLE_SOLID = 1216;
/** A byte for each pixel of a tile. */
export const ZRLE_INDEXES = 1280;
export const ZRLE_PALETTE = 5440;

/** Zero when it is first used. */
export const ZRLE_STATE_BYTES: number = ZRLE_PALETTE + PALETTE_BYTES;
