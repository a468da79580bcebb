/**
 * CoRRE (registered number 4): RRE for rectangles of at most 255 x 255, with places of one byte each. Old viewers name it first.
 * @rfb encoding 4 CoRRE | both ends
 */
import { Encoding } from '../../rfb/constants.ts';
import type { Codec } from '../codec.ts';
import { createRreDecoder, createRreEncoder } from '../rre/rre.ts';

const places = { bytes: 1 } as const;

export const corre: Codec = {
  encoding: Encoding.CoRRE,
  name: 'CoRRE',
  sharing: 'always',
  createEncoder: () => createRreEncoder(places),
  createDecoder: () => createRreDecoder(places),
};
