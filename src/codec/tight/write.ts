/** Tight: one rectangle's payload without loss: two colours as bits, indexes, or pixels (RFB 7.7.7). */
import { Encoding } from '../../rfb/constants.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { PixelBlock } from '../codec.ts';
import { hasTpixel, packBlock, perFormat, tpixel, type WirePixel } from '../wire-pixel.ts';
import { DeflateEffort } from '../zlib-stream.ts';
import { coloursOf, loadPalette, type Workspace } from './colours.ts';
import {
  EXPLICIT_FILTER,
  Filter,
  indexedRowBytes,
  MAX_AREA,
  MIN_COMPRESSED_BYTES,
} from './control.ts';
import type { Lossless } from './encode.ts';
import type { Tuning } from './levels.ts';
import { createStreams, Stream, type Streams } from './streams.ts';

interface Writing {
  readonly sink: ByteWriter;
  readonly streams: Streams;
  readonly pixel: WirePixel;
  readonly tuning: Tuning;
  /** The gradient filter may be used: the viewer knows it, and pixels are three bytes. */
  readonly gradient: boolean;
}

/** One viewer's Tight, with its streams. */
export function createLossless(): Lossless {
  const streams = createStreams();
  const pixelOf = perFormat(tpixel);
  return {
    encoding: Encoding.Tight,
    restart: streams.restart,
    state: streams.state,
    resume: streams.resume,
    writerFor: (format, sink, { tuning, gradient }) => {
      const pixel = pixelOf(format);
      const writing = {
        sink,
        streams,
        pixel,
        tuning,
        gradient: gradient && hasTpixel(format),
      };
      return {
        pixelSize: pixel.size,
        writeIndexed: (block, workspace, list) => {
          if (coloursOf(workspace, list).length > 2 || bitsAreSmaller(block, pixel.size))
            writeIndexed(writing, block, workspace, list);
          else writePixels(writing, block);
        },
        writePixels: (block) => {
          writePixels(writing, block);
        },
      };
    },
  };
}

/** Whether a palette of two and bits take fewer bytes than pixels: not so for the smallest rectangles. */
function bitsAreSmaller({ width, height }: PixelBlock, pixelSize: number): boolean {
  const bits =
    1 /* filter */ + 1 /* colours */ + 2 * pixelSize + indexedRowBytes(width, 2) * height;
  return bits < width * height * pixelSize;
}

const FEW_COLOURS = 16;

/** A block whose colours, two or more, are those of a list. */
function writeIndexed(
  { sink, streams, pixel, tuning }: Writing,
  block: PixelBlock,
  workspace: Workspace,
  list: number,
): void {
  const { width, height, address, stride } = block;
  const colours = coloursOf(workspace, list);
  const count = colours.length;
  const stream = count === 2 ? Stream.Bits : Stream.Indexes;
  sink
    .u8(((EXPLICIT_FILTER | stream) << 4) | streams.resetBits(stream))
    .u8(Filter.Palette)
    .u8(count - 1);
  pixel.write(colours, sink.reserve(count * pixel.size), 0);
  const rowBytes = indexedRowBytes(width, count);
  const effort = count <= FEW_COLOURS ? tuning.plain : tuning.indexes;
  const shape = { bytesPerPixel: 1, rowBytes, effort };
  const { kernels, palette } = workspace;
  const [zero] = colours as unknown as [number];
  streams.write(sink, stream, rowBytes * height, shape, (target) => {
    if (count === 2) {
      kernels.mapBits(address, stride, width, height, zero, target);
    } else {
      loadPalette(workspace, list);
      kernels.mapIndexes(address, stride, width, height, palette, target);
    }
  });
}

/** With fewer repeats, gradients leave less than repetitions do, in less time. */
const MOST_REPEATS = 0.7;

/** A block as its pixels, filtered or not. */
function writePixels(writing: Writing, block: PixelBlock): void {
  const { sink, pixel, tuning, gradient } = writing;
  const area = block.width * block.height;
  const size = area * pixel.size;
  if (!gradient || size < MIN_COMPRESSED_BYTES) {
    writePlain(writing, block);
    return;
  }
  if (area > tuning.trialArea) {
    if (repeatingPart(block) < MOST_REPEATS) writeGradient(writing, block);
    else writePlain(writing, block);
    return;
  }
  const { streams } = writing;
  const start = sink.length;
  const gradientReset = streams.resetBits(Stream.Gradient);
  writeGradient(writing, block);
  const filtered = sink.written().slice(start);
  sink.truncate(start);
  const plainReset = streams.resetBits(Stream.Pixels);
  writePlain(writing, block);
  if (sink.length - start <= filtered.length) {
    streams.rewind(Stream.Gradient, size, gradientReset);
  } else {
    streams.rewind(Stream.Pixels, size, plainReset);
    sink.truncate(start);
    sink.bytes(filtered);
  }
}

function writePlain({ sink, streams, pixel, tuning }: Writing, block: PixelBlock): void {
  const rowBytes = block.width * pixel.size;
  sink.u8((Stream.Pixels << 4) | streams.resetBits(Stream.Pixels));
  const shape = { bytesPerPixel: pixel.size, rowBytes, effort: tuning.pixels };
  streams.write(sink, Stream.Pixels, rowBytes * block.height, shape, (target) => {
    packBlock(block, pixel, target);
  });
}

/** Pixels before they are filtered. Shared: it is used at once. */
let packed: { readonly memory: unknown; readonly address: number } | undefined;

function writeGradient({ sink, streams, pixel, tuning }: Writing, block: PixelBlock): void {
  const { memory, kernels } = kernelSet();
  if (packed?.memory !== memory) packed = { memory, address: memory.allocate(3 * MAX_AREA) };
  const { address } = packed;
  const rowBytes = block.width * pixel.size;
  sink
    .u8(((EXPLICIT_FILTER | Stream.Gradient) << 4) | streams.resetBits(Stream.Gradient))
    .u8(Filter.Gradient);
  const repeats = tuning.gradient > DeflateEffort.Huffman;
  const shape = { bytesPerPixel: repeats ? pixel.size : 1, rowBytes: 0, effort: tuning.gradient };
  streams.write(sink, Stream.Gradient, rowBytes * block.height, shape, (target) => {
    packBlock(block, pixel, address);
    kernels.filterGradient(address, rowBytes, block.height, target);
  });
}

const SAMPLE_EVERY = 5;

/** Which part of the pixels, 0 to 1, are as their left or upper neighbour: few in photos. NaN where none has both. */
export function repeatingPart({ width, height, address, stride }: PixelBlock): number {
  const sampled = Math.ceil((height - 1) / SAMPLE_EVERY) * (width - 1);
  const { kernels } = kernelSet();
  return kernels.countRepeats(address, stride, width, height, SAMPLE_EVERY) / sampled;
}
