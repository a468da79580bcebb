/**
 * Tight and TightPNG, the server's half (RFB 7.7.7). A viewer that need not know the count of rectangles before gets as many as
 * suit the picture (plan.ts), and photos as JPEG if it allows them; others get single rectangles without loss.
 */
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import { writeRectangleHeader, type Rectangle } from '../../rfb/rectangle.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { EncodedParts, Encoder, EncoderOptions, PixelBlock } from '../codec.ts';
import { perFormat, tpixel, type WirePixel } from '../wire-pixel.ts';
import { openWorkspace, type Workspace } from './colours.ts';
import { Compression, MAX_AREA, MAX_WIDTH } from './control.ts';
import { jpegWriter, type JpegWriter } from './jpeg.ts';
import { tuningOf, type Tuning } from './levels.ts';
import { mostColours, planParts, type Part } from './plan.ts';

const DEFAULT_LEVEL = 2;

/** How one viewer gets rectangles that are neither fills nor JPEG: what Tight and TightPNG differ in. */
export interface Lossless {
  readonly encoding: number;
  /** What follows refers to nothing that was sent before. */
  readonly restart: () => void;
  /** As Encoder.streams and Encoder.resume. */
  readonly state: () => number;
  readonly resume: (state: number) => void;
  readonly writerFor: (
    format: PixelFormat,
    sink: ByteWriter,
    settings: LosslessSettings,
  ) => LosslessWriter;
}

export interface LosslessSettings {
  readonly tuning: Tuning;
  /** The viewer can undo Tight's gradient filter. */
  readonly gradient: boolean;
}

/** Writes payloads of blocks of at most MAX_AREA. */
export interface LosslessWriter {
  /** Bytes of a pixel before compression. */
  readonly pixelSize: number;
  /** A block whose colours, two or more, are those of a list. */
  readonly writeIndexed: (block: PixelBlock, workspace: Workspace, list: number) => void;
  readonly writePixels: (block: PixelBlock) => void;
}

export function createEncoder(options: EncoderOptions, lossless: Lossless): Encoder {
  let settings: LosslessSettings;
  let shareable: boolean;
  let jpegOf: (format: PixelFormat) => JpegWriter | undefined;

  const retune = (wanted: EncoderOptions): void => {
    settings = {
      tuning: tuningOf(wanted.compressionLevel ?? DEFAULT_LEVEL),
      gradient: wanted.gradient ?? false,
    };
    shareable = wanted.shareable ?? false;
    jpegOf = perFormat((format) => jpegWriter(wanted, format));
  };
  retune(options);

  const pixelOf = perFormat(tpixel);
  const writingFor = (format: PixelFormat, sink: ByteWriter): Writing => ({
    sink,
    pixel: pixelOf(format),
    writer: lossless.writerFor(format, sink, settings),
  });

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    if (shareable) lossless.restart();
    writeBlock(writingFor(format, sink), block);
  };

  const encodeParts = (
    block: PixelBlock,
    at: { readonly x: number; readonly y: number },
    format: PixelFormat,
    sink: ByteWriter,
  ): EncodedParts => {
    if (shareable) lossless.restart();
    const writing = writingFor(format, sink);
    const { pixelSize } = writing.writer;
    const jpeg = jpegOf(format);
    const parts = planParts(block, { pixelSize, preferMany: jpeg !== undefined });
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
      writeRectangleHeader(sink, r, lossless.encoding);
      if (writePart(writing, cut(block, part), part, jpeg)) lossy.push(r);
    }
    for (const { r } of elsewhere) lossy.push(r);
    return {
      rectangles: parts.length,
      lossy,
      ...(elsewhere.length === 0 ? {} : { rest: writeStarted(sink, lossless.encoding, elsewhere) }),
    };
  };

  return {
    maxWidth: MAX_WIDTH,
    maxArea: MAX_AREA,
    encode,
    encodeParts,
    retune,
    restart: lossless.restart,
    streams: lossless.state,
    resume: lossless.resume,
  };
}

/** A rectangle that another thread makes. */
interface StartedPart {
  readonly r: Rectangle;
  /** Settles once it can write. */
  readonly write: Promise<(sink: ByteWriter) => void>;
}

async function writeStarted(
  sink: ByteWriter,
  encoding: number,
  parts: readonly StartedPart[],
): Promise<void> {
  // All must have ended before anything is thrown: until then they read the block.
  await Promise.allSettled(parts.map(({ write }) => write));
  for (const { r, write } of parts) {
    writeRectangleHeader(sink, r, encoding);
    (await write)(sink);
  }
}

interface Writing {
  readonly sink: ByteWriter;
  /** Of fills. */
  readonly pixel: WirePixel;
  readonly writer: LosslessWriter;
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
  const { sink, writer } = writing;
  if (part.colours === 1) writeFill(writing, part.value);
  else if (part.colours > 1) writer.writeIndexed(block, openWorkspace(0), part.list);
  else if (jpeg?.suits(block)) {
    jpeg.write(sink, block);
    return true;
  } else writer.writePixels(block);
  return false;
}

/** A whole block as one rectangle. */
function writeBlock(writing: Writing, block: PixelBlock): void {
  const { width, height, address, stride } = block;
  const { writer } = writing;
  const workspace = openWorkspace(1);
  const { kernels, palette } = workspace;
  const limit = mostColours(width * height, writer.pixelSize);
  const colours = kernels.scanPalette(address, stride, width, height, limit, palette, 0);
  if (colours === 1) {
    writeFill(writing, workspace.memory.words[address >>> 2]!);
  } else if (colours > 1) {
    const list = workspace.list(0);
    kernels.copyColours(palette, list);
    writer.writeIndexed(block, workspace, list);
  } else {
    writer.writePixels(block);
  }
}

function writeFill({ sink, pixel }: Writing, value: number): void {
  sink.u8(Compression.Fill << 4);
  pixel.writeOne(value, sink.reserve(pixel.size), 0);
}
