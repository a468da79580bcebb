/**
 * A picture as a PNG file, wherever it is made: by the kernels' DEFLATE, without a library. Used by the library, `sallyport
 * shot`, the monitor's screendump and MCP.
 */
import { type PngHeader, writePng } from '../../codec/tight-png/file.ts';
import { ColourType } from '../../codec/tight-png/chunks.ts';
import { DeflateEffort } from '../../codec/zlib-stream.ts';
import { beginWhole, finishWhole } from '../../codec/zlib-whole.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { ByteWriter } from '../../wire/byte-writer.ts';
import type { Picture } from './screenshot.ts';

const BYTES = 3;
/** In front of each row: not filtered (PNG 9.2). */
const FILTER_NONE = 0;

/** A PNG file of a picture: red, green and blue of 8 bits, without transparency, as screens are. The caller's own. */
export function encodePng({ width, height, pixels }: Picture): Uint8Array {
  const rowBytes = 1 + BYTES * width;
  const address = beginWhole(rowBytes * height);
  const { bytes } = kernelSet().memory;
  let at = address;
  for (let y = 0; y < height; y++) {
    bytes[at++] = FILTER_NONE;
    for (let i = y * width; i < (y + 1) * width; i++) {
      const pixel = pixels[i]!;
      bytes[at++] = pixel >>> 16;
      bytes[at++] = pixel >>> 8;
      bytes[at++] = pixel;
    }
  }
  const data = finishWhole({ bytesPerPixel: BYTES, rowBytes, effort: DeflateEffort.Lazy });
  const header: PngHeader = { width, height, bits: 8, colourType: ColourType.Rgb };
  const sink = new ByteWriter();
  writePng(sink, header, new Uint8Array(0), data);
  return sink.take();
}
