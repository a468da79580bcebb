/**
 * How a pixel stands in the bytes of an encoding: PIXEL (all of it), CPIXEL of ZRLE (RFB 7.7.6) and TPIXEL of Tight
 * (RFB 7.7.7), which leave out the unused byte of 32. Used by Zlib, ZRLE and Tight, at both ends.
 */
import { kernelSet } from '../pixels/kernels/kernels.ts';
import { readValue, translatorOf, writeValues } from '../pixels/translate.ts';
import { OPAQUE } from '../pixels/framebuffer.ts';
import { bytesPerPixel, channelBits, type PixelFormat } from '../rfb/pixel-format.ts';
import type { PixelBlock } from './codec.ts';

export interface WirePixel {
  /** Bytes of a pixel. */
  readonly size: number;
  /** Byte i of a pixel is value >>> shifts[i]; 0 past `size`. */
  readonly shifts: readonly [number, number, number, number];
  /** Writes all `values` as pixels at `at`. The caller has made room. */
  readonly write: (values: Uint32Array, target: Uint8Array, at: number) => void;
  readonly writeOne: (value: number, target: Uint8Array, at: number) => void;
  /** Reads `count` pixels from the start of `source`, which has them, as 0xFFRRGGBB into `out` from `outAt` on. */
  readonly read: (source: Uint8Array, out: Uint32Array, outAt: number, count: number) => void;
  readonly readOne: (source: Uint8Array, at: number) => number;
  /** Of three bytes that are a channel each: where blue, green and red stand, as kernels want it (unpackPixels). */
  readonly order?: number;
}

/**
 * Writes a block's pixels without gaps at an address of the kernels' memory, where there is room for them. Returns how many
 * bytes they are.
 */
export function packBlock(block: PixelBlock, { size, shifts }: WirePixel, target: number): number {
  const { width, height, address, stride } = block;
  kernelSet().kernels.packPixels(address, stride, width, height, target, size, ...shifts);
  return width * height * size;
}

/** Remembers the answer for the last format: formats change seldom, and rectangles are many. */
export function perFormat<T>(make: (format: PixelFormat) => T): (format: PixelFormat) => T {
  let last: { readonly format: PixelFormat; readonly made: T } | undefined;
  return (format) => {
    if (last === undefined || last.format !== format) last = { format, made: make(format) };
    return last.made;
  };
}

export function fullPixel(format: PixelFormat): WirePixel {
  const size = bytesPerPixel(format);
  const { toPixel } = translatorOf(format);
  const one = new Uint32Array(1);
  return {
    size,
    shifts: fullShifts(size, format.bigEndian),
    write: (values, target, at) => {
      writeValues(values, format, target, at);
    },
    writeOne: (value, target, at) => {
      one[0] = value;
      writeValues(one, format, target, at);
    },
    read: (source, out, outAt, count) => {
      for (let i = 0; i < count; i++) out[outAt + i] = toPixel(readValue(source, i * size, format));
    },
    readOne: (source, at) => toPixel(readValue(source, at, format)),
  };
}

function fullShifts(size: number, bigEndian: boolean): WirePixel['shifts'] {
  if (size === 1) return [0, 0, 0, 0];
  if (size === 2) return bigEndian ? [8, 0, 0, 0] : [0, 8, 0, 0];
  return bigEndian ? [24, 16, 8, 0] : [0, 8, 16, 24];
}

/**
 * Three bytes when 32 bits hold at most 24 useful ones and all channels lie in the lower or the upper three bytes (lower
 * preferred), in the format's byte order. QEMU and libvncserver send the wrong three for shifts 24/16/8; we follow the text.
 */
export function cpixel(format: PixelFormat): WirePixel {
  if (format.bitsPerPixel !== 32 || format.depth > 24 || !format.trueColour)
    return fullPixel(format);
  const shifts = [format.redShift, format.greenShift, format.blueShift];
  const tops = [
    format.redShift + channelBits(format.redMax),
    format.greenShift + channelBits(format.greenMax),
    format.blueShift + channelBits(format.blueMax),
  ];
  const low = tops.every((top) => top <= 24);
  if (!low && !shifts.every((shift) => shift >= 8)) return fullPixel(format);

  const drop = low ? 0 : 8;
  const { toPixel } = translatorOf(format);
  // Bit positions of the first, second and third byte.
  const [a, b, c] = format.bigEndian ? [drop + 16, drop + 8, drop] : [drop, drop + 8, drop + 16];
  const native = isNativeOrder(format);
  const pixel = threeBytes(
    { a, b, c },
    native ? (value) => (value | OPAQUE) >>> 0 : (value) => toPixel(value >>> 0),
  );
  const order = orderOf([a, b, c], format);
  return order === undefined ? pixel : { ...pixel, order };
}

/** Which of three bytes, cut at these bit positions, are blue, green and red; undefined when channels are no whole bytes. */
function orderOf(positions: readonly number[], f: PixelFormat): number | undefined {
  const places = [f.blueShift, f.greenShift, f.redShift].map((shift) => positions.indexOf(shift));
  if (!is888(f) || places.includes(-1)) return undefined;
  return places.reduce((order, place, channel) => order | (place << (8 * channel)), 0);
}

/** Pixels of three bytes, which are cut from a value at three bit positions. */
function threeBytes(
  { a, b, c }: { readonly a: number; readonly b: number; readonly c: number },
  toPixel: (value: number) => number,
): WirePixel {
  const writeOne = (value: number, target: Uint8Array, at: number): void => {
    target[at] = value >>> a;
    target[at + 1] = value >>> b;
    target[at + 2] = value >>> c;
  };
  const readOne = (source: Uint8Array, at: number): number =>
    toPixel((source[at]! << a) | (source[at + 1]! << b) | (source[at + 2]! << c));
  return {
    size: 3,
    shifts: [a, b, c, 0],
    writeOne,
    readOne,
    write: (values, target, at) => {
      for (let i = 0, t = at; i < values.length; i++, t += 3) writeOne(values[i]!, target, t);
    },
    read: (source, out, outAt, count) => {
      for (let i = 0, s = 0; i < count; i++, s += 3) out[outAt + i] = readOne(source, s);
    },
  };
}

/** Blue is the third of three bytes. */
const RED_FIRST = 0x000102;

/** Channels where our own pixels have them. */
const isNativeOrder = (f: PixelFormat): boolean =>
  is888(f) && f.redShift === 16 && f.greenShift === 8 && f.blueShift === 0;

/** Each channel has 8 bits. */
export const is888 = (f: PixelFormat): boolean =>
  f.trueColour && f.redMax === 255 && f.greenMax === 255 && f.blueMax === 255;

/** Whether Tight sends three bytes a pixel: they are red, green, blue, whatever the shifts and the byte order. */
export const hasTpixel = (format: PixelFormat): boolean =>
  format.bitsPerPixel === 32 && format.depth === 24 && is888(format);

export function tpixel(format: PixelFormat): WirePixel {
  if (!hasTpixel(format)) return fullPixel(format);
  const { toPixel } = translatorOf(format);
  const pixel = threeBytes(
    { a: format.redShift, b: format.greenShift, c: format.blueShift },
    isNativeOrder(format) ? (value) => (value | OPAQUE) >>> 0 : (value) => toPixel(value >>> 0),
  );
  return { ...pixel, order: RED_FIRST };
}
