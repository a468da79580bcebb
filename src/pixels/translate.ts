/**
 * Between our pixels (0xFFRRGGBB) and a peer's format. A peer's pixel is handled as a number first (its "value": channels at
 * their shifts) and as bytes last, so that encoders compare numbers and only writers know the byte order.
 */
import {
  bgr233Format,
  bytesPerPixel,
  nativeFormat,
  samePixelFormat,
  type PixelFormat,
} from '../rfb/pixel-format.ts';
import { kernelSet, type KernelSet } from './kernels/kernels.ts';
import type { Framebuffer } from './framebuffer.ts';
import { OPAQUE } from './framebuffer.ts';
import type { Rectangle } from '../rfb/rectangle.ts';

export interface PixelTranslator {
  readonly format: PixelFormat;
  /** Values are our pixels, but for the byte that nobody looks at. */
  readonly identity: boolean;
  /** One of our pixels as a value of the format. */
  readonly toValue: (pixel: number) => number;
  /** A rectangle of a framebuffer as values, row-major without gaps, into `out` if given (at least width * height). */
  readonly values: (source: Framebuffer, r: Rectangle, out?: Uint32Array) => Uint32Array;
  /** A block of our pixels in the kernels' memory as values, to another place there or to the same. Strides in bytes. */
  readonly translate: (from: PixelPlace, width: number, height: number, to: PixelPlace) => void;
  /** A value of the format as one of our pixels. Bits outside the channels are ignored. */
  readonly toPixel: (value: number) => number;
}

/** Where pixels stand in the kernels' memory, and how many bytes a row is from the next. */
export interface PixelPlace {
  readonly address: number;
  readonly stride: number;
}

/** With a colour map, values are those of the fixed map (bgr233Format), which the viewer was sent. */
export function createTranslator(format: PixelFormat): PixelTranslator {
  const f = format.trueColour ? format : bgr233Format;
  const identity =
    f.bitsPerPixel === 32 && samePixelFormat({ ...f, bigEndian: false, depth: 24 }, nativeFormat);
  const red = scaleUp(f.redMax, f.redShift);
  const green = scaleUp(f.greenMax, f.greenShift);
  const blue = scaleUp(f.blueMax, f.blueShift);
  const redBack = scaleDown(f.redMax);
  const greenBack = scaleDown(f.greenMax);
  const blueBack = scaleDown(f.blueMax);

  // The unused byte of a 32-bit pixel goes out as 0xFF where no channel uses it: noVNC 1.3 takes it for alpha.
  const filler = f.bitsPerPixel === 32 && !usesTopByte(f) ? OPAQUE : fillerOf(f);
  const toValue = (pixel: number): number =>
    (red[(pixel >>> 16) & 255]! | green[(pixel >>> 8) & 255]! | blue[pixel & 255]! | filler) >>> 0;
  const toPixel = (value: number): number =>
    (OPAQUE |
      (redBack((value >>> f.redShift) & f.redMax) << 16) |
      (greenBack((value >>> f.greenShift) & f.greenMax) << 8) |
      blueBack((value >>> f.blueShift) & f.blueMax)) >>>
    0;

  const values = (
    source: Framebuffer,
    r: Rectangle,
    out: Uint32Array = new Uint32Array(r.width * r.height),
  ): Uint32Array => {
    if (identity) return source.get(r, out);
    const { pixels, width } = source;
    let at = 0;
    for (let y = r.y; y < r.y + r.height; y++) {
      const start = y * width + r.x;
      for (let i = start; i < start + r.width; i++) {
        const pixel = pixels[i]!;
        out[at++] =
          red[(pixel >>> 16) & 255]! | green[(pixel >>> 8) & 255]! | blue[pixel & 255]! | filler;
      }
    }
    return out;
  };

  const eightBits = f.redMax === 255 && f.greenMax === 255 && f.blueMax === 255;
  // The filler goes in with red.
  const tables = [red.map((value) => (value | filler) >>> 0), green, blue] as const;
  const translate = (from: PixelPlace, width: number, height: number, to: PixelPlace): void => {
    const { kernels } = kernelSet();
    const move = [from.address, from.stride, width, height, to.address, to.stride] as const;
    if (eightBits) kernels.moveChannels(...move, f.redShift, f.greenShift, f.blueShift, filler);
    else kernels.translatePixels(...move, tablesInMemory(tables));
  };

  return {
    format: f,
    identity,
    translate,
    toValue: identity ? (pixel) => pixel : toValue,
    values,
    toPixel: identity ? (value) => (value | OPAQUE) >>> 0 : toPixel,
  };
}

type Tables = readonly [Uint32Array, Uint32Array, Uint32Array];

/** The kernels look at one set of tables, those of the last translator: viewers choose formats, and may choose many. */
let lent:
  | { readonly set: KernelSet; readonly address: number; tables: Tables | undefined }
  | undefined;

function tablesInMemory(tables: Tables): number {
  const set = kernelSet();
  if (lent?.set !== set)
    lent = { set, address: set.memory.allocate(3 * 4 * 256), tables: undefined };
  if (lent.tables !== tables) {
    const start = lent.address >>> 2;
    tables.forEach((table, i) => set.memory.words.set(table, start + 256 * i));
    lent.tables = tables;
  }
  return lent.address;
}

