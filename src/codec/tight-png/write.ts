/** TightPNG, the server's half: a block as a PNG picture, with a palette for few colours, else as pixels of three bytes. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { translatorOf } from '../../pixels/translate.ts';
import { Encoding } from '../../rfb/constants.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { PixelBlock } from '../codec.ts';
import { blockValues } from '../pixel-block.ts';
import { coloursOf, loadPalette, type Workspace } from '../tight/colours.ts';
import { MAX_AREA } from '../tight/control.ts';
import type { Lossless, LosslessSettings } from '../tight/encode.ts';
import type { Tuning } from '../tight/levels.ts';
import { repeatingPart } from '../tight/write.ts';
import { is888 } from '../wire-pixel.ts';
import { DeflateEffort } from '../zlib-stream.ts';
import { beginWhole, finishWhole, type WholeStream } from '../zlib-whole.ts';
import { ColourType, Filter } from './chunks.ts';
import { PNG } from './control.ts';
import { writeFile } from './file.ts';

const PIXEL_BYTES = 3;
const NO_PALETTE = new Uint8Array(0);

/** One viewer's TightPNG: there is nothing to remember. */
export const createLossless = (): Lossless => ({
  encoding: Encoding.TightPng,
  restart: () => {},
  state: () => 0,
  resume: () => {},
  writerFor: (format, sink, settings) => ({
    pixelSize: PIXEL_BYTES,
    writeIndexed: (block, workspace, list) => {
      writeIndexed({ sink, format, settings }, block, workspace, list);
    },
    writePixels: (block) => {
      writePixels({ sink, format, settings }, block);
    },
  }),
});

interface Writing {
  readonly sink: ByteWriter;
  readonly format: PixelFormat;
  readonly settings: LosslessSettings;
}

/** Rows before they are filtered. Shared: it is used at once. */
let rows: { readonly memory: unknown; readonly address: number } | undefined;

function rowsPlace(): number {
  const { memory } = kernelSet();
  if (rows?.memory !== memory) rows = { memory, address: memory.allocate(PIXEL_BYTES * MAX_AREA) };
  return rows.address;
}

/** Bits that the indexes of a palette take. */
const bitsFor = (colours: number): number =>
  colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;

function writeIndexed(
  { sink, format, settings }: Writing,
  block: PixelBlock,
  workspace: Workspace,
  list: number,
): void {
  const { width, height } = block;
  const palette = paletteOf(coloursOf(workspace, list), format);
  const bits = bitsFor(palette.length / 3);
  const rowBytes = (width * bits + 7) >>> 3;
  const source = packIndexes(block, workspace, list, bits);
  const effort = settings.tuning.indexes;
  const data = compress(source, {
    rowBytes,
    height,
    filter: Filter.None,
    bytesPerPixel: 1,
    effort,
  });
  sink.u8(PNG << 4);
  writeFile(sink, { width, height, bits, colourType: ColourType.Palette }, palette, data);
}

function paletteOf(colours: Uint32Array, format: PixelFormat): Uint8Array {
  const palette = new Uint8Array(PIXEL_BYTES * colours.length);
  writeRgb(colours, format, palette);
  return palette;
}

/** Red, green and blue of each value, a byte each. */
function writeRgb(values: Uint32Array, format: PixelFormat, target: Uint8Array): void {
  const { toPixel } = translatorOf(format);
  let at = 0;
  for (const value of values) {
    const pixel = toPixel(value);
    target[at++] = pixel >>> 16;
    target[at++] = pixel >>> 8;
    target[at++] = pixel;
  }
}

/** Each pixel's index in a list, in so many bits, each row from a whole byte. Returns where. */
function packIndexes(
  { address, stride, width, height }: PixelBlock,
  workspace: Workspace,
  list: number,
  bits: number,
): number {
  const { kernels, palette, indexes } = workspace;
  const target = rowsPlace();
  if (bits === 1) {
    const [zero] = coloursOf(workspace, list) as unknown as [number];
    kernels.mapBits(address, stride, width, height, zero, target);
    return target;
  }
  loadPalette(workspace, list);
  kernels.mapIndexes(address, stride, width, height, palette, indexes);
  if (bits === 8) return indexes;
  kernels.packIndexes(indexes, width, height, bits, target);
  return target;
}

function writePixels({ sink, format, settings }: Writing, block: PixelBlock): void {
  const { width, height } = block;
  const data = compressPixels(block, packPixels(block, format), settings.tuning);
  sink.u8(PNG << 4);
  writeFile(sink, { width, height, bits: 8, colourType: ColourType.Rgb }, NO_PALETTE, data);
}

/** Red, green and blue of each pixel, a byte each. Returns where. */
function packPixels(block: PixelBlock, format: PixelFormat): number {
  const { kernels, memory } = kernelSet();
  const target = rowsPlace();
  if (is888(format)) {
    const { address, stride, width, height } = block;
    const { redShift, greenShift, blueShift } = format;
    const shifts = [redShift, greenShift, blueShift, 0] as const;
    kernels.packPixels(address, stride, width, height, target, PIXEL_BYTES, ...shifts);
  } else {
    const values = blockValues(block);
    writeRgb(values, format, memory.bytes.subarray(target, target + PIXEL_BYTES * values.length));
  }
  return target;
}

/** Photos have fewer pixels than this that repeat a neighbour. */
const PHOTO = 1 / 3;

/** Whether Paeth's filter suits it. */
export const looksLikePhoto = (block: PixelBlock): boolean => repeatingPart(block) < PHOTO;

/** Filtered or not: by the looks of it, or by what is smaller where the tuning has time for both. */
function compressPixels(block: PixelBlock, source: number, tuning: Tuning): WholeStream {
  const { width, height } = block;
  const rowBytes = PIXEL_BYTES * width;
  const size = { rowBytes, height };
  const plain = { ...size, filter: Filter.None, bytesPerPixel: PIXEL_BYTES, effort: tuning.pixels };
  // What photos leave is noise, in which nothing is looked for.
  const repeats = tuning.gradient > DeflateEffort.Huffman;
  const bytesPerPixel = repeats ? PIXEL_BYTES : 1;
  const filtered = { ...size, filter: Filter.Paeth, bytesPerPixel, effort: tuning.gradient };
  const [likely, unlikely] = looksLikePhoto(block) ? [filtered, plain] : [plain, filtered];
  if (width * height > tuning.trialArea) return compress(source, likely);
  const { size: otherwise } = compress(source, unlikely);
  const stream = compress(source, likely);
  return stream.size <= otherwise ? stream : compress(source, unlikely);
}

interface Compression {
  readonly rowBytes: number;
  readonly height: number;
  readonly filter: Filter;
  readonly bytesPerPixel: number;
  readonly effort: DeflateEffort;
}

/** Filters and compresses rows that stand at an address. */
export function compress(
  source: number,
  { rowBytes, height, filter, bytesPerPixel, effort }: Compression,
): WholeStream {
  const { kernels } = kernelSet();
  const target = beginWhole((rowBytes + 1) * height);
  kernels.filterRows(source, rowBytes, height, filter, target);
  return finishWhole({ bytesPerPixel, rowBytes: rowBytes + 1, effort });
}
