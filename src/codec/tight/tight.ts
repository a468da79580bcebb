/**
 * RFB 7.7.7 Tight: fills, palettes, pixels and JPEG, through up to four zlib streams for the whole connection.
 * @rfb encoding 7 Tight | both ends; data without zlib is only decoded; JPEG with a codec from outside, for viewers that name a quality
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createDecoder } from './decode.ts';
import { createEncoder } from './encode.ts';
import { createLossless } from './write.ts';

export const tight: Codec = {
  encoding: Encoding.Tight,
  name: 'Tight',
  sharing: 'restarted',
  createEncoder: (options) => createEncoder(options, createLossless()),
  createDecoder,
};
