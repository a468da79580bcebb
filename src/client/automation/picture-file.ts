/**
 * A picture as a PNG file, wherever it is made: by the kernels' DEFLATE, without a library. Used by the library, `sallyport
 * shot`, the monitor's screendump and MCP.
 */
import { type PngHeader, writePng } from '../../codec/tight-png/file.ts';
import { ColourType, Filter } from '../../codec/tight-png/chunks.ts';
import { DeflateEffort } from '../../codec/zlib-stream.ts';
import { beginWhole, finishWhole, type WholeStream } from '../../codec/zlib-whole.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { ByteWriter } from '../../wire/byte-writer.ts';
import type { Picture } from './screenshot.ts';

const BYTES = 3;
/** Photos have fewer pixels than this that repeat a neighbour. */
const PHOTO = 1 / 3;
/** Rows that are looked at for it. */
const SAMPLE_EVERY = 16;

/** A PNG file of a picture: red, green and blue of 8 bits, without transparency, as screens are. The caller's own. */
export function encodePng(picture: Picture): Uint8Array {
  const { width, height } = picture;
  const data = compress(picture);
  const header: PngHeader = { width, height, bits: 8, colourType: ColourType.Rgb };
  const sink = new ByteWriter();
  writePng(sink, header, new Uint8Array(0), data);
  return sink.take();
}

function compress(picture: Picture): WholeStream {
  const { width, height } = picture;
  const { kernels, memory } = kernelSet();
  const rowBytes = BYTES * width;
  const rows = memory.allocate(rowBytes * height);
  try {
    writeRgb(picture, memory.bytes, rows);
    const isPhoto = repeatingPart(picture) < PHOTO;
    const target = beginWhole((rowBytes + 1) * height);
    kernels.filterRows(rows, rowBytes, height, isPhoto ? Filter.Paeth : Filter.None, target);
    // What the filter leaves of photos is noise, in which nothing is looked for.
    const effort = isPhoto ? DeflateEffort.Huffman : DeflateEffort.Lazy;
    return finishWhole({ bytesPerPixel: BYTES, rowBytes: rowBytes + 1, effort });
  } finally {
    memory.release(rows);
  }
}

function writeRgb({ width, height, pixels }: Picture, bytes: Uint8Array, address: number): void {
  let at = address;
  for (let i = 0; i < width * height; i++) {
    const pixel = pixels[i]!;
    bytes[at++] = pixel >>> 16;
    bytes[at++] = pixel >>> 8;
    bytes[at++] = pixel;
  }
}

/** Which part of the pixels, 0 to 1, are as their left or upper neighbour. NaN where none has both. */
function repeatingPart({ width, height, pixels }: Picture): number {
  let repeating = 0;
  let sampled = 0;
  for (let y = 1; y < height; y += SAMPLE_EVERY) {
    for (let i = y * width + 1; i < (y + 1) * width; i++) {
      const pixel = pixels[i];
      if (pixel === pixels[i - 1] || pixel === pixels[i - width]) repeating++;
      sampled++;
    }
  }
  return repeating / sampled;
}
