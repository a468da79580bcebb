/**
 * A picture as a PNG file, wherever it is made: by the kernels' DEFLATE, without a library. Used by the library, `sallyport
 * shot`, the monitor's screendump and MCP.
 */
import { ColourType, Filter } from '../../codec/tight-png/chunks.ts';
import { type PngHeader, writePng } from '../../codec/tight-png/file.ts';
import { compress, looksLikePhoto } from '../../codec/tight-png/write.ts';
import { packBlock, tpixel } from '../../codec/wire-pixel.ts';
import { DeflateEffort } from '../../codec/zlib-stream.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { nativeFormat } from '../../rfb/pixel-format.ts';
import { ByteWriter } from '../../wire/byte-writer.ts';
import type { Picture } from './screenshot.ts';

/** Red, green, blue. */
const rgb = tpixel(nativeFormat);
const NO_PALETTE = new Uint8Array(0);

const drawn = { filter: Filter.None, effort: DeflateEffort.Lazy } as const;
// What the filter leaves of photos is noise, in which nothing is looked for.
const photo = { filter: Filter.Paeth, effort: DeflateEffort.Huffman } as const;

/** A PNG file of a picture: red, green and blue of 8 bits, without transparency, as screens are. The caller's own. */
export function encodePng(picture: Picture): Uint8Array {
  const { width, height, pixels } = picture;
  const { memory } = kernelSet();
  const stride = 4 * width;
  const address = memory.allocate((4 + rgb.size) * width * height);
  try {
    memory.words.set(pixels, address >>> 2);
    const block = { width, height, address, stride };
    const rows = address + stride * height;
    packBlock(block, rgb, rows);
    const how = looksLikePhoto(block) ? photo : drawn;
    const size = { rowBytes: rgb.size * width, height, bytesPerPixel: rgb.size };
    const data = compress(rows, { ...size, ...how });
    const header: PngHeader = { width, height, bits: 8, colourType: ColourType.Rgb };
    const sink = new ByteWriter();
    writePng(sink, header, NO_PALETTE, data);
    return sink.take();
  } finally {
    memory.release(address);
  }
}
