/**
 * Tight, the server's half (RFB 7.7.7). A viewer that need not know the count of rectangles before gets as many as suit the
 * picture (plan.ts), and photos as JPEG if it allows them; others get single rectangles without loss.
 */
import { Encoding } from '../../rfb/constants.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import { writeRectangleHeader, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { EncodedParts, Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { hasTpixel, perFormat, tpixel } from '../wire-pixel.ts';
import { openWorkspace } from './colours.ts';
import { MAX_AREA, MAX_WIDTH } from './control.ts';
import { jpegWriter, type JpegWriter } from './jpeg.ts';
import { tuningOf, type Tuning } from './levels.ts';
import { mostColours, planParts, type Part } from './plan.ts';
import { createStreams } from './streams.ts';
import { bitsAreSmaller, writeFill, writeIndexed, writePixels, type Writing } from './write.ts';

const DEFAULT_LEVEL = 2;

export function createEncoder(options: EncoderOptions): Encoder {
  const streams = createStreams();
  let tuning: Tuning;
  let gradient: boolean;
  let shareable: boolean;
  let jpegOf: (format: PixelFormat) => JpegWriter | undefined;

  const retune = (wanted: EncoderOptions): void => {
    tuning = tuningOf(wanted.compressionLevel ?? DEFAULT_LEVEL);
    gradient = wanted.gradient ?? false;
    shareable = wanted.shareable ?? false;
    jpegOf = perFormat((format) => jpegWriter(wanted, format));
  };
  retune(options);

  const pixelOf = perFormat(tpixel);
  const writingFor = (format: PixelFormat, sink: ByteWriter): Writing => ({
    sink,
    streams,
    pixel: pixelOf(format),
    tuning,
    gradient: gradient && hasTpixel(format),
  });

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    if (shareable) streams.restart();
    writeBlock(writingFor(format, sink), block);
  };

  const encodeParts = (
    block: PixelBlock,
    at: { readonly x: number; readonly y: number },
    format: PixelFormat,
    sink: ByteWriter,
  ): EncodedParts => {
    if (shareable) streams.restart();
    const writing = writingFor(format, sink);
    const jpeg = jpegOf(format);
    const parts = planParts(block, {
      pixelSize: writing.pixel.size,
      preferMany: jpeg !== undefined,
    });
    const lossy: Rectangle[] = [];
    for (const part of parts) {
      const { width, height } = part;
      const r = { x: at.x + part.x, y: at.y + part.y, width, height };
      writeRectangleHeader(sink, r, Encoding.Tight);
      if (writePart(writing, cut(block, part), part, jpeg)) lossy.push(r);
    }
    return { rectangles: parts.length, lossy };
  };

  return { maxWidth: MAX_WIDTH, maxArea: MAX_AREA, encode, encodeParts, retune };
}

/** A part of a block as a block. */
const cut = (block: PixelBlock, { x, y, width, height }: Part): PixelBlock => ({
  width,
  height,
  address: block.address + y * block.stride + 4 * x,
  stride: block.stride,
});

/** Returns whether anything was lost. */
function writePart(
  writing: Writing,
  block: PixelBlock,
  part: Part,
  jpeg: JpegWriter | undefined,
): boolean {
  if (part.colours === 1) writeFill(writing, part.value);
  else if (part.colours > 2 || (part.colours === 2 && bitsAreSmaller(block, writing.pixel.size)))
    writeIndexed(writing, block, openWorkspace(0), part.list);
  else if (part.colours === 0 && jpeg?.suits(block)) {
    jpeg.write(writing.sink, block);
    return true;
  } else writePixels(writing, block);
  return false;
}

/** A whole block as one rectangle. */
function writeBlock(writing: Writing, block: PixelBlock): void {
  const { width, height, address, stride } = block;
  const { pixel } = writing;
  const workspace = openWorkspace(1);
  const { kernels, palette } = workspace;
  const limit = mostColours(width * height, pixel.size);
  const colours = kernels.scanPalette(address, stride, width, height, limit, palette, 0);
  if (colours === 1) {
    writeFill(writing, workspace.memory.words[address >>> 2]!);
  } else if (colours > 2 || (colours === 2 && bitsAreSmaller(block, pixel.size))) {
    const list = workspace.list(0);
    kernels.copyColours(palette, list);
    writeIndexed(writing, block, workspace, list);
  } else {
    writePixels(writing, block);
  }
}
