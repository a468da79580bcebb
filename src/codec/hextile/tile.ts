/** Facts of RFB 7.7.4 Hextile that both of its ends share. */

/** Tiles are 16x16, the last ones of a row or column smaller. */
export const TILE = 16;

/** Bits of the byte before each tile. With Raw set the others mean nothing. */
export const Subencoding = {
  Raw: 1,
  BackgroundSpecified: 2,
  ForegroundSpecified: 4,
  AnySubrects: 8,
  SubrectsColoured: 16,
} as const;
