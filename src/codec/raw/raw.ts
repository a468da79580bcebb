/**
 * RFB 7.7.1 Raw: every pixel in the viewer's format, row by row. The encoding that every viewer has.
 * @rfb encoding 0 Raw | both ends; decoded in strips
 */
import { checkLimit } from '../../core/limits.ts';
import { readPixels, writeValues } from '../../pixels/translate.ts';
import { Encoding } from '../../rfb/constants.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { Codec, Decoder, Encoder } from '../codec.ts';
import { blockValues } from '../pixel-block.ts';

/** What a decoder holds at a time; a single row may be as long as that too. */
const STRIP_BYTES = 256 * 1024;

const encoder: Encoder = {
  maxWidth: 65535,
  maxArea: 65536,
  encode: (block, format, sink) => {
    const values = blockValues(block);
    writeValues(values, format, sink.reserve(values.length * bytesPerPixel(format)));
  },
};

const byteLength = (r: Rectangle, format: PixelFormat): number =>
  r.width * r.height * bytesPerPixel(format);

const decoder: Decoder = {
  stripRows: (r, format) =>
    Math.floor(STRIP_BYTES / byteLength({ ...r, width: Math.max(1, r.width), height: 1 }, format)),
  frame: async (reader, r, format, limits) =>
    reader.view(checkLimit(limits, 'maxRectBytes', byteLength(r, format))),
  decode: (payload, r, format, target) => {
    readPixels(payload, 0, format, target, r);
  },
};

export const raw: Codec = {
  encoding: Encoding.Raw,
  name: 'Raw',
  sharing: 'always',
  createEncoder: () => encoder,
  createDecoder: () => decoder,
};
