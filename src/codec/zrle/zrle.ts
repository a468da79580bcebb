/**
 * RFB 7.7.6 ZRLE: 64x64 tiles of palettes and runs, through one zlib stream for the whole connection.
 * @rfb encoding 16 ZRLE | both ends; three-byte pixels by the text of the specification
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createDecoder } from './decode.ts';
import { createEncoder } from './encode.ts';

export const zrle: Codec = {
  encoding: Encoding.ZRLE,
  name: 'ZRLE',
  createEncoder,
  createDecoder,
};
