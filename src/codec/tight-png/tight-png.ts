/**
 * TightPNG: fills and JPEG as in Tight (RFB 7.7.7), and PNG files, each whole by itself, in place of its other rectangles.
 * @rfb encoding -260 TightPng | both ends; palettes, grey and RGB of up to 8 bits; for viewers that do not know Tight
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createEncoder } from '../tight/encode.ts';
import { createDecoder } from './decode.ts';
import { createLossless } from './write.ts';

export const tightPng: Codec = {
  encoding: Encoding.TightPng,
  name: 'TightPng',
  // There are no streams, but what is made depends on what a viewer wishes for.
  sharing: 'restarted',
  createEncoder: (options) => createEncoder(options, createLossless()),
  createDecoder,
};
