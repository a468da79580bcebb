/**
 * ZYWRLE (registered number 17, Hitachi's): ZRLE with a wavelet, lossy. How much is lost follows from the quality level that the
 * viewer named. Spoken with viewers that name it; our client asks for it only when told to.
 * @rfb encoding 17 ZYWRLE | both ends; exact at quality level 9 or without one
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createDecoder } from './decode.ts';
import { createEncoder } from './encode.ts';

export const zywrle: Codec = {
  encoding: Encoding.ZYWRLE,
  name: 'ZYWRLE',
  onRequest: true,
  createEncoder,
  createDecoder,
};
