/** What a Hextile kernel remembers from tile to tile, and works with, at an address of so many bytes; zero at a rectangle's start. */
export const HEXTILE_STATE_BYTES: number = 16 + 3 * 64;

/** One 32-bit word each: the colours that the viewer remembers, and which of them it does: 1 background, 2 foreground. */
export const HEXTILE_BACKGROUND = 0;
export const HEXTILE_FOREGROUND = 4;
export const HEXTILE_KNOWN = 8;
