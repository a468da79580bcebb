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
    const elsewhere: StartedPart[] = [];
    const rectangleOf = ({ x, y, width, height }: Part): Rectangle => ({
      x: at.x + x,
      y: at.y + y,
      width,
      height,
    });
    // Other threads make JPEG files while this one compresses the rest.
    const here = parts.filter((part) => {
      const square = cut(block, part);
      if (part.colours !== 0 || jpeg?.start === undefined || !jpeg.suits(square)) return true;
      const write = jpeg.start(square);
      if (write === undefined) return true;
      elsewhere.push({ r: rectangleOf(part), write });
      return false;
    });
    for (const part of here) {
      const r = rectangleOf(part);
      writeRectangleHeader(sink, r, Encoding.Tight);
      if (writePart(writing, cut(block, part), part, jpeg)) lossy.push(r);
    }
    for (const { r } of elsewhere) lossy.push(r);
    return {
      rectangles: parts.length,
      lossy,
      ...(elsewhere.length === 0 ? {} : { rest: writeStarted(sink, elsewhere) }),
    };
  };

  return {
    maxWidth: MAX_WIDTH,
    maxArea: MAX_AREA,
    encode,
    encodeParts,
    retune,
    restart: streams.restart,
    streams: streams.state,
    resume: streams.resume,
  };
}

/** A rectangle that another thread makes. */
interface StartedPart {
  readonly r: Rectangle;
  /** Settles once it can write. */
  readonly write: Promise<(sink: ByteWriter) => void>;
}

async function writeStarted(sink: ByteWriter, parts: readonly StartedPart[]): Promise<void> {
  // All must have ended before anything is thrown: until then they read the block.
  await Promise.allSettled(parts.map(({ write }) => write));
  for (const { r, write } of parts) {
    writeRectangleHeader(sink, r, Encoding.Tight);
    (await write)(sink);
  }
}

/** A part of a block as a block. */
const cut = (block: PixelBlock, { x, y, width, height }: Part): PixelBlock => ({
  width,
  height,
  address: block.address + y * block.stride + 4 * x,
  stride: block.stride,
  stays: block.stays ?? false,
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
  const { kernels, palette, indexes } = workspace;
  const limit = mostColours(width * height, pixel.size);
  const colours = kernels.scanPalette(address, stride, width, height, limit, palette, indexes);
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
