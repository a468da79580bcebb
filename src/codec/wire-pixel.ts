/**
 * How a pixel stands in the bytes of an encoding: PIXEL (all of it), CPIXEL of ZRLE (RFB 7.7.6) and TPIXEL of Tight
 * (RFB 7.7.7), which leave out the unused byte of 32. Used by Zlib, ZRLE and Tight, at both ends.
 */
import { readValue, translatorOf, writeValues } from '../pixels/translate.ts';
import { OPAQUE } from '../pixels/framebuffer.ts';
import { bytesPerPixel, channelBits, type PixelFormat } from '../rfb/pixel-format.ts';

export interface WirePixel {
  /** Bytes of a pixel. */
  readonly size: number;
  /** Writes all `values` as pixels at `at`. The caller has made room. */
  readonly write: (values: Uint32Array, target: Uint8Array, at: number) => void;
  /** Reads `count` pixels from the start of `source`, which has them, as 0xFFRRGGBB into `out` from `outAt` on. */
  readonly read: (source: Uint8Array, out: Uint32Array, outAt: number, count: number) => void;
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
  return {
    size,
    write: (values, target, at) => {
      writeValues(values, format, target, at);
    },
    read: (source, out, outAt, count) => {
      for (let i = 0; i < count; i++) out[outAt + i] = toPixel(readValue(source, i * size, format));
    },
  };
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
  return {
    size: 3,
    write: (values, target, at) => {
      let t = at;
      for (let i = 0; i < values.length; i++) {
        const v = values[i]!;
        target[t] = v >>> a;
        target[t + 1] = v >>> b;
        target[t + 2] = v >>> c;
        t += 3;
      }
    },
    read: (source, out, outAt, count) => {
      let s = 0;
      for (let i = outAt; i < outAt + count; i++) {
        const value = (source[s]! << a) | (source[s + 1]! << b) | (source[s + 2]! << c);
        out[i] = native ? value | OPAQUE : toPixel(value >>> 0);
        s += 3;
      }
    },
  };
}

/** Channels where our own pixels have them. */
const isNativeOrder = (f: PixelFormat): boolean =>
  is888(f) && f.redShift === 16 && f.greenShift === 8 && f.blueShift === 0;

const is888 = (f: PixelFormat): boolean =>
  f.trueColour && f.redMax === 255 && f.greenMax === 255 && f.blueMax === 255;

/** Whether Tight sends three bytes a pixel: they are red, green, blue, whatever the shifts and the byte order. */
export const hasTpixel = (format: PixelFormat): boolean =>
  format.bitsPerPixel === 32 && format.depth === 24 && is888(format);

export function tpixel(format: PixelFormat): WirePixel {
  if (!hasTpixel(format)) return fullPixel(format);
  const { redShift, greenShift, blueShift } = format;
  return {
    size: 3,
    write: (values, target, at) => {
      let t = at;
      for (let i = 0; i < values.length; i++) {
        const v = values[i]!;
        target[t] = v >>> redShift;
        target[t + 1] = v >>> greenShift;
        target[t + 2] = v >>> blueShift;
        t += 3;
      }
    },
    read: (source, out, outAt, count) => {
      let s = 0;
      for (let i = outAt; i < outAt + count; i++) {
        out[i] = OPAQUE | (source[s]! << 16) | (source[s + 1]! << 8) | source[s + 2]!;
        s += 3;
      }
    },
  };
}
