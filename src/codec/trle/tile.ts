/** What both ends of TRLE know about its tiles (RFB 7.7.5); all else is as in ZRLE. */
export const TRLE_TILE_SIDE = 16;
