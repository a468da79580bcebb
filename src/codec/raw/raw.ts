/**
 * RFB 7.7.1 Raw: every pixel in the viewer's format, row by row. The encoding that every viewer has.
 * @rfb encoding 0 Raw | both ends; decoded in strips
 */
import { checkLimit } from '../../core/limits.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { KernelMemory } from '../../pixels/kernels/memory.ts';
import { readPixels } from '../../pixels/translate.ts';
import { Encoding } from '../../rfb/constants.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { Codec, Decoder, Encoder } from '../codec.ts';
import { fullPixel, packBlock, perFormat } from '../wire-pixel.ts';

/** What a decoder holds at a time; a single row may be as long as that too. */
const STRIP_BYTES = 256 * 1024;

const MAX_AREA = 65536;

function createEncoder(): Encoder {
  const pixelOf = perFormat(fullPixel);
  return {
    maxWidth: 65535,
    maxArea: MAX_AREA,
    encode: (block, format, sink) => {
      const { memory } = kernelSet();
      const packed = scratch(memory);
      const size = packBlock(block, pixelOf(format), packed);
      sink.bytes(memory.bytes.subarray(packed, packed + size));
    },
  };
}

// Shared by all encoders: encode is synchronous.
let packing: { readonly memory: KernelMemory; readonly address: number } | undefined;

/** Where a whole block is packed. */
function scratch(memory: KernelMemory): number {
  if (packing?.memory !== memory) packing = { memory, address: memory.allocate(4 * MAX_AREA) };
  return packing.address;
}

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
  createEncoder,
  createDecoder: () => decoder,
};