const translators = new WeakMap<PixelFormat, PixelTranslator>();

/** The translator of a format, made once for each format object: for decoders, which meet the same one every time. */
export function translatorOf(format: PixelFormat): PixelTranslator {
  let translator = translators.get(format);
  if (translator === undefined) {
    translator = createTranslator(format);
    translators.set(format, translator);
  }
  return translator;
}

/** 8-bit channel -> its value at its shift, rounded to the nearest. */
function scaleUp(max: number, shift: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, v) => (Math.round((v * max) / 255) << shift) >>> 0);
}

/** Channel value -> 8 bits, rounded to the nearest. */
function scaleDown(max: number): (value: number) => number {
  if (max === 255) return (value) => value;
  if (max > 4095) return (value) => Math.round((value * 255) / max);
  const table = Uint8Array.from({ length: max + 1 }, (_, v) => Math.round((v * 255) / max));
  return (value) => table[value]!;
}

const usesTopByte = (f: PixelFormat): boolean =>
  f.redShift + 32 - Math.clz32(f.redMax) > 24 ||
  f.greenShift + 32 - Math.clz32(f.greenMax) > 24 ||
  f.blueShift + 32 - Math.clz32(f.blueMax) > 24;

/** With the channels in the upper three bytes, the low byte is the unused one. */
function fillerOf(f: PixelFormat): number {
  if (f.bitsPerPixel !== 32) return 0;
  return Math.min(f.redShift, f.greenShift, f.blueShift) >= 8 ? 0xff : 0;
}

/** Writes `count` values as pixels of the format into `target`. Returns the offset behind them. */
export function writeValues(
  values: Uint32Array,
  format: PixelFormat,
  target: Uint8Array,
  offset = 0,
): number {
  const count = values.length;
  let at = offset;
  switch (bytesPerPixel(format)) {
    case 1:
      for (let i = 0; i < count; i++) target[at++] = values[i]!;
      return at;
    case 2:
      for (let i = 0; i < count; i++) {
        const v = values[i]!;
        target[at++] = format.bigEndian ? v >>> 8 : v;
        target[at++] = format.bigEndian ? v : v >>> 8;
      }
      return at;
    default:
      if (!format.bigEndian) {
        const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        target.set(raw, at);
        return at + raw.length;
      }
      for (let i = 0; i < count; i++) {
        const v = values[i]!;
        target[at++] = v >>> 24;
        target[at++] = v >>> 16;
        target[at++] = v >>> 8;
        target[at++] = v;
      }
      return at;
  }
}

/** One pixel of the format at `offset`, as a value. The caller has checked that it is there. */
export function readValue(bytes: Uint8Array, offset: number, format: PixelFormat): number {
  switch (bytesPerPixel(format)) {
    case 1:
      return bytes[offset]!;
    case 2:
      return format.bigEndian
        ? (bytes[offset]! << 8) | bytes[offset + 1]!
        : bytes[offset]! | (bytes[offset + 1]! << 8);
    default:
      return (
        (format.bigEndian
          ? (bytes[offset]! << 24) |
            (bytes[offset + 1]! << 16) |
            (bytes[offset + 2]! << 8) |
            bytes[offset + 3]!
          : bytes[offset]! |
            (bytes[offset + 1]! << 8) |
            (bytes[offset + 2]! << 16) |
            (bytes[offset + 3]! << 24)) >>> 0
      );
  }
}

/** Rows of tiles: for so few pixels a copy of bytes takes longer to begin than to do. */
const NARROW = 32;

/**
 * Stores `r.width * r.height` pixels of the format, which stand at `offset` row by row, in a rectangle of `target`.
 * Returns the offset behind them. The caller has checked that they are there and that `r` lies in `target`.
 */
export function readPixels(
  bytes: Uint8Array,
  offset: number,
  format: PixelFormat,
  target: Framebuffer,
  r: Rectangle,
): number {
  const { identity, toPixel } = translatorOf(format);
  const { pixels, width } = target;
  let at = offset;
  if (identity && !format.bigEndian && r.width <= NARROW) {
    for (let y = r.y; y < r.y + r.height; y++) {
      const start = y * width + r.x;
      for (let i = start; i < start + r.width; i++) {
        pixels[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | OPAQUE;
        at += 4;
      }
    }
    return at;
  }
  if (identity && !format.bigEndian) {
    const out = target.bytes;
    for (let y = r.y; y < r.y + r.height; y++) {
      const start = y * width + r.x;
      out.set(bytes.subarray(at, at + 4 * r.width), 4 * start);
      for (let i = start; i < start + r.width; i++) pixels[i]! |= OPAQUE;
      at += 4 * r.width;
    }
    return at;
  }
  const step = bytesPerPixel(format);
  for (let y = r.y; y < r.y + r.height; y++) {
    const start = y * width + r.x;
    for (let i = start; i < start + r.width; i++) {
      pixels[i] = toPixel(readValue(bytes, at, format));
      at += step;
    }
  }
  return at;
}
