/**
 * RFB 7.7.4 Hextile: 16x16 tiles, each raw or a background with subrectangles. Cheap, and understood by nearly every viewer.
 * @rfb encoding 5 Hextile | both ends; decoded a row of tiles at a time
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createDecoder } from './decode.ts';
import { createEncoder } from './encode.ts';

export const hextile: Codec = {
  encoding: Encoding.Hextile,
  name: 'Hextile',
  sharing: 'always',
  createEncoder,
  createDecoder,
};
