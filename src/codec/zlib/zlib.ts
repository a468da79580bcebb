/**
 * Zlib (RFB 7.7, registered number 6): a U32 length, then raw pixels through one zlib stream for the whole connection.
 * @rfb encoding 6 Zlib | both ends
 */
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { bytesPerPixel, type PixelFormat } from '../../rfb/pixel-format.ts';
import { Encoding } from '../../rfb/constants.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { readPixels } from '../../pixels/translate.ts';
import type { Codec, Decoder, Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { createInflater } from '../inflate-stream.ts';
import { fullPixel, packBlock, perFormat } from '../wire-pixel.ts';
import { frameZlibBlock, moves } from '../zlib-block.ts';
import { createDeflater } from '../zlib-stream.ts';

// The largest rectangle bounds how long the event loop stands still.
const MAX_WIDTH = 2048;
const MAX_AREA = 65536;
const STRIP_BYTES = 32 * 1024;

function createEncoder(options: EncoderOptions): Encoder {
  const deflater = createDeflater(options.compressionLevel ?? 2);
  const pixelOf = perFormat(fullPixel);
  return {
    ...moves(deflater),
    maxWidth: MAX_WIDTH,
    maxArea: MAX_AREA,
    encode: (block: PixelBlock, format: PixelFormat, sink: ByteWriter) => {
      const pixel = pixelOf(format);
      const rowBytes = block.width * pixel.size;
      const size = packBlock(block, pixel, deflater.begin(rowBytes * block.height));
      const data = deflater.finish(size, { bytesPerPixel: pixel.size, rowBytes });
      sink.u32(data.length).bytes(data);
    },
  };
}

function createDecoder(): Decoder {
  const inflater = createInflater();
  return {
    frame: (reader, _r, _format, limits) => frameZlibBlock(reader, limits),
    decode: (payload: Uint8Array, r: Rectangle, format: PixelFormat, target: Framebuffer) => {
      const rowBytes = r.width * bytesPerPixel(format);
      // Some rows at a time, however large the rectangle.
      const rows = Math.max(1, Math.floor(STRIP_BYTES / Math.max(1, rowBytes)));
      inflater.open(payload);
      for (let y = 0; y < r.height; y += rows) {
        const strip = { ...r, y: r.y + y, height: Math.min(rows, r.height - y) };
        readPixels(inflater.read(rowBytes * strip.height), 0, format, target, strip);
      }
      inflater.close();
    },
  };
}

export const zlib: Codec = {
  encoding: Encoding.Zlib,
  name: 'Zlib',
  createEncoder,
  createDecoder,
};
