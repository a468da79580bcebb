/**
 * RFB 7.7.5 TRLE: 16x16 tiles of palettes and runs, not compressed any further. For viewers without zlib.
 * @rfb encoding 15 TRLE | both ends; palettes of the tile before are used again
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createDecoder } from './decode.ts';
import { createEncoder } from './encode.ts';

export const trle: Codec = {
  encoding: Encoding.TRLE,
  name: 'TRLE',
  sharing: 'always',
  createEncoder,
  createDecoder,
};
