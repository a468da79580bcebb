/** Tight: rectangles as JPEG (RFB 7.7.7), for viewers that allow loss and formats whose pixels libjpeg takes as they are. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { EncoderOptions, JpegSource, PixelBlock } from '../codec.ts';
import { Compression } from './control.ts';
import { writeCompactLength } from './streams.ts';

export interface JpegWriter {
  /** Whether JPEG's tables, some 600 bytes, are worth it. */
  readonly suits: (block: PixelBlock) => boolean;
  readonly write: (sink: ByteWriter, block: PixelBlock) => void;
  /** Lets another thread make it, which settles to what writes it. Undefined: for this block that is not worth it. */
  readonly start?: (block: PixelBlock) => Promise<(sink: ByteWriter) => void> | undefined;
}

const LEAST_AREA = 1024;
/** Below it, asking another thread takes longer than the file. */
const LEAST_AREA_ELSEWHERE = 8192;

/** Undefined when nothing may be lost, or cannot be. */
export function jpegWriter(
  { jpeg, lossy }: EncoderOptions,
  format: PixelFormat,
): JpegWriter | undefined {
  if (jpeg === undefined || lossy === undefined) return undefined;
  const order = byteOrder(format);
  if (order === undefined) return undefined;
  const sourceOf = ({ width, height, address, stride }: PixelBlock): JpegSource => {
    const bytes = kernelSet().memory.bytes.subarray(address);
    return { bytes, width, height, stride: stride >>> 2, ...order };
  };
  const { start } = jpeg;
  return {
    suits: ({ width, height }) => width * height >= LEAST_AREA,
    write: (sink, block) => writeFile(sink, jpeg(sourceOf(block), lossy)),
    ...(start === undefined
      ? {}
      : {
          start: (block) =>
            block.stays === true && block.width * block.height >= LEAST_AREA_ELSEWHERE
              ? start(sourceOf(block), lossy).then((file) => (sink) => writeFile(sink, file))
              : undefined,
        }),
  };
}

function writeFile(sink: ByteWriter, file: Uint8Array): void {
  sink.u8(Compression.Jpeg << 4);
  writeCompactLength(sink, file.length);
  sink.bytes(file);
}

/** In which bytes of a value, which stands little-endian in memory, red and blue are; undefined when they are not bytes. */
function byteOrder(f: PixelFormat): { readonly red: number; readonly blue: number } | undefined {
  const { redShift, greenShift, blueShift } = f;
  const eightBits = f.trueColour && f.redMax === 255 && f.greenMax === 255 && f.blueMax === 255;
  const bytes = ((redShift | greenShift | blueShift) & 7) === 0;
  if (!(eightBits && bytes && 2 * greenShift === redShift + blueShift)) return undefined;
  return { red: redShift >> 3, blue: blueShift >> 3 };
}
